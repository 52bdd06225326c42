#include "cli/progress_view.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/spend_text.hpp"
#include "cli/values.hpp"

namespace skein::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t widest_bar = 48;
constexpr microseconds spinner_step = 80ms;

struct Look {
  std::string_view sign;
  Style style;
};

std::string_view spinner(const Signs& s, Instant now) {
  return s.spinner[static_cast<std::size_t>(now.time_since_epoch() / spinner_step) % static_cast<std::size_t>(s.spinner_count)];
}

Look look_of(TaskStatus status, const Signs& s, const ViewOptions& options, Instant now) {
  switch (status) {
    case TaskStatus::pending: return {s.pending, Style::dim};
    case TaskStatus::running: return {options.interrupted ? s.pending : spinner(s, now), Style::cyan};
    case TaskStatus::retrying: return {s.retrying, Style::yellow};
    case TaskStatus::waiting: return {s.waiting, Style::blue};
    case TaskStatus::completed: return {s.completed, Style::green};
    case TaskStatus::failed: return {s.failed, Style::red};
    case TaskStatus::skipped: return {s.skipped, Style::dim};
    case TaskStatus::cancelled: return {s.cancelled, Style::dim};
    case TaskStatus::compensated: return {s.cancelled, Style::yellow};
  }
  return {s.pending, Style::plain};
}

std::string needs_of(const RunProgress& run, const TaskProgress& task) {
  std::string out;
  std::size_t open = 0;
  for (const auto need : task.needs) {
    const auto& other = run.tasks().at(need);
    if (is_final(other.status)) continue;
    if (++open <= 3) out += (out.empty() ? "needs " : ", ") + other.name;
  }
  if (open > 3) out += fmt::format(" and {} more", open - 3);
  return out;
}

Line task_line(const RunProgress& run, const TaskProgress& task, std::size_t name_width, const Signs& s, const ViewOptions& options,
               Instant now) {
  const auto look = look_of(task.status, s, options, now);
  const bool quiet = task.status == TaskStatus::pending || task.status == TaskStatus::skipped || task.status == TaskStatus::cancelled;
  Line line;
  line.add("  ")
      .add(look.sign, look.style)
      .add(" ")
      .add(pad(clip(one_line(task.name), name_width, s.ellipsis), name_width), quiet ? Style::dim : Style::plain);
  std::string time;
  if (task.status == TaskStatus::running && !options.interrupted) time = steady_duration(now - task.started);
  if (task.status == TaskStatus::completed || task.status == TaskStatus::failed) time = steady_duration(task.ended - task.started);
  line.add("  ").add(fmt::format("{:>7}", time), task.status == TaskStatus::running ? Style::plain : Style::dim);
  std::string attempt;
  if (task.attempt > 1) attempt = fmt::format("attempt {}", task.attempt);
  if (task.activation > 1) attempt = fmt::format("round {}{}", task.activation, attempt.empty() ? "" : ", " + attempt);
  if (task.items) {
    attempt += fmt::format("{}{}/{} items", attempt.empty() ? "" : ", ", task.items_ended, *task.items);
    if (task.items_failed > 0) attempt += fmt::format(", {} failed", task.items_failed);
  }
  const auto say = [&](std::string_view text, Style style) {
    if (!text.empty()) line.add("  ").add(text, style);
  };
  switch (task.status) {
    case TaskStatus::pending:
      say(options.interrupted                                  ? "not started"
          : task.needs.empty() || !needs_of(run, task).empty() ? needs_of(run, task)
                                                               : "ready, waits for its turn",
          Style::dim);
      break;
    case TaskStatus::running:
      say(attempt, Style::yellow);
      if (options.interrupted) say("in flight; repeated on resume", Style::yellow);
      if (!options.interrupted && !task.saying.empty()) {
        const auto room = options.width > line.width() + 4 ? options.width - line.width() - 4 : 0;
        say(tail(one_line(trim(task.saying)), room, s.ellipsis), Style::plain);
      } else if (!options.interrupted) {
        say(task.note, Style::dim);
      }
      break;
    case TaskStatus::retrying:
      say(attempt, Style::yellow);
      if (task.due && !options.interrupted) say("retry in " + steady_duration(*task.due - now), Style::yellow);
      say(task.note, Style::dim);
      break;
    case TaskStatus::waiting:
      say(task.note, Style::cyan);
      if (task.due) say(fmt::format("waiting until {} ({})", clock_time(*task.due), steady_duration(*task.due - now)), Style::blue);
      break;
    case TaskStatus::completed: say(attempt, Style::dim); break;
    case TaskStatus::failed:
      say(attempt, Style::dim);
      say(task.note, Style::red);
      break;
    case TaskStatus::skipped: say(task.note, Style::dim); break;
    case TaskStatus::cancelled: say("cancelled", Style::dim); break;
    case TaskStatus::compensated: say("undone", Style::yellow); break;
  }
  return line;
}

Look headline_look(const RunProgress& run, const Signs& s, const ViewOptions& options, Instant now) {
  if (options.interrupted) return {s.cancelled, Style::yellow};
  switch (run.status()) {
    case RunStatus::completed: return {s.completed, Style::green};
    case RunStatus::partially_completed: return {s.warning, Style::yellow};
    case RunStatus::failed: return {s.failed, Style::red};
    case RunStatus::cancelled: return {s.cancelled, Style::yellow};
    default: return {spinner(s, now), Style::cyan};
  }
}

std::string_view words_of(const RunProgress& run, const ViewOptions& options) {
  if (options.interrupted) return "interrupted";
  const auto is = [&](TaskStatus status) {
    return std::ranges::any_of(run.tasks(), [=](const auto& task) { return task.status == status; });
  };
  if (run.status() == RunStatus::running && is(TaskStatus::waiting) && !is(TaskStatus::running) && !is(TaskStatus::retrying))
    return "waiting";
  switch (run.status()) {
    case RunStatus::completed: return "completed";
    case RunStatus::partially_completed: return "partially completed";
    case RunStatus::failed: return "failed";
    case RunStatus::cancelled: return "cancelled";
    case RunStatus::waiting: return "waiting";
    default: return "running";
  }
}

/// Which tasks get a line of their own, given room for so many.
struct Selection {
  std::vector<bool> shown;
  std::size_t folded_ended = 0;
  std::size_t folded_pending = 0;
};

Selection select(const RunProgress& run, std::size_t room) {
  const auto& tasks = run.tasks();
  Selection out{.shown = std::vector<bool>(tasks.size(), true), .folded_ended = 0, .folded_pending = 0};
  std::size_t lines = tasks.size();
  /// Hides one more task; the first of its sort makes room for the line that stands for all of them.
  const auto hide = [&](std::size_t i, std::size_t& count) {
    out.shown[i] = false;
    if (count++ > 0) --lines;
  };
  for (std::size_t i = 0; i < tasks.size() && lines > room; ++i) {
    if (is_final(tasks[i].status) && tasks[i].status != TaskStatus::failed) hide(i, out.folded_ended);
  }
  for (std::size_t i = tasks.size(); i > 0 && lines > room; --i) {
    if (tasks[i - 1].status == TaskStatus::pending) hide(i - 1, out.folded_pending);
  }
  return out;
}

}  // namespace

std::vector<Line> render(const RunProgress& run, const ViewOptions& options, Instant now) {
  const auto& s = signs(options.utf8);
  const auto& tasks = run.tasks();
  std::size_t ended = 0;
  std::size_t name_width = 4;
  for (const auto& task : tasks) {
    if (is_final(task.status)) ++ended;
    name_width = std::max(name_width, display_width(task.name));
  }
  name_width = std::min(name_width, std::max<std::size_t>(12, options.width / 3));
  const auto end = run.finished().value_or(now);

  std::vector<Line> out;
  const auto look = headline_look(run, s, options, now);
  Line headline;
  headline.add(look.sign, look.style).add(" ").add(one_line(run.workflow()), Style::bold).add("  ").add(words_of(run, options), look.style);
  headline.add(fmt::format("  {}/{} tasks  {}", ended, tasks.size(), steady_duration(end - run.created())), Style::dim);
  if (run.retries() > 0) headline.add(fmt::format("  {} {}", run.retries(), run.retries() == 1 ? "retry" : "retries"), Style::yellow);
  if (!run.spent().none()) headline.add("  " + spend_text(run.spent()), Style::dim);
  headline.add("  " + run.id().str().substr(0, 13), Style::dim);
  out.push_back(std::move(headline));

  const auto bar_width = std::min(widest_bar, options.width > 14 ? options.width - 10 : 4);
  const auto full = tasks.empty() ? bar_width : bar_width * ended / tasks.size();
  Line bar;
  bar.add("  ");
  std::string done;
  for (std::size_t i = 0; i < full; ++i) done += i + 1 == full && full < bar_width ? s.bar_head : s.bar_full;
  std::string rest;
  for (std::size_t i = full; i < bar_width; ++i) rest += s.bar_empty;
  bar.add(done, look.style).add(rest, Style::dim).add(fmt::format(" {:3}%", tasks.empty() ? 100 : 100 * ended / tasks.size()));
  out.push_back(std::move(bar));

  for (const auto& breaker : run.breakers()) {
    Line line;
    line.add("  ").add(s.warning, Style::yellow);
    line.add(fmt::format(" circuit breaker {}: {}", one_line(breaker.name),
                         breaker.phase == resilience::BreakerPhase::open ? "open, calls are held back" : "half-open, one probe"),
             Style::yellow);
    out.push_back(std::move(line));
  }

  const auto room = options.height == 0 ? tasks.size() : options.height > out.size() ? options.height - out.size() : 1;
  const auto selection = select(run, room);
  if (selection.folded_ended > 0) {
    Line line;
    line.add("  ")
        .add(s.completed, Style::green)
        .add(fmt::format(" {} {} ended", selection.folded_ended, selection.folded_ended == 1 ? "task has" : "tasks have"), Style::dim);
    out.push_back(std::move(line));
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (selection.shown[i]) out.push_back(task_line(run, tasks[i], name_width, s, options, now));
  }
  if (selection.folded_pending > 0) {
    Line line;
    line.add("  ").add(s.pending, Style::dim).add(fmt::format(" {} more to come", selection.folded_pending), Style::dim);
    out.push_back(std::move(line));
  }
  if (options.height != 0 && out.size() > options.height) out.resize(options.height);
  return out;
}

}  // namespace skein::cli
