#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/report_view.hpp"

namespace skein::cli {
namespace {

constexpr milliseconds look_again{50};
constexpr milliseconds patience{5000};

struct CancelOptions {
  DriveOptions drive;
  std::string run;
  std::string reason = "cancelled on the command line";
};

/// Says how the run stands now. Returns the exit code.
int say(Session& session, const CancelOptions& options, const runtime::RunReport& report) {
  if (options.drive.common.json) {
    session.output.print_json(to_json_value(report));
  } else if (report.status == RunStatus::cancelled) {
    session.output.print(fmt::format("Run {} is cancelled.", report.id.str()));
  } else if (is_final(report.status)) {
    session.output.print(fmt::format("Run {} had ended before: {}.", report.id.str(), word_for(report.status).text));
  } else {
    session.output.print(fmt::format("Run {} will be cancelled; its owner has the request but has not answered yet.", report.id.str()));
  }
  return is_final(report.status) ? 0 : 4;
}

/// The owner in another process answers in its own time.
Result<int> wait_for_owner(Session& session, const CancelOptions& options, runtime::Runtime& runtime, RunId run) {
  const auto until = session.clock.boot_now() + patience;
  auto row = runtime.store().find_run(run);
  while (row && !is_final(row->summary.status) && session.clock.boot_now() < until && !session.interrupts.wait_for(look_again)) {
    row = runtime.store().find_run(run);
  }
  if (!row) return std::unexpected(row.error());
  const auto report = runtime.report(run);
  if (!report) return std::unexpected(report.error());
  return say(session, options, *report);
}

Result<int> cancel(Session& session, const CancelOptions& options) {
  configure_logs(false);
  const auto runtime = open_existing(options.drive.common, options_to_drive(options.drive));
  if (!runtime) return std::unexpected(runtime.error());
  const auto run = find_run(**runtime, options.run);
  if (!run) return std::unexpected(run.error());
  const auto before = (*runtime)->report(*run);
  if (!before) return std::unexpected(before.error());
  const auto row = (*runtime)->store().find_run(*run);
  if (!row) return std::unexpected(row.error());
  if (row->owned || is_final(row->summary.status)) {
    session.interrupts.listen();
    if (const auto asked = (*runtime)->cancel(*run, options.reason); !asked) return std::unexpected(asked.error());
    return wait_for_owner(session, options, **runtime, *run);
  }
  // A run that waits for this one goes on here, so it must not be left in the middle of what it begins.
  auto how = options.drive;
  how.quiet = !before->parent || options.drive.quiet;
  Presentation presentation;
  presentation.outcome = [&](const runtime::RunReport& report) { return say(session, options, report); };
  return drive(
      session, **runtime, how,
      [&]() -> Result<RunId> {
        const auto asked = (*runtime)->cancel(*run, options.reason);
        return asked ? Result<RunId>(*run) : std::unexpected(asked.error());
      },
      presentation);
}

}  // namespace

void register_cancel(CommandLine& line, Session& session) {
  auto options = std::make_shared<CancelOptions>();
  auto& command = line.command("cancel", "Run", "Cancel a run, whichever process drives it");
  command
      .details(
          "Calls in flight are cancelled, what has not begun never begins. The request is durable: a run that nobody drives now is "
          "cancelled here. A run that waited for it then goes on here too, to its end or until it waits, unless another process drives it.")
      .positional("RUN", options->run, Need::required, "The run's id, its beginning (4 characters or more), or: last")
      .option("--reason", options->reason, "TEXT", "Why; it stands in the run's events");
  command.flag("-q,--quiet", options->drive.quiet, "Show no progress of a run that waited for it");
  add_store_option(command, options->drive.common);
  add_json_option(command, options->drive.common, "Print the run's report as one JSON document");
  command.example("skein cancel last", "Cancel the newest run")
      .example("skein cancel 0190163d-8694 --reason 'wrong inputs'", "Say why")
      .action([options, &session] { return cancel(session, *options); });
}

}  // namespace skein::cli
