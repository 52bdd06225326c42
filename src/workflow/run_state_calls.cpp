#include <algorithm>

#include "workflow/impossible.hpp"
#include "workflow/run_state.hpp"

// What a running attempt calls: models, tools, people. The calls of an activation are kept until it ends, so that whoever goes on with it,
// a new owner or the next attempt, knows what was done; what a call reserved of a budget stays charged until its answer says what it cost.
namespace skein::workflow {

std::span<const CallRecord> RunState::calls(Step step) const {
  const auto found = calls_.find(step);
  if (found == calls_.end()) return {};
  return found->second.records;
}

bool RunState::waits_in_calls(Step step) const {
  const auto* state = find_step(step);
  const auto found = calls_.find(step);
  return state != nullptr && state->status == TaskStatus::waiting && found != calls_.end() && found->second.open_questions > 0;
}

Result<Calls*> RunState::calls_of(const Attempt& attempt) {
  const auto found = answered(attempt);
  if (!found) return std::unexpected(found.error());
  if ((*found)->status != TaskStatus::running && !waits_in_calls(attempt.step())) return impossible("an attempt that waits made a call");
  return &calls_[attempt.step()];
}

void RunState::settle_waiting(Step step, const Calls& calls) {
  auto& state = *step_of(step);
  const bool waits = calls.open == 0 && calls.open_questions > 0;
  if (waits == (state.status == TaskStatus::waiting)) return;
  state.status = waits ? TaskStatus::waiting : TaskStatus::running;
  state.due = Instant{};
  running_ = waits ? running_ - 1 : running_ + 1;
}

Result<void> RunState::fold(const CallStarted& event, Instant) {
  auto calls = calls_of(event.attempt);
  if (!calls) return std::unexpected(calls.error());
  auto& all = **calls;
  if (event.again) return fold_repeat(event, all);
  if (event.number != all.records.size() + 1) return impossible("a call is out of order");
  all.records.push_back(
      {.kind = event.kind, .attempt = event.attempt.attempt, .request = event.request, .answer = nullptr, .reserved = event.reserved});
  ++(event.kind == agent::CallKind::person ? all.open_questions : all.open);
  spent_ += event.reserved;
  spent_by_[definition_->tasks[event.attempt.task].agent] += event.reserved;
  settle_waiting(event.attempt.step(), all);
  return {};
}

/// The first time stays charged whatever the answer says of this one.
Result<void> RunState::fold_repeat(const CallStarted& event, Calls& calls) {
  if (event.number > calls.records.size()) return impossible("a call was repeated that was not made");
  auto& call = calls.records[event.number - 1];
  if (call.answer || call.kind != event.kind || call.kind == agent::CallKind::person)
    return impossible("a call was repeated that was not open");
  ++call.times;
  call.reserved = event.reserved;
  spent_ += event.reserved;
  spent_by_[definition_->tasks[event.attempt.task].agent] += event.reserved;
  return {};
}

Result<void> RunState::fold(const CallEnded& event, Instant) {
  auto calls = calls_of(event.attempt);
  if (!calls) return std::unexpected(calls.error());
  auto& all = **calls;
  if (event.number > all.records.size()) return impossible("a call was answered that was not made");
  auto& call = all.records[event.number - 1];
  if (call.answer || call.kind != event.kind) return impossible("a call was answered that was not open");
  call.answer = event.answer;
  --(event.kind == agent::CallKind::person ? all.open_questions : all.open);
  const auto agent = definition_->tasks[event.attempt.task].agent;
  paid_ += event.used;
  paid_by_[agent] += event.used;
  auto& by = spent_by_[agent];
  for (auto* spent : {&spent_, &by}) {
    *spent -= call.reserved;
    *spent += event.used;
  }
  settle_waiting(event.attempt.step(), all);
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
