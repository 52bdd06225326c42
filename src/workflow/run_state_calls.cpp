#include <algorithm>

#include "workflow/impossible.hpp"
#include "workflow/run_state.hpp"

// What a running attempt calls: models and tools. The calls of an activation are kept until it ends, so that whoever goes on with it, a new
// owner or the next attempt, knows what was done; what a call reserved of a budget stays charged until its answer says what it cost.
namespace skein::workflow {

std::span<const CallRecord> RunState::calls(Step step) const {
  const auto found = calls_.find(step);
  if (found == calls_.end()) return {};
  return found->second;
}

Result<std::vector<CallRecord>*> RunState::calls_of(const Attempt& attempt) {
  const auto found = answered(attempt);
  if (!found) return std::unexpected(found.error());
  if ((*found)->status != TaskStatus::running) return impossible("an attempt that waits made a call");
  return &calls_[attempt.step()];
}

Result<void> RunState::fold(const CallStarted& event, Instant) {
  auto calls = calls_of(event.attempt);
  if (!calls) return std::unexpected(calls.error());
  if (event.number != (*calls)->size() + 1) return impossible("a call is out of order");
  (*calls)->push_back(
      {.kind = event.kind, .attempt = event.attempt.attempt, .request = event.request, .answer = nullptr, .reserved = event.reserved});
  spent_ += event.reserved;
  spent_by_[definition_->tasks[event.attempt.task].agent] += event.reserved;
  return {};
}

Result<void> RunState::fold(const CallEnded& event, Instant) {
  auto calls = calls_of(event.attempt);
  if (!calls) return std::unexpected(calls.error());
  if (event.number > (*calls)->size()) return impossible("a call was answered that was not made");
  auto& call = (**calls)[event.number - 1];
  if (call.answer || call.kind != event.kind) return impossible("a call was answered that was not open");
  call.answer = event.answer;
  const auto agent = definition_->tasks[event.attempt.task].agent;
  paid_ += event.used;
  paid_by_[agent] += event.used;
  auto& by = spent_by_[agent];
  for (auto* spent : {&spent_, &by}) {
    *spent -= call.reserved;
    *spent += event.used;
  }
  return {};
}

const store::SessionPoint* RunState::session(Step step) const {
  const auto found = sessions_.find(step);
  return found == sessions_.end() ? nullptr : &found->second;
}

void RunState::forget_calls(Step step) {
  if (!calls_.empty()) calls_.erase(step);
  if (!sessions_.empty()) sessions_.erase(step);
}

/// Of a task and its items.
void RunState::forget_calls(TaskIndex task) {
  const auto forget = [&](auto& kept) {
    const auto first = kept.lower_bound({.task = task, .item = 0});
    auto last = first;
    while (last != kept.end() && last->first.task == task) ++last;
    kept.erase(first, last);
  };
  forget(calls_);
  forget(sessions_);
}

}  // namespace skein::workflow
