#include "workflow/run_state.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "workflow/impossible.hpp"

namespace skein::workflow {

RunState::RunState(DefinitionPtr definition)
    : definition_(std::move(definition)),
      tasks_(definition_->tasks.size()),
      graphs_(definition_->graphs.size()),
      fired_(definition_->edges.size()) {
  for (TaskIndex i = 0; i < tasks_.size(); ++i) {
    const auto& task = definition_->tasks[i];
    tasks_[i].unmet = static_cast<std::uint32_t>(task.depends_on.size());
    if (task.entered_by_edges) {
      tasks_[i].activation = 0;
    } else if (task.graph) {
      ++graphs_[*task.graph].open;
    }
  }
  unfinished_ = static_cast<std::uint32_t>(definition_->own_tasks);
}

Result<void> RunState::apply(const Event& event) {
  if (is_final(status_) && !std::holds_alternative<CompensationStarted>(event.body))
    return impossible(fmt::format("{} after the end", type_of(event)));
  const bool first = std::holds_alternative<RunCreated>(event.body);
  if (first != (status_ == RunStatus::pending)) return impossible(fmt::format("{} is out of place", type_of(event)));
  if (const auto task = task_of(event); task && *task >= tasks_.size()) return impossible("there is no such task");
  auto folded = std::visit([&](const auto& body) { return fold(body, event.at); }, event.body);
  if (folded) update_status();
  if (folded && foreign_ > 0 && !first) --foreign_;
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
    offer_end(now, out);
    return;
  }
  if (stopping()) return;
  // What these decide changes what else can be done.
  const auto decisions = out.size();
  for (const auto& [due, task] : deadlines_) {
    if (due > now) break;
    out.emplace_back(ExpireTask{task});
  }
  if (out.size() > decisions) return;
  for (const auto task : choosing_) out.emplace_back(ChooseEdge{task});
  for (const auto& [name, steps] : listeners_) {
    if (!signals_.contains(name)) continue;
    const auto step = *steps.begin();
    out.emplace_back(TakeSignal{
        {.task = step.task, .activation = tasks_[step.task].activation, .attempt = find_step(step)->attempt, .item = step.item}});
  }
  if (out.size() > decisions) return;
  auto left = room();
  for (const auto& [due, step] : timers_) {
    if (due > now) break;
    const auto& state = *find_step(step);
    const Attempt attempt{.task = step.task, .activation = tasks_[step.task].activation, .attempt = state.attempt, .item = step.item};
    if (step.item == no_item && questions_.contains(step.task)) {
      out.emplace_back(ExpireApproval{step.task});
    } else if (state.status == TaskStatus::waiting) {
      out.emplace_back(FireTimer{attempt});
    } else if (left > 0 || !definition_->parallel_execution) {
      out.emplace_back(
          StartAttempt{{.task = attempt.task, .activation = attempt.activation, .attempt = attempt.attempt + 1, .item = attempt.item}});
      if (left > 0) --left;
    }
  }
  offer_items(left, out);
  for (const auto index : ready_) {
    if (left == 0) break;
    const auto& task = definition_->tasks[index];
    if (task.approval && !tasks_[index].approved) {
      out.emplace_back(AskApproval{index});
    } else if (task.for_each) {
      out.emplace_back(ListItems{index});
    } else {
      out.emplace_back(StartAttempt{{.task = index, .activation = tasks_[index].activation, .attempt = 1}});
    }
    --left;
  }
}

void RunState::offer_items(std::uint32_t& left, std::vector<Action>& out) const {
  for (const auto& [task, fan_out] : fan_outs_) {
    if (items_over(task, fan_out)) {
      out.emplace_back(EndItems{task});
      continue;
    }
    auto count = startable_items(task, fan_out);
    if (definition_->parallel_execution) {
      count = std::min(count, left);
      left -= count;
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      out.emplace_back(StartAttempt{{.task = task, .activation = tasks_[task].activation, .attempt = 1, .item = fan_out.next + i}});
    }
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
  const auto sooner = [&](Instant instant) {
    if (!due || instant < *due) due = instant;
  };
  const auto timer = timers_.upper_bound({now, Step{.task = std::numeric_limits<TaskIndex>::max(), .item = no_item}});
  if (timer != timers_.end()) sooner(timer->first);
  const auto deadline = deadlines_.upper_bound({now, std::numeric_limits<TaskIndex>::max()});
  if (deadline != deadlines_.end()) sooner(deadline->first);
  if (deadline_ && !stopping() && *deadline_ > now) sooner(*deadline_);
  return due;
}

std::vector<Attempt> RunState::in_flight() const {
  std::vector<Attempt> out;
  const auto add = [&](Step step, const StepState& state) {
    if (state.status != TaskStatus::running && !waits_in_calls(step)) return;
    out.push_back({.task = step.task, .activation = tasks_[step.task].activation, .attempt = state.attempt, .item = step.item});
  };
  for (TaskIndex i = 0; i < tasks_.size(); ++i) {
    if (const auto* items = fan_out(i)) {
      for (std::uint32_t item = 0; item < items->next; ++item) add({.task = i, .item = item}, items->items[item]);
    } else {
      add({.task = i}, tasks_[i]);
    }
  }
  return out;
}

Result<void> RunState::fold(const RunCreated& event, Instant at) {
  if (event.definition_hash != definition_->hash) return impossible("the run belongs to another definition");
  if (auto taken = take_changes(event); !taken) return taken;
  inputs_ = event.inputs;
  origin_ = event.origin;
  if (origin_) foreign_ = origin_->foreign;
  created_ = at;
  deadline_ = event.deadline;
  parent_ = event.parent;
  held_ = event.held;
  until_ = event.until;
  attempts_ = event.attempts;
  limits_ = event.limits;
  for (AgentIndex i = 0; event.agent_limits && i < definition_->agents.size(); ++i) {
    const auto limits = event.agent_limits->find(definition_->agents[i].name);
    if (limits != event.agent_limits->end()) agent_limits_.emplace(i, limits->second);
  }
  status_ = RunStatus::running;
  for (TaskIndex i = 0; i < tasks_.size(); ++i) {
    if (tasks_[i].unmet == 0 && !definition_->tasks[i].entered_by_edges && !is_undo(i)) ready_.insert(ready_.end(), i);
  }
  for (EdgeIndex i = 0; i < fired_.size(); ++i) {
    const auto& edge = definition_->edges[i];
    if (edge.from) continue;
    ++fired_[i];
    enter(*edge.to);
  }
  for (GraphIndex i = 0; i < graphs_.size(); ++i) {
    if (graphs_[i].open == 0) close_graph(i);  // no way leads into it
  }
  return {};
}

Result<void> RunState::take_changes(const RunCreated& event) {
  if (!event.changes) return {};
  if (!event.changes->is_object()) return impossible("the changed parameters are not an object");
  std::map<TaskIndex, JsonPtr> changes;
  for (const auto& [name, set] : event.changes->get_object()) {
    const auto task = definition_->find_task(name);
    if (!task || !set.is_object()) return impossible("the changed parameters do not belong to a task");
    changes.emplace(*task, std::make_shared<const Json>(set));
  }
  changes_ = std::move(changes);
  return {};
}

Result<void> RunState::fold(const RunResumed&, Instant) { return {}; }

Result<void> RunState::fold(const Emission&, Instant) { return {}; }

Result<void> RunState::fold(const StopRequested& event, Instant) {
  if (compensating_ && !undo_stopped_) {
    undo_stopped_ = true;
    if (undoing_) to_cancel_.insert(*undoing_);
  }
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
  compensating_ = false;
  return {};
}

void RunState::update_status() {
  if (is_final(status_)) return;
  const auto moves = [&](const auto& entry) {
    return items_over(entry.first, entry.second) || startable_items(entry.first, entry.second) > 0;
  };
  const auto heard = [&](const auto& entry) { return signals_.contains(entry.first); };
  // While it stops something is always offered. Where nothing is in flight no cap holds an item back.
  const bool undo_waits = undoing_ && running_ == 0 && to_cancel_.empty();
  const bool can_go_on = (stopping() && !undo_waits) || running_ > 0 || !to_skip_.empty() || !choosing_.empty() ||
                         (settled() && !undo_waits) || (!ready_.empty() && room() > 0) || std::ranges::any_of(listeners_, heard) ||
                         std::ranges::any_of(fan_outs_, moves);
  status_ = can_go_on ? RunStatus::running : RunStatus::waiting;
}

/// What comes once no task is left: the end, or first the undoing of what was done.
void RunState::offer_end(Instant now, std::vector<Action>& out) const {
  if (compensating_) {
    offer_undo(now, out);
    return;
  }
  auto end = outcome();
  if (end.status == RunStatus::failed && definition_->on_failure == OnFailure::compensate && next_undo() != nullptr) {
    out.emplace_back(StartCompensation{std::move(end.error)});
  } else {
    out.emplace_back(std::move(end));
  }
}

FinishRun RunState::outcome() const {
  if (stop_) return {.status = stop_->status, .error = stop_->error + what_was_not_undone()};
  if (untolerated_ == 0) return {.status = RunStatus::completed, .error = {}};
  const bool partial = definition_->failure_strategy == FailureStrategy::partial_completion_allowed && completed_ > 0;
  return {.status = partial ? RunStatus::partially_completed : RunStatus::failed, .error = first_failure_};
}

}  // namespace skein::workflow
