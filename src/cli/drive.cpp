#include "cli/drive.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>

#include "base/log.hpp"
#include "cli/metrics_file.hpp"
#include "cli/questions.hpp"
#include "cli/report_view.hpp"
#include "cli/spend_text.hpp"

namespace skein::cli {
namespace {

constexpr std::size_t result_lines = 40;

std::shared_ptr<Progress> make_progress(Session& session, const DriveOptions& options) {
  const auto& terminal = session.output.err();
  if (options.quiet || (options.common.json && !terminal.interactive)) return nullptr;
  const auto mode = terminal.interactive && !options.debug ? ProgressMode::live : ProgressMode::lines;
  return std::make_shared<Progress>(mode, terminal, session.clock);
}

void say_how_to_resume(Session& session, RunId run, const DriveOptions& options) {
  if (options.in_memory) return session.output.note("Interrupted. The run was kept in memory only and is gone.");
  session.output.note(
      fmt::format("Interrupted; what was done is kept. Go on with: skein resume {}{}", run.str(), store_hint(options.common)));
}

}  // namespace

runtime::RuntimeOptions options_to_drive(const DriveOptions& drive) {
  runtime::RuntimeOptions options;
  options.thinking.record = drive.record;
  options.thinking.prices = drive.prices;
  options.sleep_for_others = true;
  return options;
}

std::string user_name() {
  for (const auto* name : {"SKEIN_USER", "USER", "LOGNAME"}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets the environment
    if (value != nullptr && *value != '\0') return value;
  }
  return "unknown";
}

void add_drive_options(Command& command, DriveOptions& options) {
  command.flag("--strict", options.strict, "Exit with 3 where the run completed only partially")
      .flag("-q,--quiet", options.quiet, "Show no progress")
      .flag("--debug", options.debug, "Log on standard error what the engine does");
  command.option("--metrics", options.metrics, "FILE", "Write metrics there at the end, in the Prometheus text format");
  command.option("--record", options.record, "FILE", "Write a cassette of all that models are asked and answer; FILE must not exist");
  add_prices_option(command, options.prices);
  add_store_option(command, options.common);
  add_json_option(command, options.common, "Print the run's report as one JSON document");
}

void add_prices_option(Command& command, std::string& prices) {
  command.option("--prices", prices, "FILE", "What models cost (default: $SKEIN_PRICES, else the built-in table)");
}

void configure_logs(bool debug) {
  const char* wanted = std::getenv("SKEIN_LOG_FORMAT");
  const bool json = wanted != nullptr && std::string_view(wanted) == "json";
  log::configure(debug ? log::Level::debug : log::Level::error, json ? log::Format::json : log::Format::text);
}

int show_outcome(Session& session, const runtime::RunReport& report, const DriveOptions& options) {
  auto& output = session.output;
  if (options.common.json) {
    output.print_json(to_json_value(report));
  } else {
    const auto show = fmt::format("skein show {}{}", report.id.str(), store_hint(options.common));
    const auto text = result_text(
        report, {.lines = output.out().interactive ? result_lines : 0, .color = output.out().color, .where = show + " --outputs"});
    const bool has_result = report.status == RunStatus::completed || report.status == RunStatus::partially_completed;
    if (has_result && !text.empty()) output.print(text);
    if (report.status == RunStatus::failed || report.status == RunStatus::cancelled || report.status == RunStatus::partially_completed) {
      const auto* verb = report.status == RunStatus::failed      ? "failed"
                         : report.status == RunStatus::cancelled ? "was cancelled"
                                                                 : "completed only partially";
      output.error(fmt::format("the run {}{}{}", verb, report.error.empty() ? "" : ": ", report.error));
      output.note(options.in_memory ? std::string("The run was kept in memory only.") : "Look at it with: " + show);
    }
  }
  return exit_code_of(report.status, options.strict);
}

Result<int> drive(Session& session, runtime::Runtime& runtime, const DriveOptions& options, const std::function<Result<RunId>()>& begin,
                  const Presentation& presentation) {
  session.interrupts.listen();
  const std::shared_ptr<RunView> progress = presentation.view ? presentation.view : make_progress(session, options);
  if (progress) runtime.add_listener(progress);
  const MetricsFile metrics(options.metrics, runtime);
  const auto run = begin();
  if (!run) {
    runtime.stop();
    return std::unexpected(run.error());
  }
  if (const auto row = runtime.store().find_run(*run); row && row->queued && !options.quiet && !options.common.json) {
    session.output.note(
        fmt::format("Run {} waits for its turn: as many runs of its concurrency key as may be are under way.", short_id(*run)));
  }
  auto report = runtime.wait(*run, &session.interrupts.flag());
  const bool person = session.output.err().interactive && isatty(STDIN_FILENO) != 0 && !options.common.json;
  while (person && report && report->status == RunStatus::waiting && !session.interrupts.requested()) {
    if (progress) progress->finish(RunView::Ending::ended);
    if (!ask_here(session, runtime, *report)) break;
    if (progress) progress->go_on();
    report = runtime.wait(*run, &session.interrupts.flag());
  }
  // A run that another one waited for: what follows from its end is done here too, unless somebody else drives that one.
  auto above = report && is_final(report->status) ? report->parent : std::nullopt;
  while (above && !session.interrupts.requested()) {
    const auto next = runtime.wait(*above, &session.interrupts.flag());
    if (session.interrupts.requested() && next && !is_final(next->status)) break;
    above = next && is_final(next->status) ? next->parent : std::nullopt;
  }
  const bool interrupted = session.interrupts.requested() && (above || !report || !is_final(report->status));
  if (interrupted) runtime.stop();
  if (progress) progress->finish(interrupted ? RunView::Ending::interrupted : RunView::Ending::ended);
  const bool usual = presentation.view == nullptr;
  if (progress && usual && !options.debug && session.output.err().interactive && session.output.out().interactive && !options.common.json)
    session.output.note({});
  const bool lines = progress && usual && (options.debug || !session.output.err().interactive);
  if (lines && report && !report->spent.none()) session.output.note("Spent: " + spend_text(report->spent));
  if (const auto written = metrics.write(); !written) session.output.error(written.error().message);
  if (!report) {
    auto error = report.error();
    error.message += fmt::format("\nThe run can go on with: skein resume {}{}", run->str(), store_hint(options.common));
    return std::unexpected(std::move(error));
  }
  if (interrupted) {
    if (options.common.json) session.output.print_json(to_json_value(*report));
    say_how_to_resume(session, above.value_or(*run), options);
    return session.interrupts.exit_code();
  }
  if (report->status == RunStatus::waiting && !options.common.json) say_what_it_waits_for(session, runtime, *report, options.common);
  return presentation.outcome ? presentation.outcome(*report) : show_outcome(session, *report, options);
}

}  // namespace skein::cli
