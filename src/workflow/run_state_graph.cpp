#include <fmt/format.h>

#include "workflow/impossible.hpp"
#include "workflow/run_state.hpp"

// What follows from the end of a task: its dependents, the edges that leave it, the end of its graph, the end of the run.
namespace skein::workflow {

/// A task has come to an end, by whatever way. `blocks`: what depends on it cannot run.
void RunState::conclude(TaskIndex index, bool blocks) {
  auto& task = tasks_[index];
  const auto& definition = definition_->tasks[index];
  task.blocks = blocks;
  to_cancel_.erase(index);
  if (definition.deadline) deadlines_.erase({task.deadline, index});
  if (definition.keeps_activations && task.activation > 0 && task.status != TaskStatus::skipped)
    activations_[index].push_back({.activation = task.activation, .status = task.status, .result = task.result, .error = task.error});
  if (!definition.graph || graphs_[*definition.graph].closed) {
    --unfinished_;
    release_dependents(index);
    return;
  }
  const bool went_well = task.status == TaskStatus::completed || task.status == TaskStatus::failed;
  if (blocks) graphs_[*definition.graph].failed = true;
  if (!blocks && went_well && !definition.edges.empty()) {
    choosing_.insert(index);
    return;
  }
  next_entry(index);
  entry_ended(*definition.graph);
}

Result<void> RunState::fold(const EdgeTaken& event, Instant) {
  if (!choosing_.contains(event.task) || event.activation != tasks_[event.task].activation)
    return impossible("an edge was taken from a task that has not ended");
  if (event.edge && definition_->edges.at(*event.edge).from != event.task) return impossible("an edge was taken from another task");
  choosing_.erase(event.task);
  if (event.edge) {
    ++fired_[*event.edge];
    if (const auto to = definition_->edges[*event.edge].to) enter(*to);
  }
  next_entry(event.task);
  entry_ended(*definition_->tasks[event.task].graph);
  return {};
}

bool RunState::exhausted(EdgeIndex edge) const {
  const auto& most = definition_->edges[edge].max_iterations;
  return most && fired_[edge] >= *most;
}

/// An edge leads to a task: it begins, or waits until the activation under way has ended.
void RunState::enter(TaskIndex index) {
  ++graphs_[*definition_->tasks[index].graph].open;
  const auto& task = tasks_[index];
  const bool idle = task.activation == 0 || (is_final(task.status) && !choosing_.contains(index));
  if (idle) {
    activate(index);
  } else {
    ++tasks_[index].queued;
  }
}

void RunState::activate(TaskIndex index) {
  auto& task = tasks_[index];
  if (task.status == TaskStatus::completed) --completed_;
  if (task.status == TaskStatus::failed) --failed_;
  ++task.activation;
  task.status = TaskStatus::pending;
  task.attempt = 0;
  task.approved = false;
  task.blocks = false;
  edits_.erase(index);
  ready_.insert(index);
}

void RunState::next_entry(TaskIndex index) {
  if (tasks_[index].queued == 0 || !is_final(tasks_[index].status)) return;
  --tasks_[index].queued;
  activate(index);
}

/// One way through a graph has come to its end; after the last the graph is quiet.
void RunState::entry_ended(GraphIndex index) {
  if (--graphs_[index].open == 0) close_graph(index);
}

/// Nothing in the graph runs or will run.
void RunState::close_graph(GraphIndex index) {
  graphs_[index].closed = true;
  for (const auto task : definition_->graphs[index].tasks) {
    if (tasks_[task].activation == 0) {
      to_skip_.insert(task);
    } else {
      --unfinished_;
      release_dependents(task);
    }
  }
}

Result<void> RunState::fold(const TaskSkipped& event, Instant at) {
  // A ready task is skipped because its condition is false: what depends on it goes on, with null for its result.
  const bool by_condition = !stopping() && definition_->tasks[event.task].when && ready_.erase(event.task) > 0;
  if (!by_condition && to_skip_.erase(event.task) == 0) return impossible("a task was skipped that could have run");
  auto& task = tasks_[event.task];
  const auto& graph = definition_->tasks[event.task].graph;
  const bool never_entered = task.activation == 0;
  task.status = TaskStatus::skipped;
  task.skip_reason = event.reason;
  task.ended = at;
  conclude(event.task, !by_condition && (!never_entered || graphs_[*graph].failed));
  return {};
}

Result<void> RunState::fold(const TaskCancelled& event, Instant at) {
  if (!to_cancel_.contains(event.task)) return impossible("a task was cancelled that should go on");
  auto& task = tasks_[event.task];
  if (fan_outs_.contains(event.task)) {
    abandon_items(event.task);
  } else {
    leave_timer_or_flight({.task = event.task}, task);
    questions_.erase(event.task);
    forget_calls(event.task);
  }
  --active_;
  task.status = TaskStatus::cancelled;
  task.ended = at;
  if (is_undo(event.task)) {
    undo_ended(event.task, Undoable::Status::open);
    return {};
  }
  conclude(event.task, true);
  return {};
}

/// What depends on an ended task may run, or cannot any more.
void RunState::release_dependents(TaskIndex index) {
  const bool blocks = tasks_[index].blocks;
  for (const auto dependent : definition_->tasks[index].dependents) {
    auto& task = tasks_[dependent];
    if (task.status != TaskStatus::pending) continue;
    if (!blocks) {
      --task.unmet;
      if (task.unmet == 0 && !stopping()) ready_.insert(dependent);
    } else if (!stopping()) {
      to_skip_.insert(dependent);
    }
  }
}

void RunState::begin_stop() {
  ready_.clear();
  choosing_.clear();
  for (auto& graph : graphs_) {
    if (graph.closed) continue;
    graph.closed = true;
    for (const auto task : definition_->graphs[static_cast<std::size_t>(&graph - graphs_.data())].tasks) {
      tasks_[task].queued = 0;
      if (is_final(tasks_[task].status)) --unfinished_;
    }
  }
  for (TaskIndex i = 0; i < definition_->own_tasks; ++i) {
    const auto status = tasks_[i].status;
    if (status == TaskStatus::pending) {
      to_skip_.insert(to_skip_.end(), i);
    } else if (!is_final(status)) {
      to_cancel_.insert(to_cancel_.end(), i);
    }
  }
}

std::string RunState::skip_reason(TaskIndex task) const {
  if (stopping()) return "the run stopped";
  if (tasks_[task].activation == 0) return "no edge led to it";
  for (const auto needed : definition_->tasks[task].depends_on) {
    if (!tasks_[needed].blocks) continue;
    const bool failed = tasks_[needed].status == TaskStatus::failed;
    return fmt::format("task '{}' {}", definition_->tasks[needed].name, failed ? "failed" : "was skipped");
  }
  return {};
}

std::span<const ActivationRecord> RunState::activations(TaskIndex task) const {
  const auto it = activations_.find(task);
  if (it == activations_.end()) return {};
  return it->second;
}

}  // namespace skein::workflow
