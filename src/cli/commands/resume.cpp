#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"

namespace skein::cli {
namespace {

struct ResumeOptions {
  DriveOptions drive;
  std::string run;
};

Result<int> resume(Session& session, const ResumeOptions& options) {
  configure_logs(options.drive.debug);
  const auto runtime = open_existing(options.drive.common, options_to_drive(options.drive));
  if (!runtime) return std::unexpected(runtime.error());
  const auto run = find_run(**runtime, options.run);
  if (!run) return std::unexpected(run.error());
  const auto before = (*runtime)->report(*run);
  if (!before) return std::unexpected(before.error());
  if (is_final(before->status)) {
    if (!options.drive.common.json) session.output.note("This run has ended already; there is nothing to resume.");
    return show_outcome(session, *before, options.drive);
  }
  return drive(session, **runtime, options.drive, [&]() -> Result<RunId> {
    auto resumed = (*runtime)->resume(*run);
    if (!resumed && resumed.error().code == ErrorCode::conflict)
      resumed.error().message +=
          fmt::format("\nWatch it with: skein events {}{} --follow", short_id(*run), store_hint(options.drive.common));
    if (!resumed) return std::unexpected(resumed.error());
    return *run;
  });
}

}  // namespace

void register_resume(CommandLine& line, Session& session) {
  auto options = std::make_shared<ResumeOptions>();
  auto& command = line.command("resume", "Run", "Go on with a run that was interrupted");
  command
      .details(
          "Steps whose results are in the journal do not run again; calls that were in flight are repeated with the same idempotency key. "
          "The run keeps the definition it was started with, whatever has become of the file. Exit codes are those of `skein run`.")
      .positional("RUN", options->run, Need::required, "The run's id, its beginning (4 characters or more), or: last");
  add_drive_options(command, options->drive);
  command.example("skein resume last", "Go on with the newest run")
      .example("skein resume 0190163d-8694 --json", "By the beginning of its id; the report as JSON")
      .action([options, &session] { return resume(session, *options); });
}

}  // namespace skein::cli
