#include <memory>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/version.hpp"

namespace skein::cli {

void register_version(CommandLine& line, Session& session) {
  auto options = std::make_shared<CommonOptions>();
  auto& command = line.command("version", "Keep", "Print the version");
  add_json_option(command, *options, "Print {\"version\", \"compiler\", \"build\"} as one JSON document");
  command.example("skein version", "The version")
      .example("skein version --json | jq -r .version", "For scripts")
      .action([options, &session]() -> Result<int> {
        if (options->json) {
          JsonObject out;
          out["version"] = version;
          out["compiler"] = compiler;
          out["build"] = build_type;
          session.output.print_json(out);
        } else {
          session.output.print(fmt::format("skein {}", version));
        }
        return 0;
      });
}

}  // namespace skein::cli
