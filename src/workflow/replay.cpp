#include "workflow/replay.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace skein::workflow {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

template <class T>
bool about(const Action& action, TaskIndex task) {
  const auto* of = std::get_if<T>(&action);
  return of != nullptr && of->task == task;
}

bool starts(const Action& action, const Attempt& attempt) {
  const auto* start = std::get_if<StartAttempt>(&action);
  return start != nullptr && start->attempt == attempt;
}

/// A task that was ready, whatever it would have done first.
bool begins(const Action& action, TaskIndex task) {
  const auto* start = std::get_if<StartAttempt>(&action);
  return (start != nullptr && start->attempt.task == task) || about<ListItems>(action, task) || about<AskApproval>(action, task);
}

/// Whether an event answers an action; empty where nobody has to offer it: answers of agents, mail, and what people ask for.
std::optional<bool> answered_by(const Event& event, const std::vector<Action>& offered) {
  const auto any = [&](const auto& fits) { return std::optional(std::ranges::any_of(offered, fits)); };
  return std::visit(
      Overloaded{
          [&](const AttemptStarted& e) { return any([&](const Action& a) { return starts(a, e.attempt); }); },
          [&](const TaskFailed& e) {
            if (e.attempt.attempt > 0) return std::optional<bool>();
            auto first = e.attempt;
            first.attempt = 1;
            return any([&](const Action& a) { return starts(a, first); });
          },
          [&](const TaskSkipped& e) { return any([&](const Action& a) { return about<SkipTask>(a, e.task) || begins(a, e.task); }); },
          [&](const TaskCancelled& e) { return any([&](const Action& a) { return about<CancelTask>(a, e.task); }); },
          [&](const ItemsListed& e) { return any([&](const Action& a) { return about<ListItems>(a, e.task); }); },
          [&](const ItemsEnded& e) {
            return any([&](const Action& a) {
              return about<EndItems>(a, e.task) || (e.error && (about<ListItems>(a, e.task) || about<ExpireTask>(a, e.task)));
            });
          },
          [&](const EdgeTaken& e) { return any([&](const Action& a) { return about<ChooseEdge>(a, e.task); }); },
          [&](const SignalTaken& e) {
            return any([&](const Action& a) {
              const auto* take = std::get_if<TakeSignal>(&a);
              return take != nullptr && take->attempt == e.attempt;
            });
          },
          [&](const ApprovalRequested& e) { return any([&](const Action& a) { return about<AskApproval>(a, e.task); }); },
          [&](const RunFinished&) { return any([](const Action& a) { return std::holds_alternative<FinishRun>(a); }); },
          [](const auto&) { return std::optional<bool>(); },
      },
      event.body);
}

}  // namespace

Result<void> Replay::next(const Event& event) {
  // An owner takes all that is offered at once before it looks again; what it then does may keep the rest from being offered anew.
  if (event.at != offered_at_) offered_.clear();
  // What was kept of another run's journal was offered there, beside what was left out.
  const auto& origin = state_.origin();
  const bool kept = origin && events_ <= origin->kept;
  auto fits = kept ? std::nullopt : answered_by(event, offered_);
  if (fits && !*fits) {
    offered_.clear();
    offered_at_ = event.at;
    state_.next_actions(event.at, offered_);
    fits = answered_by(event, offered_);
  }
  if (fits && !*fits) {
    const auto task = task_of(event);
    const bool known = task && *task < state_.tasks().size();
    return fail(ErrorCode::bad_response, fmt::format("event {} ({}{}) was not offered by what came before it", events_ + 1, type_of(event),
                                                     known ? " of '" + state_.definition().tasks[*task].name + "'" : ""));
  }
  if (auto folded = state_.apply(event); !folded)
    return fail(ErrorCode::bad_response,
                fmt::format("event {} ({}) does not follow: {}", events_ + 1, type_of(event), folded.error().message));
  ++events_;
  if (fits) ++checked_;
  return {};
}

}  // namespace skein::workflow
