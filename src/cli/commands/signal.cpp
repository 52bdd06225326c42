#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/tell.hpp"

namespace skein::cli {
namespace {

struct SignalOptions {
  DriveOptions drive;
  std::string run;
  std::string name;
  std::string payload = "null";
};

Result<int> signal(Session& session, const SignalOptions& options) {
  const auto payload = parse_json(options.payload);
  if (!payload)
    return fail(ErrorCode::invalid_argument,
                fmt::format("--payload: {}; text needs quotes: --payload '\"text\"'", payload.error().message));
  return tell_run(session, options.drive, options.run,
                  [&](runtime::Runtime& runtime, const runtime::RunReport& report) -> Result<std::string> {
                    const auto told = runtime.signal(report.id, options.name, *payload);
                    if (!told) return std::unexpected(told.error());
                    return fmt::format("Signal '{}' sent.", options.name);
                  });
}

}  // namespace

void register_signal(CommandLine& line, Session& session) {
  auto options = std::make_shared<SignalOptions>();
  auto& command = line.command("signal", "Run", "Tell a run that something has happened");
  command
      .details(
          "A task of the agent `local` with the action `signal` waits for it and answers with the payload. A signal that comes before the "
          "task is "
          "kept. If no other process drives the run, this one does, to its end or until it waits again.")
      .positional("RUN", options->run, Need::required, "The run's id, its beginning (4 characters or more), or: last")
      .positional("NAME", options->name, Need::required, "The name of the signal")
      .option("-p,--payload", options->payload, "JSON", "What comes with it (default: null)");
  add_drive_options(command, options->drive);
  command.example("skein signal last paid --payload '{\"amount\": 40}'", "The task that waits for 'paid' answers with the object")
      .example("skein signal 0190163d-8694 go", "Without anything to say")
      .action([options, &session] { return signal(session, *options); });
}

}  // namespace skein::cli
