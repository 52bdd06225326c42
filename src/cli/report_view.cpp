#include "cli/report_view.hpp"

#include <algorithm>

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/output.hpp"
#include "cli/spend_text.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"
#include "config/config.hpp"

namespace skein::cli {
namespace {

constexpr std::size_t lines_in_show = 20;
constexpr std::size_t longest_cell = 200;
constexpr std::size_t short_value = 72;  ///< bytes of JSON that stay on one line

bool multi_line(const std::string& text) { return text.find('\n') != std::string::npos; }

std::string spaced(std::string_view status) {
  std::string out(status);
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

/// "name: value", a value of several lines below its name.
std::string named_value(std::string_view name, const Json& value, const ResultView& view) {
  const auto text = shorten_lines(readable(value), view.lines, view.where);
  return paint(one_line(name) + ":", Style::bold, view.color) + (multi_line(text) ? "\n" : " ") + text;
}

/// The last task, in file order, that has a result.
const runtime::TaskReport* last_result(const runtime::RunReport& report) {
  for (auto it = report.tasks.rbegin(); it != report.tasks.rend(); ++it) {
    if (it->status == TaskStatus::completed && it->result) return &*it;
  }
  return nullptr;
}

/// What a task gave, for people: of an agent that thinks what it said, without what goes with it.
const Json& said_by(const runtime::TaskReport& task) {
  const bool thinks = task.metadata && at_pointer(*task.metadata, "/turns") != nullptr;
  const auto* output = thinks ? at_pointer(*task.result, "/output") : nullptr;
  return output != nullptr ? *output : *task.result;
}

/// A question that is approved or rejected; where it is about a tool, with what that would be given.
std::string asked_text(const runtime::AwaitedReport& awaits) {
  auto out = one_line(awaits.message);
  if (!awaits.tool.empty()) out += " " + one_line(shorten(to_json(*awaits.parameters), longest_cell));
  return out;
}

std::string outcome_of(const runtime::TaskReport& task, Instant now) {
  if (task.status == TaskStatus::retrying && task.due)
    return *task.due > now ? fmt::format("retry in {}", human_duration(*task.due - now)) : std::string("its retry is due");
  if (task.awaits && !task.awaits->children.empty()) {
    return fmt::format("runs {}{}", short_id(task.awaits->children.front()),
                       task.awaits->children.size() > 1 ? fmt::format(" and {} more", task.awaits->children.size() - 1) : "");
  }
  if (task.awaits && task.awaits->answer)
    return fmt::format("asks: {} ({})", one_line(task.awaits->message), config::in_words(*task.awaits->answer));
  if (task.awaits) return task.awaits->signal.empty() ? "asks: " + asked_text(*task.awaits) : "waits for the signal " + task.awaits->signal;
  if (task.status == TaskStatus::waiting && task.due) return "until " + date_time(*task.due);
  if (task.error && task.status == TaskStatus::failed) return one_line(task.error->message);
  if (!task.skip_reason.empty()) return one_line(task.skip_reason);
  if (task.result) return one_line(shorten(to_json(said_by(task)), longest_cell));
  return {};
}

}  // namespace

Word word_for(RunStatus status) {
  switch (status) {
    case RunStatus::completed: return {spaced(to_string(status)), Style::green};
    case RunStatus::failed: return {spaced(to_string(status)), Style::red};
    case RunStatus::partially_completed:
    case RunStatus::cancelled: return {spaced(to_string(status)), Style::yellow};
    default: return {spaced(to_string(status)), Style::cyan};
  }
}

Word word_for(TaskStatus status) {
  switch (status) {
    case TaskStatus::completed: return {spaced(to_string(status)), Style::green};
    case TaskStatus::failed: return {spaced(to_string(status)), Style::red};
    case TaskStatus::retrying:
    case TaskStatus::compensated: return {spaced(to_string(status)), Style::yellow};
    case TaskStatus::running:
    case TaskStatus::waiting: return {spaced(to_string(status)), Style::cyan};
    default: return {spaced(to_string(status)), Style::dim};
  }
}

std::string readable(const Json& value) {
  if (auto compact = to_json(value); !value.is_string() && compact.size() <= short_value) return printable(compact);
  auto text = value.is_string() ? printable(std::string_view(value.get_string())) : printable(to_pretty_json(value));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string shorten_lines(const std::string& text, std::size_t lines, const std::string& where) {
  if (lines == 0) return text;
  std::size_t at = 0;
  for (std::size_t i = 0; i < lines; ++i) {
    const auto next = text.find('\n', at);
    if (next == std::string::npos) return text;
    at = next + 1;
  }
  const auto left = static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), '\n')) + 1;
  if (left == 1) return text;
  return text.substr(0, at) + fmt::format("… {} more lines: {}", left, where);
}

std::string result_text(const runtime::RunReport& report, const ResultView& view) {
  std::string out;
  if (report.outputs && report.outputs->is_object() && !report.outputs->get_object().empty()) {
    for (const auto& [name, value] : report.outputs->get_object()) {
      if (!out.empty()) out += '\n';
      out += named_value(std::string_view(name), value, view);
    }
    return out;
  }
  const auto* task = last_result(report);
  if (task == nullptr) return out;
  return shorten_lines(readable(said_by(*task)), view.lines, view.where);
}

std::string report_text(const runtime::RunReport& report, const Terminal& terminal, Instant now) {
  const bool color = terminal.color;
  const auto status = word_for(report.status);
  std::string out = paint(one_line(report.workflow), Style::bold, color) + " " + paint(one_line(report.version), Style::dim, color) + "  " +
                    paint(status.text, status.style, color) + "\n";
  const auto fact = [&](std::string_view name, const std::string& value) { out += paint(pad(name, 10), Style::dim, color) + value + "\n"; };
  fact("run", report.id.str());
  fact("created", fmt::format("{} ({})", date_time(report.created), ago(report.created, now)));
  if (report.finished) fact("took", human_duration(*report.finished - report.created));
  if (!report.error.empty()) fact("error", paint(one_line(report.error), Style::red, color));
  if (report.attempts_left) fact("attempts", fmt::format("{}, {} left", report.attempts_used, *report.attempts_left));
  if (!report.spent.none()) fact("spent", spend_text(report.spent));
  if (report.origin) {
    const auto from = report.origin_task.empty() ? std::string() : fmt::format(", from '{}' on", one_line(report.origin_task));
    fact(fmt::format("{} of", workflow::to_string(report.origin->kind)), report.origin->run + from);
  }
  if (report.parent) fact("begun by", report.parent->str());
  if (report.inputs && report.inputs->is_object() && !report.inputs->get_object().empty())
    fact("inputs", shorten(one_line(to_json(*report.inputs)), longest_cell));
  out += '\n';

  const bool spends = std::ranges::any_of(report.tasks, [](const auto& task) { return !task.spent.none(); });
  std::vector<std::string> headings{"TASK", "AGENT", "STATUS", "ATTEMPTS", "TIME"};
  if (spends) headings.emplace_back("TOKENS"), headings.emplace_back("COST");
  headings.emplace_back("RESULT");
  Table table(std::move(headings));
  for (const auto& task : report.tasks) {
    const auto word = word_for(task.status);
    std::string time;
    if (task.started) time = human_duration(task.ended.value_or(now) - *task.started);
    std::vector<Table::Cell> row{{one_line(task.name)},
                                 {one_line(task.agent), Style::dim},
                                 {word.text, word.style},
                                 {task.attempts == 0 ? "" : std::to_string(task.attempts)},
                                 {time}};
    if (spends) {
      row.push_back({task.spent.tokens == 0 ? "" : grouped(task.spent.tokens)});
      row.push_back({task.spent.nano_dollars == 0 ? "" : short_money(task.spent.nano_dollars)});
    }
    row.push_back({outcome_of(task, now), task.status == TaskStatus::failed ? Style::red : Style::dim});
    table.add(std::move(row));
  }
  for (const auto& line : table.lines(terminal.interactive ? terminal.width : 0, color)) out += line + "\n";

  const auto id = short_id(report.id);
  const auto result = result_text(
      report, {.lines = terminal.interactive ? lines_in_show : 0, .color = color, .where = fmt::format("skein show {} --outputs", id)});
  if (report.outputs && !result.empty()) out += "\n" + result + "\n";
  out += paint(fmt::format("\nA task's whole result: skein show {} --task NAME   every event: skein events {}", id, id), Style::dim, color);
  return out;
}

}  // namespace skein::cli
