#include "workflow/run_state.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace skein::workflow {
namespace {

std::unexpected<Error> impossible(std::string message) {
  return fail(ErrorCode::internal, "the journal cannot be right: " + std::move(message));
}

}  // namespace

RunState::RunState(DefinitionPtr definition) : definition_(std::move(definition)), tasks_(definition_->tasks.size()) {
  for (TaskIndex i = 0; i < tasks_.size(); ++i) tasks_[i].unmet = static_cast<std::uint32_t>(definition_->tasks[i].depends_on.size());
  unfinished_ = static_cast<std::uint32_t>(tasks_.size());
}

Result<void> RunState::apply(const Event& event) {
  if (is_final(status_)) return impossible(fmt::format("{} after the end", type_of(event)));
  const bool first = std::holds_alternative<RunCreated>(event.body);
  if (first != (status_ == RunStatus::pending)) return impossible(fmt::format("{} is out of place", type_of(event)));
  if (const auto task = task_of(event); task && *task >= tasks_.size()) return impossible("there is no such task");
  auto folded = std::visit([&](const auto& body) { return fold(body, event.at); }, event.body);
  if (folded) update_status();
  return folded;
}

void RunState::next_actions(Instant now, std::vector<Action>& out) const {
  if (is_final(status_) || status_ == RunStatus::pending) return;
  if (deadline_ && now >= *deadline_ && !stopping()) {
    out.emplace_back(ExpireRun{});
    return;
  }
  for (const auto task : to_cancel_) out.emplace_back(CancelTask{task});
  for (const auto task : to_skip_) out.emplace_back(SkipTask{task});
  if (settled()) {
    out.emplace_back(outcome());
    return;
  }
  if (stopping()) return;
  auto left = room();
  for (const auto& [due, index] : timers_) {
    if (due > now) break;
    const auto& task = tasks_[index];
    if (task.status == TaskStatus::waiting) {
      out.emplace_back(FireTimer{{.task = index, .activation = task.activation, .attempt = task.attempt}});
    } else if (left > 0 || !definition_->parallel_execution) {
      out.emplace_back(StartAttempt{{.task = index, .activation = task.activation, .attempt = task.attempt + 1}});
      if (left > 0) --left;
    }
  }
  for (const auto index : ready_) {
    if (left == 0) break;
    out.emplace_back(StartAttempt{{.task = index, .activation = tasks_[index].activation, .attempt = 1}});
    --left;
  }
}

/// How many attempts may begin beside those that run.
std::uint32_t RunState::room() const {
  if (!definition_->parallel_execution) return active_ == 0 ? 1 : 0;
  const auto cap = definition_->max_parallel_tasks;
  if (cap == 0) return std::numeric_limits<std::uint32_t>::max();
  return cap > running_ ? cap - running_ : 0;
}

std::optional<Instant> RunState::next_due(Instant now) const {
  if (is_final(status_)) return std::nullopt;
  std::optional<Instant> due;
  const auto timer = timers_.upper_bound({now, std::numeric_limits<TaskIndex>::max()});
  if (timer != timers_.end()) due = timer->first;
  if (deadline_ && !stopping() && *deadline_ > now && (!due || *deadline_ < *due)) due = deadline_;
  return due;
}

std::vector<Attempt> RunState::in_flight() const {
  std::vector<Attempt> out;
  for (TaskIndex i = 0; i < tasks_.size(); ++i) {
    const auto& task = tasks_[i];
    if (task.status == TaskStatus::running) out.push_back({.task = i, .activation = task.activation, .attempt = task.attempt});
  }
  return out;
}

Result<void> RunState::fold(const RunCreated& event, Instant at) {
  if (event.definition_hash != definition_->hash) return impossible("the run belongs to another definition");
  inputs_ = event.inputs;
  created_ = at;
  deadline_ = event.deadline;
  status_ = RunStatus::running;
  for (TaskIndex i = 0; i < tasks_.size(); ++i) {
    if (tasks_[i].unmet == 0) ready_.insert(ready_.end(), i);
  }
  return {};
}

Result<void> RunState::fold(const RunResumed&, Instant) { return {}; }

Result<void> RunState::fold(const AttemptStarted& event, Instant at) {
  const auto index = event.attempt.task;
  auto& task = tasks_[index];
  if (stopping()) return impossible("an attempt started while the run was stopping");
  if (event.attempt.activation != task.activation || event.attempt.attempt != task.attempt + 1)
    return impossible("an attempt is out of order");
  if (task.status == TaskStatus::pending) {
    if (ready_.erase(index) == 0) return impossible("a task started before it was ready");
    ++active_;
  } else if (task.status == TaskStatus::retrying) {
    timers_.erase({task.due, index});
  } else {
    return impossible(fmt::format("a task started while it was {}", to_string(task.status)));
  }
  task.attempt = event.attempt.attempt;
  task.started = at;
  if (event.wake_at) {
    task.status = TaskStatus::waiting;
    task.due = *event.wake_at;
    timers_.emplace(task.due, index);
  } else {
    task.status = TaskStatus::running;
    ++running_;
  }
  return {};
}

Result<TaskState*> RunState::answered(const Attempt& attempt) {
  auto& task = tasks_[attempt.task];
  const bool open = task.status == TaskStatus::running || task.status == TaskStatus::waiting;
  if (!open || attempt.attempt != task.attempt || attempt.activation != task.activation) {
    return impossible("an attempt ended that was not in flight");
  }
  return &task;
}

/// A task stops being in flight or waiting for a timer.
void RunState::leave_active(TaskIndex index, TaskState& task) {
  if (task.status == TaskStatus::running) {
    --running_;
  } else {
    timers_.erase({task.due, index});
  }
  to_cancel_.erase(index);
}

Result<void> RunState::fold(const TaskCompleted& event, Instant at) {
  const auto task = answered(event.attempt);
  if (!task) return std::unexpected(task.error());
  auto& state = **task;
  leave_active(event.attempt.task, state);
  --active_;
  --unfinished_;
  ++completed_;
  state.status = TaskStatus::completed;
  state.ended = at;
  state.result = event.result;
  state.metadata = event.metadata;
  satisfy_dependents(event.attempt.task);
  return {};
}

Result<void> RunState::fold(const AttemptFailed& event, Instant) {
  const auto task = answered(event.attempt);
  if (!task) return std::unexpected(task.error());
  auto& state = **task;
  leave_active(event.attempt.task, state);
  state.status = TaskStatus::retrying;
  state.error = std::make_shared<const Error>(event.error);
  state.due = event.retry_at;
  timers_.emplace(state.due, event.attempt.task);
  if (stopping()) to_cancel_.insert(event.attempt.task);
  return {};
}

Result<void> RunState::fold(const TaskFailed& event, Instant at) {
  const auto index = event.attempt.task;
  const auto task = answered(event.attempt);
  if (!task) return std::unexpected(task.error());
  auto& state = **task;
  leave_active(index, state);
  --active_;
  --unfinished_;
  ++failed_;
  state.status = TaskStatus::failed;
  state.ended = at;
  state.error = std::make_shared<const Error>(event.error);
  const auto& definition = definition_->tasks[index];
  if (definition.continue_on_failure) {
    satisfy_dependents(index);
    return {};
  }
  ++untolerated_;
  if (first_failure_.empty()) first_failure_ = fmt::format("Task '{}' failed: {}", definition.name, event.error.message);
  if (definition_->failure_strategy == FailureStrategy::stop_on_first_failure) {
    if (!stopping()) {
      stop_ = RunFinished{.status = RunStatus::failed, .error = first_failure_, .outputs = nullptr};
      begin_stop();
    }
  } else {
    block_dependents(index);
  }
  return {};
}

Result<void> RunState::fold(const TaskSkipped& event, Instant at) {
  if (to_skip_.erase(event.task) == 0) return impossible("a task was skipped that could have run");
  auto& state = tasks_[event.task];
  state.status = TaskStatus::skipped;
  state.skip_reason = event.reason;
  state.ended = at;
  --unfinished_;
  if (!stopping()) block_dependents(event.task);
  return {};
}

Result<void> RunState::fold(const TaskCancelled& event, Instant at) {
  if (!to_cancel_.contains(event.task)) return impossible("a task was cancelled that should go on");
  auto& state = tasks_[event.task];
  leave_active(event.task, state);
  --active_;
  --unfinished_;
  state.status = TaskStatus::cancelled;
  state.ended = at;
  return {};
}

Result<void> RunState::fold(const Emission&, Instant) { return {}; }

Result<void> RunState::fold(const StopRequested& event, Instant) {
  if (stopping()) return {};
  const auto status = event.reason == StopReason::cancelled ? RunStatus::cancelled : RunStatus::failed;
  stop_ = RunFinished{.status = status, .error = event.message, .outputs = nullptr};
  begin_stop();
  return {};
}

Result<void> RunState::fold(const RunFinished& event, Instant at) {
  if (!settled()) return impossible("the run ended before its tasks");
  if (!is_final(event.status)) return impossible("the run ended without a final status");
  status_ = event.status;
  error_ = event.error;
  outputs_ = event.outputs;
  finished_ = at;
  return {};
}

void RunState::satisfy_dependents(TaskIndex index) {
  for (const auto dependent : definition_->tasks[index].dependents) {
    auto& task = tasks_[dependent];
    --task.unmet;
    if (task.unmet == 0 && task.status == TaskStatus::pending && !to_skip_.contains(dependent)) ready_.insert(dependent);
  }
}

/// What needs a task that did not complete cannot run.
void RunState::block_dependents(TaskIndex index) {
  for (const auto dependent : definition_->tasks[index].dependents) {
    if (tasks_[dependent].status == TaskStatus::pending) to_skip_.insert(dependent);
  }
}

void RunState::begin_stop() {
  ready_.clear();
  for (TaskIndex i = 0; i < tasks_.size(); ++i) {
    const auto status = tasks_[i].status;
    if (status == TaskStatus::pending) {
      to_skip_.insert(to_skip_.end(), i);
    } else if (!is_final(status)) {
      to_cancel_.insert(to_cancel_.end(), i);
    }
  }
}

void RunState::update_status() {
  if (is_final(status_)) return;
  const bool can_go_on = running_ > 0 || !to_skip_.empty() || !to_cancel_.empty() || settled() || (!ready_.empty() && room() > 0);
  status_ = can_go_on ? RunStatus::running : RunStatus::waiting;
}

std::string RunState::skip_reason(TaskIndex task) const {
  if (stopping()) return "the run stopped";
  for (const auto needed : definition_->tasks[task].depends_on) {
    const auto status = tasks_[needed].status;
    if (status == TaskStatus::failed || status == TaskStatus::skipped) {
      return fmt::format("task '{}' {}", definition_->tasks[needed].name, status == TaskStatus::failed ? "failed" : "was skipped");
    }
  }
  return "a task it depends on did not complete";
}

FinishRun RunState::outcome() const {
  if (stop_) return {.status = stop_->status, .error = stop_->error};
  if (untolerated_ == 0) return {.status = RunStatus::completed, .error = {}};
  const bool partial = definition_->failure_strategy == FailureStrategy::partial_completion_allowed && completed_ > 0;
  return {.status = partial ? RunStatus::partially_completed : RunStatus::failed, .error = first_failure_};
}

}  // namespace skein::workflow
