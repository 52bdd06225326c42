#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "workflow/impossible.hpp"
#include "workflow/run_state.hpp"

// Attempts: of tasks that run by themselves, and of the items of a `for_each`.
namespace skein::workflow {
namespace {

/// Failures that the metadata of a `for_each` task lists; the journal has all.
constexpr std::size_t most_listed_failures = 100;

/// The results of the items in order; null where an item has none.
JsonPtr results_of(const FanOut& fan_out) {
  JsonArray out;
  out.reserve(fan_out.items.size());
  for (const auto& item : fan_out.items) out.push_back(item.result ? *item.result : Json());
  return std::make_shared<const Json>(std::move(out));
}

JsonPtr metadata_of(const FanOut& fan_out) {
  JsonArray failures;
  for (std::uint32_t i = 0; i < fan_out.items.size() && failures.size() < most_listed_failures; ++i) {
    const auto& item = fan_out.items[i];
    if (item.status != TaskStatus::failed) continue;
    failures.push_back(JsonObject{{"index", i}, {"code", to_string(item.error->code)}, {"message", item.error->message}});
  }
  return std::make_shared<const Json>(
      JsonObject{{"items", fan_out.items.size()}, {"failed", fan_out.failed}, {"failures", std::move(failures)}});
}

}  // namespace

const FanOut* RunState::fan_out(TaskIndex task) const {
  const auto it = fan_outs_.find(task);
  return it == fan_outs_.end() ? nullptr : &it->second;
}

const StepState* RunState::find_step(Step step) const {
  if (step.item == no_item) return &tasks_[step.task];
  const auto* items = fan_out(step.task);
  return items != nullptr && step.item < items->items.size() ? &items->items[step.item] : nullptr;
}

StepState* RunState::step_of(Step step) { return const_cast<StepState*>(find_step(step)); }  // NOLINT(*-const-cast): the state is ours

Result<void> RunState::fold(const AttemptStarted& event, Instant at) {
  const auto& attempt = event.attempt;
  const auto step = attempt.step();
  const bool undo = is_undo(step.task);
  if (undo) {
    if (auto ready = start_undo(attempt); !ready) return ready;
  }
  if (stopping() && !undo) return impossible("an attempt started while the run was stopping");
  auto* state = step_of(step);
  const bool item = step.item != no_item;
  if (state == nullptr || (!item && definition_->tasks[step.task].for_each)) return impossible("an attempt of an item that is not there");
  if (attempt.activation != tasks_[step.task].activation || attempt.attempt != state->attempt + 1)
    return impossible("an attempt is out of order");
  if (state->status == TaskStatus::retrying) {
    timers_.erase({state->due, step});
  } else if (state->status != TaskStatus::pending) {
    return impossible(fmt::format("a task started while it was {}", to_string(state->status)));
  } else if (item) {
    auto& fan_out = fan_outs_.at(step.task);
    if (step.item != fan_out.next) return impossible("an item started before its turn");
    ++fan_out.next;
    ++fan_out.active;
  } else {
    if (ready_.erase(step.task) == 0) return impossible("a task started before it was ready");
    begin_activation(step.task, at);
  }
  state->attempt = attempt.attempt;
  state->started = at;
  charge(event);
  if (event.session) sessions_.insert_or_assign(step, *event.session);
  if (event.waits()) {
    state->status = TaskStatus::waiting;
    state->due = event.wake_at.value_or(Instant{});
    if (event.wake_at) timers_.emplace(state->due, step);
    if (!event.signal.empty()) listen(step, event.signal);
    if (event.question) asked_.insert_or_assign(step, event.question);
  } else {
    state->status = TaskStatus::running;
    ++running_;
    if (const auto calls = calls_.find(step); calls != calls_.end()) settle_waiting(step, calls->second);
  }
  return {};
}

void RunState::begin_activation(TaskIndex index, Instant at) {
  ++active_;
  tasks_[index].begun = at;
  const auto& limit = definition_->tasks[index].deadline;
  if (!limit) return;
  tasks_[index].deadline = at + *limit;
  deadlines_.emplace(tasks_[index].deadline, index);
}

Result<StepState*> RunState::answered(const Attempt& attempt) {
  auto* state = step_of(attempt.step());
  const bool open = state != nullptr && (state->status == TaskStatus::running || state->status == TaskStatus::waiting) &&
                    fan_outs_.contains(attempt.task) == (attempt.item != no_item) && !questions_.contains(attempt.task);
  if (!open || attempt.attempt != state->attempt || attempt.activation != tasks_[attempt.task].activation) {
    return impossible("an attempt ended that was not in flight");
  }
  return state;
}

/// A step stops being in flight, or waiting for a timer or a signal.
void RunState::leave_timer_or_flight(Step step, const StepState& state) {
  if (state.status == TaskStatus::running) {
    --running_;
  } else {
    timers_.erase({state.due, step});
    if (!listens_to_.empty()) stop_listening(step);
  }
}

Result<void> RunState::fold(const TaskCompleted& event, Instant at) {
  const auto found = answered(event.attempt);
  if (!found) return std::unexpected(found.error());
  auto& state = **found;
  leave_timer_or_flight(event.attempt.step(), state);
  forget_calls(event.attempt.step());
  state.result = event.result;
  state.metadata = event.metadata;
  state.error = nullptr;
  if (event.attempt.item == no_item) {
    complete(event.attempt.task, at);
  } else {
    state.status = TaskStatus::completed;
    state.ended = at;
    item_ended(event.attempt);
  }
  return {};
}

Result<void> RunState::fold(const AttemptFailed& event, Instant) {
  const auto found = answered(event.attempt);
  if (!found) return std::unexpected(found.error());
  auto& state = **found;
  leave_timer_or_flight(event.attempt.step(), state);
  state.status = TaskStatus::retrying;
  state.error = std::make_shared<const Error>(event.error);
  state.due = event.retry_at;
  timers_.emplace(state.due, event.attempt.step());
  return {};
}

Result<void> RunState::fold(const TaskFailed& event, Instant at) {
  const auto& attempt = event.attempt;
  if (attempt.attempt == 0) return never_began(event, at);
  auto* state = step_of(attempt.step());
  // While it waits for its next attempt only the deadline can end it.
  const bool expires = state != nullptr && state->status == TaskStatus::retrying && attempt.attempt == state->attempt &&
                       attempt.activation == tasks_[attempt.task].activation;
  if (!expires) {
    const auto found = answered(attempt);
    if (!found) return std::unexpected(found.error());
  }
  leave_timer_or_flight(attempt.step(), *state);
  forget_calls(attempt.step());
  if (attempt.item == no_item) {
    fail_task(attempt.task, event.error, at);
    return {};
  }
  state->status = TaskStatus::failed;
  state->error = std::make_shared<const Error>(event.error);
  state->ended = at;
  auto& fan_out = fan_outs_.at(attempt.task);
  ++fan_out.failed;
  fan_out.first_failed = std::min(fan_out.first_failed, attempt.item);
  item_ended(attempt);
  return {};
}

/// A step that was ready has failed without an attempt.
Result<void> RunState::never_began(const TaskFailed& event, Instant at) {
  const auto& attempt = event.attempt;
  const auto items = fan_outs_.find(attempt.task);
  if (stopping() || attempt.activation != tasks_[attempt.task].activation) return impossible("a step failed that had no turn");
  if (attempt.item == no_item) {
    if (definition_->tasks[attempt.task].for_each || ready_.erase(attempt.task) == 0) return impossible("a task failed that was not ready");
    begin_activation(attempt.task, at);
    fail_task(attempt.task, event.error, at);
    return {};
  }
  if (items == fan_outs_.end() || attempt.item != items->second.next || attempt.item >= items->second.items.size())
    return impossible("an item failed before its turn");
  auto& fan_out = items->second;
  auto& item = fan_out.items[attempt.item];
  ++fan_out.next;
  ++fan_out.active;
  item.status = TaskStatus::failed;
  item.error = std::make_shared<const Error>(event.error);
  item.ended = at;
  ++fan_out.failed;
  fan_out.first_failed = std::min(fan_out.first_failed, attempt.item);
  item_ended(attempt);
  return {};
}

void RunState::item_ended(const Attempt& attempt) {
  auto& fan_out = fan_outs_.at(attempt.task);
  --fan_out.active;
  --fan_out.unfinished;
}

Result<void> RunState::fold(const ItemsListed& event, Instant at) {
  const auto* list = event.items ? event.items->if_array() : nullptr;
  if (list == nullptr) return impossible("the items of a task are not a list");
  if (stopping() || event.activation != tasks_[event.task].activation || !definition_->tasks[event.task].for_each ||
      ready_.erase(event.task) == 0) {
    return impossible("items were listed before their task was ready");
  }
  begin_activation(event.task, at);
  auto& task = tasks_[event.task];
  task.status = TaskStatus::running;
  task.attempt = 1;
  task.started = at;
  FanOut fan_out;
  fan_out.list = event.items;
  fan_out.items.resize(list->size());
  fan_out.unfinished = static_cast<std::uint32_t>(list->size());
  fan_outs_.insert_or_assign(event.task, std::move(fan_out));
  return {};
}

Result<void> RunState::fold(const ItemsEnded& event, Instant at) {
  const auto it = fan_outs_.find(event.task);
  if (event.activation != tasks_[event.task].activation) return impossible("the items of another activation ended");
  if (it == fan_outs_.end()) {
    // The list itself could not be made.
    if (!event.error || stopping() || !definition_->tasks[event.task].for_each || ready_.erase(event.task) == 0)
      return impossible("items ended that were not listed");
    begin_activation(event.task, at);
    tasks_[event.task].result = nullptr;
    fail_task(event.task, *event.error, at);
    return {};
  }
  if (!event.error && it->second.unfinished > 0) return impossible("a task ended before its items");
  auto& task = tasks_[event.task];
  task.result = results_of(it->second);
  task.metadata = metadata_of(it->second);
  abandon_items(event.task);
  if (event.error) {
    fail_task(event.task, *event.error, at);
  } else {
    complete(event.task, at);
  }
  return {};
}

/// What is in flight of a task's items is not waited for any more.
void RunState::abandon_items(TaskIndex index) {
  const auto& fan_out = fan_outs_.at(index);
  for (std::uint32_t i = 0; i < fan_out.next; ++i) {
    const auto& item = fan_out.items[i];
    if (!is_final(item.status)) leave_timer_or_flight({.task = index, .item = i}, item);
  }
  fan_outs_.erase(index);
  forget_calls(index);
}

std::uint32_t RunState::startable_items(TaskIndex index, const FanOut& fan_out) const {
  if (fan_out.failed > 0 && !definition_->tasks[index].continue_on_failure) return 0;
  const auto most = definition_->max_concurrency_of(index);
  const auto left = static_cast<std::uint32_t>(fan_out.items.size()) - fan_out.next;
  return fan_out.active < most ? std::min(most - fan_out.active, left) : 0;
}

bool RunState::items_over(TaskIndex index, const FanOut& fan_out) const {
  if (fan_out.unfinished == 0) return true;
  return fan_out.active == 0 && fan_out.failed > 0 && !definition_->tasks[index].continue_on_failure;
}

std::optional<Error> RunState::items_failure(TaskIndex task) const {
  const auto* items = fan_out(task);
  if (items == nullptr || items->failed == 0 || definition_->tasks[task].continue_on_failure) return std::nullopt;
  auto error = *items->items[items->first_failed].error;
  error.message = fmt::format("{} of {} items failed; item {}: {}", items->failed, items->items.size(), items->first_failed, error.message);
  return error;
}

void RunState::complete(TaskIndex index, Instant at) {
  auto& task = tasks_[index];
  task.status = TaskStatus::completed;
  task.ended = at;
  --active_;
  if (is_undo(index)) return undo_ended(index, Undoable::Status::undone);
  if (definition_->tasks[index].undo && foreign_ == 0) undoable_.push_back({.task = index, .activation = task.activation});
  ++completed_;
  conclude(index, false);
}

void RunState::fail_task(TaskIndex index, const Error& error, Instant at) {
  auto& task = tasks_[index];
  const auto& definition = definition_->tasks[index];
  task.status = TaskStatus::failed;
  task.ended = at;
  task.error = std::make_shared<const Error>(error);
  if (!definition.for_each) task.result = nullptr;
  --active_;
  if (is_undo(index)) return undo_ended(index, Undoable::Status::failed);
  ++failed_;
  if (definition.continue_on_failure) {
    conclude(index, false);
    return;
  }
  ++untolerated_;
  if (first_failure_.empty()) first_failure_ = fmt::format("Task '{}' failed: {}", definition.name, error.message);
  if (definition_->failure_strategy == FailureStrategy::stop_on_first_failure && !stopping()) {
    stop_ = RunFinished{.status = RunStatus::failed, .error = first_failure_, .outputs = nullptr};
    conclude(index, true);
    begin_stop();
  } else {
    conclude(index, true);
  }
}

}  // namespace skein::workflow
