#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "workflow/impossible.hpp"
#include "workflow/run_state.hpp"

// Undo steps: once the run has failed, or somebody asked for it, completed activations are undone one at a time, newest first.
namespace skein::workflow {

const Undoable* RunState::next_undo() const {
  const auto newest_first = std::views::reverse(undoable_);
  const auto found = std::ranges::find(newest_first, Undoable::Status::open, &Undoable::status);
  return found == newest_first.end() ? nullptr : &*found;
}

Undoable* RunState::next_undo() {
  return const_cast<Undoable*>(std::as_const(*this).next_undo());  // NOLINT(*-const-cast): the state is ours
}

Result<void> RunState::fold(const CompensationStarted& event, Instant) {
  const bool reopened = is_final(status_);
  if (!settled() || compensating_) return impossible("undoing began before the run had come to its end");
  auto undoable = undoable_;
  for (const auto& left : event.left) {
    const auto found = std::ranges::find_if(undoable, [&](const Undoable& one) {
      return one.task == left.task && one.activation == left.activation && one.status != Undoable::Status::undone;
    });
    if (found == undoable.end()) return impossible("undoing was left to another run that is not to be done");
    found->status = Undoable::Status::left;
  }
  if (std::ranges::none_of(undoable, &Undoable::remains)) return impossible("undoing began where nothing can be undone");
  auto end = reopened && !stopping() ? FinishRun{.status = status_, .error = error_} : outcome();
  if (!reopened && end.status != RunStatus::failed) return impossible("undoing began in a run that has not failed");
  undoable_ = std::move(undoable);
  for (auto& done : undoable_) {
    if (done.status == Undoable::Status::failed) done.status = Undoable::Status::open;
  }
  // What is undone is not completed any more.
  if (end.status == RunStatus::completed || end.status == RunStatus::partially_completed)
    end = {.status = RunStatus::cancelled, .error = event.reason};
  stop_ = RunFinished{.status = end.status, .error = std::move(end.error), .outputs = nullptr};
  status_ = RunStatus::running;
  outputs_ = nullptr;
  compensating_ = true;
  undo_stopped_ = false;
  return {};
}

void RunState::offer_undo(Instant now, std::vector<Action>& out) const {
  if (undoing_) {
    if (undo_stopped_) return;
    const auto& state = tasks_[*undoing_];
    Attempt attempt{.task = *undoing_, .activation = state.activation, .attempt = state.attempt};
    if (const auto listening = listens_to_.find(attempt.step()); listening != listens_to_.end() && signals_.contains(listening->second)) {
      out.emplace_back(TakeSignal{attempt});
      return;
    }
    if (timers_.empty() || timers_.begin()->first > now) return;
    if (state.status == TaskStatus::waiting) {
      out.emplace_back(FireTimer{attempt});
    } else {
      ++attempt.attempt;
      out.emplace_back(StartAttempt{attempt});
    }
    return;
  }
  const auto* next = next_undo();
  if (next == nullptr || undo_stopped_) {
    out.emplace_back(outcome());
  } else {
    out.emplace_back(StartAttempt{{.task = *definition_->tasks[next->task].undo, .activation = next->activation, .attempt = 1}});
  }
}

/// Makes the undo step of an attempt ready to be started, where its turn has come.
Result<void> RunState::start_undo(const Attempt& attempt) {
  if (!compensating_ || undo_stopped_) return impossible("an undo step started in a run that undoes nothing");
  if (undoing_) {
    if (*undoing_ == attempt.task) return {};  // its next attempt
    return impossible("an undo step started while another was under way");
  }
  const auto* next = next_undo();
  if (next == nullptr || definition_->tasks[next->task].undo != attempt.task || attempt.activation != next->activation ||
      attempt.attempt != 1 || attempt.item != no_item) {
    return impossible("an undo step started out of turn");
  }
  undoing_ = attempt.task;
  auto& step = tasks_[attempt.task];
  step = TaskState{};
  step.activation = attempt.activation;
  ready_.insert(attempt.task);
  return {};
}

void RunState::undo_ended(TaskIndex undo, Undoable::Status status) {
  to_cancel_.erase(undo);  // it may come to its end together with a request to stop
  auto& next = *next_undo();
  next.status = status;
  undoing_.reset();
  auto& task = tasks_[*definition_->tasks[undo].undoes];
  if (status == Undoable::Status::undone && task.activation == next.activation) task.status = TaskStatus::compensated;
}

std::string RunState::what_was_not_undone() const {
  if (!compensating_) return {};
  std::string names;
  for (const auto& done : undoable_) {
    if (!done.remains()) continue;
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", definition_->tasks[done.task].name);
    if (done.activation > 1) names += fmt::format(" (activation {})", done.activation);
  }
  return names.empty() ? names : fmt::format("; not undone: {}", names);
}

}  // namespace skein::workflow
