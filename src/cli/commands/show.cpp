#include <algorithm>
#include <memory>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/gantt.hpp"
#include "cli/report_view.hpp"
#include "cli/screen_text.hpp"

namespace skein::cli {
namespace {

struct ShowOptions {
  CommonOptions common;
  std::string run;
  std::string task;
  bool outputs = false;
  bool names = false;
  bool gantt = false;
};

constexpr std::size_t usual_width = 100;

Result<int> show_gantt(Session& session, const runtime::Runtime& runtime, RunId run, const runtime::RunReport& report) {
  const auto definition = runtime.definition(report.definition_hash);
  if (!definition) return std::unexpected(definition.error());
  Gantt gantt(**definition);
  const auto read = runtime.each_event(run, [&](const workflow::Event& event) { gantt.apply(event); });
  if (!read) return std::unexpected(read.error());
  const auto& out = session.output.out();
  const auto word = word_for(report.status);
  session.output.print(
      fmt::format("{}  {}", paint(one_line(report.workflow), Style::bold, out.color), paint(word.text, word.style, out.color)));
  for (const auto& line : gantt.lines(out.interactive ? out.width : usual_width, out.utf8, out.color, session.clock.now()))
    session.output.print(line);
  return 0;
}

Result<int> show_task(Session& session, const runtime::RunReport& report, const ShowOptions& options) {
  const auto found = std::find_if(report.tasks.begin(), report.tasks.end(), [&](const auto& task) { return task.name == options.task; });
  if (found == report.tasks.end()) {
    std::vector<std::string> names;
    names.reserve(report.tasks.size());
    for (const auto& task : report.tasks) names.push_back(task.name);
    auto advice = did_you_mean(options.task, names);
    if (advice.empty()) advice = "; it has " + shorten(list_of(names), 300);
    return fail(ErrorCode::invalid_argument, fmt::format("the run has no task '{}'{}", options.task, advice));
  }
  if (options.common.json) {
    const auto document = to_json_value(report);
    session.output.print_json(document.at("tasks").as_array().at(static_cast<std::size_t>(found - report.tasks.begin())));
  } else if (found->result) {
    session.output.print(readable(*found->result));
  } else if (found->error) {
    session.output.note(fmt::format("Task '{}' {}: {}", found->name, to_string(found->status), found->error->message));
  } else {
    session.output.note(fmt::format("Task '{}' is {} and has no result{}", found->name, to_string(found->status),
                                    found->skip_reason.empty() ? "." : ": " + found->skip_reason));
  }
  return 0;
}

Result<int> show(Session& session, const ShowOptions& options) {
  configure_logs(false);
  const auto runtime = open_existing(options.common);
  if (!runtime) return std::unexpected(runtime.error());
  const auto run = find_run(**runtime, options.run);
  if (!run) return std::unexpected(run.error());
  const auto report = (*runtime)->report(*run);
  if (!report) return std::unexpected(report.error());
  if (!options.task.empty()) return show_task(session, *report, options);
  if (options.names) {
    for (const auto& task : report->tasks) session.output.print(task.name);
    return 0;
  }
  if (options.gantt) return show_gantt(session, **runtime, *run, *report);
  auto& output = session.output;
  if (options.outputs) {
    if (options.common.json) {
      output.print_json(report->outputs ? *report->outputs : Json(JsonObject()));
    } else {
      output.print(result_text(*report, {.lines = 0, .color = output.out().color, .where = {}}));
    }
  } else if (options.common.json) {
    output.print_json(to_json_value(*report));
  } else {
    output.print(report_text(*report, output.out(), session.clock.now()));
    const auto row = (*runtime)->store().find_run(*run);
    if (row && nobody_drives(*row)) output.note(how_to_drive(*run, options.common));
  }
  return 0;
}

}  // namespace

void register_show(CommandLine& line, Session& session) {
  auto options = std::make_shared<ShowOptions>();
  auto& command = line.command("show", "Look", "Show a run: its tasks, errors and outputs");
  command.positional("RUN", options->run, Need::required, "The run's id, its beginning (4 characters or more), or: last")
      .option("--task", options->task, "TASK", "Only this task's result, whole")
      .flag("--outputs", options->outputs, "Only the outputs, whole")
      .flag("--names", options->names, "Only the names of its tasks, a line each, for scripts")
      .flag("--gantt", options->gantt, "When each task worked, failed and waited, as bars over time");
  add_store_option(command, options->common);
  add_json_option(command, options->common, "Print the report as one JSON document");
  command.example("skein show last", "The newest run")
      .example("skein show 0190163d-8694 --task summary", "One task's whole result")
      .example("skein show last --gantt", "Where did the time go?")
      .example("skein show last --json | jq .outputs", "For scripts")
      .action([options, &session] { return show(session, *options); });
}

}  // namespace skein::cli
