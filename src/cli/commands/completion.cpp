#include "cli/completion.hpp"

#include <memory>

#include <boost/json/object.hpp>

#include "cli/commands/commands.hpp"

namespace skein::cli {
namespace {

struct CompletionOptions {
  CommonOptions common;
  std::string shell;
};

}  // namespace

void register_completion(CommandLine& line, Session& session) {
  auto options = std::make_shared<CompletionOptions>();
  auto& command = line.command("completion", "Keep", "Print a script that completes commands and options in a shell");
  command.choice("SHELL", options->shell, {"bash", "zsh", "fish"}, "Which shell");
  add_json_option(command, options->common, "Print {\"shell\", \"script\"} as one JSON document");
  command.example("source <(skein completion bash)", "bash, for this shell; put the line into ~/.bashrc to keep it")
      .example("skein completion zsh > \"${fpath[1]}/_skein\"", "zsh")
      .example("skein completion fish > ~/.config/fish/completions/skein.fish", "fish")
      .action([options, &line, &session]() -> Result<int> {
        const auto script = completion_script(line, options->shell);
        if (options->common.json) {
          JsonObject out;
          out["shell"] = options->shell;
          out["script"] = script;
          session.output.print_json(out);
        } else {
          session.output.print(script);
        }
        return 0;
      });
}

}  // namespace skein::cli
