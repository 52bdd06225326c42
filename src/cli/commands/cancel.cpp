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
  CommonOptions common;
  std::string run;
  std::string reason = "cancelled on the command line";
};

Result<int> cancel(Session& session, const CancelOptions& options) {
  configure_logs(false);
  session.interrupts.listen();
  const auto runtime = open_existing(options.common);
  if (!runtime) return std::unexpected(runtime.error());
  const auto run = find_run(**runtime, options.run);
  if (!run) return std::unexpected(run.error());
  const auto asked = (*runtime)->cancel(*run, options.reason);
  if (!asked) return std::unexpected(asked.error());

  // The owner, here or in another process, answers in its own time.
  const auto until = session.clock.boot_now() + patience;
  auto row = (*runtime)->store().find_run(*run);
  while (row && !is_final(row->summary.status) && session.clock.boot_now() < until && !session.interrupts.wait_for(look_again)) {
    row = (*runtime)->store().find_run(*run);
  }
  if (!row) return std::unexpected(row.error());
  const auto report = (*runtime)->report(*run);
  if (!report) return std::unexpected(report.error());
  if (options.common.json) {
    session.output.print_json(to_json_value(*report));
  } else if (report->status == RunStatus::cancelled) {
    session.output.print(fmt::format("Run {} is cancelled.", run->str()));
  } else if (is_final(report->status)) {
    session.output.print(fmt::format("Run {} had ended before: {}.", run->str(), word_for(report->status).text));
  } else {
    session.output.print(fmt::format("Run {} will be cancelled; its owner has the request but has not answered yet.", run->str()));
  }
  return is_final(report->status) ? 0 : 4;
}

}  // namespace

void register_cancel(CommandLine& line, Session& session) {
  auto options = std::make_shared<CancelOptions>();
  auto& command = line.command("cancel", "Run", "Cancel a run, whichever process drives it");
  command
      .details(
          "Calls in flight are cancelled, what has not begun never begins. The request is durable: a run that nobody drives now is "
          "cancelled here.")
      .positional("RUN", options->run, Need::required, "The run's id, its beginning (4 characters or more), or: last")
      .option("--reason", options->reason, "TEXT", "Why; it stands in the run's events");
  add_store_option(command, options->common);
  add_json_option(command, options->common, "Print the run's report as one JSON document");
  command.example("skein cancel last", "Cancel the newest run")
      .example("skein cancel 0190163d-8694 --reason 'wrong inputs'", "Say why")
      .action([options, &session] { return cancel(session, *options); });
}

}  // namespace skein::cli
