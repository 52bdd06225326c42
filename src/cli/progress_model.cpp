#include "cli/progress_model.hpp"

#include <algorithm>
#include <type_traits>

#include "cli/call_text.hpp"
#include "cli/output.hpp"
#include "cli/screen_text.hpp"

namespace skein::cli {
namespace {

std::string what_for(const std::string& signal, const JsonPtr& question) {
  const auto* text = question ? at_pointer(*question, "/question") : nullptr;
  if (text != nullptr && text->is_string()) return "asks: " + one_line(std::string(text->get_string()));
  if (workflow::is_signal_of_end(signal)) return "runs " + short_id(workflow::child_of(signal));
  return "waits for the signal " + one_line(signal);
}

}  // namespace

RunProgress::RunProgress(RunId id, const workflow::Definition& definition) : id_(id), workflow_(definition.name) {
  tasks_.reserve(definition.own_tasks);
  for (const auto& task : definition.tasks) {
    TaskProgress progress;
    progress.name = task.name;
    progress.needs = task.depends_on;
    if (task.undoes) {
      undos_.push_back({.line = std::move(progress), .undoes = *task.undoes, .place = std::nullopt});
    } else {
      tasks_.push_back(std::move(progress));
    }
  }
}

/// The line of a task; that of an undo step appears with its first attempt.
TaskProgress& RunProgress::line_of(workflow::TaskIndex task) {
  const auto own = tasks_.size() - shown_undos_;
  if (task < own) return tasks_[task];
  auto& undo = undos_.at(task - own);
  if (!undo.place) {
    undo.place = tasks_.size();
    tasks_.push_back(undo.line);
    ++shown_undos_;
  }
  return tasks_[*undo.place];
}

RunProgress::RunProgress(RunId id, const workflow::RunState& state) : RunProgress(id, state.definition()) {
  status_ = state.status();
  spent_ = state.spent();
  created_ = state.created();
  for (std::size_t i = 0; i < state.tasks().size(); ++i) {
    const auto& from = state.tasks()[i];
    if (state.definition().tasks[i].undoes && from.attempt == 0) continue;
    auto& to = line_of(static_cast<workflow::TaskIndex>(i));
    to.status = from.status;
    to.activation = from.activation;
    to.attempt = from.attempt;
    if (const auto* items = state.fan_out(static_cast<workflow::TaskIndex>(i))) {
      to.items = static_cast<std::uint32_t>(items->items.size());
      to.items_ended = *to.items - items->unfinished;
      to.items_failed = items->failed;
    }
    to.started = from.begun;
    to.ended = from.ended;
    if (from.status == TaskStatus::retrying || from.status == TaskStatus::waiting) to.due = from.due;
    if (const auto* question = state.question(static_cast<workflow::TaskIndex>(i))) to.note = "asks: " + one_line(question->message);
    if (const auto signal = state.awaited_signal({.task = static_cast<workflow::TaskIndex>(i)}); !signal.empty())
      to.note = what_for(std::string(signal), state.asked({.task = static_cast<workflow::TaskIndex>(i)}));
    if (state.waits_in_calls({.task = static_cast<workflow::TaskIndex>(i)}))
      to.note = what_for({}, state.asking(static_cast<workflow::TaskIndex>(i)).front().question);
    if (from.error) to.note = one_line(from.error->message);
    if (!from.skip_reason.empty()) to.note = one_line(from.skip_reason);
  }
}

namespace {

/// What an event of a task that runs by itself changes.
template <class Body>
void apply_to(TaskProgress& task, const Body& body, Instant at) {
  using namespace workflow;
  if constexpr (std::is_same_v<Body, AttemptStarted>) {
    task.status = body.waits() ? TaskStatus::waiting : TaskStatus::running;
    task.note = body.signal.empty() ? "" : what_for(body.signal, body.question);
    task.activation = body.attempt.activation;
    task.attempt = body.attempt.attempt;
    if (body.attempt.attempt == 1) task.started = at;
    task.due = body.wake_at;
  } else if constexpr (std::is_same_v<Body, CallStarted> || std::is_same_v<Body, CallEnded>) {
    task.note = call_text(body);
    task.saying.clear();
    task.status = std::is_same_v<Body, CallStarted> && body.kind == agent::CallKind::person ? TaskStatus::waiting : TaskStatus::running;
  } else if constexpr (std::is_same_v<Body, TaskCompleted>) {
    task.status = TaskStatus::completed;
    task.ended = at;
    task.due.reset();
    task.note.clear();
  } else if constexpr (std::is_same_v<Body, AttemptFailed>) {
    task.status = TaskStatus::retrying;
    task.due = body.retry_at;
    task.note = one_line(body.error.message);
  } else if constexpr (std::is_same_v<Body, TaskFailed>) {
    task.status = TaskStatus::failed;
    task.ended = at;
    task.due.reset();
    task.note = one_line(body.error.message);
  }
}

/// What an event of one item changes about its task.
template <class Body>
void apply_to_item(TaskProgress& task, const Body& body) {
  using namespace workflow;
  if constexpr (std::is_same_v<Body, TaskCompleted>) ++task.items_ended;
  if constexpr (std::is_same_v<Body, TaskFailed>) {
    ++task.items_ended;
    ++task.items_failed;
  }
  if constexpr (requires { body.error; }) task.note = one_line(body.error.message);
}

}  // namespace

void RunProgress::apply(const workflow::Event& event) {
  if (std::holds_alternative<workflow::AttemptFailed>(event.body)) ++retries_;
  if (const auto* call = std::get_if<workflow::CallEnded>(&event.body)) spent_ += call->used;
  std::visit(
      [&]<class Body>(const Body& body) {
        using namespace workflow;
        if constexpr (std::is_same_v<Body, RunCreated>) {
          created_ = event.at;
          status_ = RunStatus::running;
        } else if constexpr (requires { body.attempt.item; } && !std::is_same_v<Body, SignalTaken>) {
          auto& task = line_of(body.attempt.task);
          if (body.attempt.item == no_item) {
            apply_to(task, body, event.at);
            if (std::is_same_v<Body, TaskCompleted>) undone(body.attempt);
          } else {
            apply_to_item(task, body);
          }
        } else if constexpr (std::is_same_v<Body, ApprovalRequested>) {
          auto& task = line_of(body.task);
          task.status = TaskStatus::waiting;
          task.due = body.due;
          task.note = "asks: " + one_line(body.message);
        } else if constexpr (std::is_same_v<Body, ApprovalGiven>) {
          auto& task = line_of(body.task);
          task.status = TaskStatus::pending;
          task.due.reset();
          task.note.clear();
        } else if constexpr (std::is_same_v<Body, ApprovalRejected>) {
          auto& task = line_of(body.task);
          task.status = TaskStatus::failed;
          task.started = task.ended = event.at;
          task.due.reset();
          task.note = one_line(body.error.message);
        } else if constexpr (std::is_same_v<Body, ItemsListed>) {
          auto& task = line_of(body.task);
          task.status = TaskStatus::running;
          task.activation = body.activation;
          task.attempt = 1;
          task.started = event.at;
          task.items = static_cast<std::uint32_t>(body.items->get_array().size());
          task.items_ended = 0;
          task.items_failed = 0;
        } else if constexpr (std::is_same_v<Body, ItemsEnded>) {
          auto& task = line_of(body.task);
          task.status = body.error ? TaskStatus::failed : TaskStatus::completed;
          task.ended = event.at;
          task.note = body.error ? one_line(body.error->message) : "";
        } else if constexpr (std::is_same_v<Body, TaskSkipped>) {
          auto& task = line_of(body.task);
          task.status = TaskStatus::skipped;
          task.note = one_line(body.reason);
        } else if constexpr (std::is_same_v<Body, TaskCancelled>) {
          auto& task = line_of(body.task);
          task.status = TaskStatus::cancelled;
          task.ended = event.at;
          task.due.reset();
        } else if constexpr (std::is_same_v<Body, StopRequested>) {
          error_ = one_line(body.message);
        } else if constexpr (std::is_same_v<Body, CompensationStarted>) {
          status_ = RunStatus::running;
          finished_.reset();
          error_ = one_line(body.reason);
        } else if constexpr (std::is_same_v<Body, RunFinished>) {
          status_ = body.status;
          finished_ = event.at;
          error_ = one_line(body.error);
        }
      },
      event.body);
}

void RunProgress::hear(std::string_view task, model::Delta::Kind kind, std::string_view text) {
  constexpr std::size_t most = 400;  // bytes: more than a line shows
  const auto found = std::ranges::find(tasks_, task, &TaskProgress::name);
  if (found == tasks_.end() || kind == model::Delta::Kind::tool_arguments) return;
  if (found->items) return;  // several speak at the same time
  if (kind == model::Delta::Kind::tool_name) {
    found->saying = "asks for " + one_line(text);
    return;
  }
  auto& saying = found->saying;
  saying += text;
  // The line that is being written, or the one before where it has hardly begun.
  const auto last = saying.find_last_not_of("\r\n\t ");
  const auto line = last == std::string::npos ? std::string::npos : saying.find_last_of("\r\n", last);
  if (line != std::string::npos) saying.erase(0, line + 1);
  if (saying.size() > most) {
    auto from = saying.size() - most;
    while (from < saying.size() && (static_cast<unsigned char>(saying[from]) & 0xC0U) == 0x80U) ++from;
    saying.erase(0, from);
  }
}

/// Where an undo step has done its work, what it undid is no longer there.
void RunProgress::undone(const workflow::Attempt& attempt) {
  const auto own = tasks_.size() - shown_undos_;
  if (attempt.task < own) return;
  auto& task = tasks_[undos_[attempt.task - own].undoes];
  if (task.activation == attempt.activation) task.status = TaskStatus::compensated;
}

void RunProgress::apply(const std::string& breaker, const resilience::BreakerTransition& transition) {
  std::erase_if(breakers_, [&](const auto& known) { return known.name == breaker; });
  if (transition.to == resilience::BreakerPhase::closed) return;
  breakers_.push_back({.name = breaker, .phase = transition.to, .since = transition.at});
}

}  // namespace skein::cli
