#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"

namespace skein::cli {
namespace {

struct CompensateOptions {
  DriveOptions drive;
  std::string run;
  std::string reason = "undone on the command line";
};

constexpr int waiting = 4;
constexpr int interrupted = 130;

Result<int> compensate(Session& session, const CompensateOptions& options) {
  configure_logs(options.drive.debug);
  const auto runtime = open_existing(options.drive.common, options_to_drive(options.drive));
  if (!runtime) return std::unexpected(runtime.error());
  const auto run = find_run(**runtime, options.run);
  if (!run) return std::unexpected(run.error());
  const auto driven = drive(session, **runtime, options.drive, [&]() -> Result<RunId> {
    const auto begun = (*runtime)->compensate(*run, options.reason);
    if (!begun) return std::unexpected(begun.error());
    return *run;
  });
  if (!driven || *driven == waiting || *driven >= interrupted) return driven;
  const auto report = (*runtime)->report(*run);
  if (!report) return std::unexpected(report.error());
  return report->not_undone.empty() ? 0 : 1;
}

}  // namespace

void register_compensate(CommandLine& line, Session& session) {
  auto options = std::make_shared<CompensateOptions>();
  auto& command = line.command("compensate", "Run", "Undo what a run that has ended did");
  command
      .details(
          "Runs the `compensate` steps of its completed tasks, newest first, one at a time. What was undone before is not undone again; "
          "what "
          "could not be undone is tried again. Exit code 0: nothing is left to undo, 1: something could not be undone.")
      .positional("RUN", options->run, Need::required, "The run's id, its beginning (4 characters or more), or: last")
      .option("--reason", options->reason, "TEXT", "Why; it stands in the run's events");
  add_drive_options(command, options->drive);
  command.example("skein compensate last", "Undo the newest run")
      .example("skein compensate 0190163d-8694 --reason 'ordered twice'", "Say why")
      .action([options, &session] { return compensate(session, *options); });
}

}  // namespace skein::cli
