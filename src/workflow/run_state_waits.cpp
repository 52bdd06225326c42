#include <algorithm>

#include <boost/json/object.hpp>

#include "workflow/impossible.hpp"
#include "workflow/run_state.hpp"

// What a run waits for from outside: a person's word before a task, and signals.
namespace skein::workflow {
namespace {

const JsonPtr nothing;

}  // namespace

void RunState::listen(Step step, const std::string& signal) {
  listeners_[signal].insert(step);
  listens_to_.emplace(step, signal);
}

void RunState::stop_listening(Step step) {
  const auto it = listens_to_.find(step);
  if (it == listens_to_.end()) return;
  const auto listeners = listeners_.find(it->second);
  listeners->second.erase(step);
  if (listeners->second.empty()) listeners_.erase(listeners);
  if (asked_.erase(step) > 0) signals_.erase(it->second);  // an answer that came too late answers no later question
  listens_to_.erase(it);
}

JsonPtr RunState::asked(Step step) const {
  const auto it = asked_.find(step);
  return it == asked_.end() ? nullptr : it->second;
}

std::vector<Asking> RunState::asking(TaskIndex task) const {
  std::vector<Asking> out;
  for (auto it = asked_.lower_bound({.task = task, .item = 0}); it != asked_.end() && it->first.task == task; ++it)
    out.push_back({.step = it->first, .call = 0, .question = it->second});
  for (auto it = calls_.lower_bound({.task = task, .item = 0}); it != calls_.end() && it->first.task == task; ++it) {
    const auto& [step, calls] = *it;
    if (calls.open_questions == 0 || find_step(step)->status == TaskStatus::retrying) continue;
    for (std::uint32_t i = 0; i < calls.records.size(); ++i) {
      const auto& call = calls.records[i];
      if (call.kind == agent::CallKind::person && !call.answer) out.push_back({.step = step, .call = i + 1, .question = call.request});
    }
  }
  return out;
}

std::string_view RunState::awaited_signal(Step step) const {
  const auto it = listens_to_.find(step);
  return it == listens_to_.end() ? std::string_view{} : std::string_view(it->second);
}

std::vector<RunId> RunState::awaited_children(TaskIndex task) const {
  std::vector<RunId> out;
  for (auto it = listens_to_.lower_bound({.task = task, .item = 0}); it != listens_to_.end() && it->first.task == task; ++it) {
    if (is_signal_of_end(it->second)) out.push_back(child_of(it->second));
  }
  return out;
}

JsonPtr RunState::next_signal(std::string_view name) const {
  const auto it = signals_.find(name);
  return it == signals_.end() ? nullptr : it->second.front();
}

Result<void> RunState::fold(const SignalReceived& event, Instant) {
  settle_reservation(event);
  signals_[event.name].push_back(event.payload);
  return {};
}

Result<void> RunState::fold(const SignalTaken& event, Instant) {
  const auto step = event.attempt.step();
  const auto found = answered(event.attempt);
  if (!found) return std::unexpected(found.error());
  const auto waiting = signals_.find(awaited_signal(step));
  if (waiting == signals_.end()) return impossible("a signal was taken that had not come");
  waiting->second.pop_front();
  if (waiting->second.empty()) signals_.erase(waiting);
  auto& state = **found;
  leave_timer_or_flight(step, state);
  state.status = TaskStatus::running;
  ++running_;
  return {};
}

const Question* RunState::question(TaskIndex task) const {
  const auto it = questions_.find(task);
  return it == questions_.end() ? nullptr : &it->second;
}

const JsonPtr& RunState::edits(TaskIndex task) const {
  if (const auto it = edits_.find(task); it != edits_.end()) return it->second;
  const auto it = changes_.find(task);
  return it == changes_.end() ? nothing : it->second;
}

bool RunState::asks(TaskIndex task, std::uint32_t activation) const {
  return questions_.contains(task) && activation == tasks_[task].activation;
}

Result<void> RunState::fold(const ApprovalRequested& event, Instant at) {
  auto& task = tasks_[event.task];
  if (stopping() || !definition_->tasks[event.task].approval || task.approved || event.activation != task.activation ||
      ready_.erase(event.task) == 0) {
    return impossible("a person was asked out of turn");
  }
  ++active_;
  task.status = TaskStatus::waiting;
  task.due = event.due.value_or(Instant{});
  if (event.due) timers_.emplace(task.due, Step{.task = event.task});
  questions_.emplace(event.task, Question{.message = event.message, .parameters = event.parameters, .asked = at, .due = event.due});
  return {};
}

Result<void> RunState::fold(const ApprovalGiven& event, Instant) {
  if (stopping() || !asks(event.task, event.activation)) return impossible("an answer came to a question that was not asked");
  if (event.set && !event.set->is_object()) return impossible("the changed parameters are not an object");
  auto& task = tasks_[event.task];
  leave_timer_or_flight({.task = event.task}, task);
  questions_.erase(event.task);
  task.status = TaskStatus::pending;
  task.approved = true;
  if (event.set) {
    JsonObject edited;
    if (const auto changed = changes_.find(event.task); changed != changes_.end()) edited = changed->second->get_object();
    for (const auto& [name, value] : event.set->get_object()) edited[name] = value;
    edits_.insert_or_assign(event.task, std::make_shared<const Json>(std::move(edited)));
  }
  --active_;
  ready_.insert(event.task);
  return {};
}

Result<void> RunState::fold(const ApprovalRejected& event, Instant at) {
  if (stopping() || !asks(event.task, event.activation)) return impossible("an answer came to a question that was not asked");
  leave_timer_or_flight({.task = event.task}, tasks_[event.task]);
  questions_.erase(event.task);
  fail_task(event.task, event.error, at);
  return {};
}

bool RunState::waits_for_others() const {
  const auto asks = [](const auto& entry) { return entry.second.open_questions > 0; };
  if (status_ != RunStatus::waiting || (questions_.empty() && listens_to_.empty() && std::ranges::none_of(calls_, asks))) return false;
  return std::ranges::all_of(timers_, [&](const auto& timer) {
    const auto step = timer.second;
    return listens_to_.contains(step) || (step.item == no_item && questions_.contains(step.task));
  });
}

}  // namespace skein::workflow
