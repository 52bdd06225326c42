#include "workflow/replay.hpp"

#include <algorithm>
#include <type_traits>

#include <fmt/format.h>

namespace skein::workflow {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

/// The place of a kind of action in `Action`.
template <class T, std::size_t at = 0>
constexpr std::size_t kind_of() {
  if constexpr (std::is_same_v<std::variant_alternative_t<at, Action>, T>) {
    return at;
  } else {
    return kind_of<T, at + 1>();
  }
}

template <class T>
Replay::Offer offer(const Attempt& attempt) {
  return {kind_of<T>(), attempt.task, attempt.activation, attempt.attempt, attempt.item};
}

template <class T>
Replay::Offer offer(TaskIndex task = 0) {
  return {kind_of<T>(), task, 0, 0, 0};
}

Replay::Offer offer_of(const Action& action) {
  return std::visit(
      []<class T>(const T& one) {
        if constexpr (requires { one.attempt; }) {
          return offer<T>(one.attempt);
        } else if constexpr (requires { one.task; }) {
          return offer<T>(one.task);
        } else {
          return offer<T>();
        }
      },
      action);
}

/// What has to have been offered, one of these; empty where nobody has to offer the event: answers of agents, mail, what people ask for.
std::vector<Replay::Offer> needs(const Event& event, const RunState& state) {
  using Offers = std::vector<Replay::Offer>;
  return std::visit(Overloaded{
                        [](const AttemptStarted& e) -> Offers { return {offer<StartAttempt>(e.attempt)}; },
                        [](const TaskFailed& e) -> Offers {
                          auto first = e.attempt;
                          first.attempt = 1;
                          return e.attempt.attempt == 0 ? Offers{offer<StartAttempt>(first)} : Offers{};
                        },
                        [&](const TaskSkipped& e) -> Offers {
                          const auto activation = e.task < state.tasks().size() ? state.tasks()[e.task].activation : 0;
                          const Attempt first{.task = e.task, .activation = activation, .attempt = 1};
                          return {offer<SkipTask>(e.task), offer<StartAttempt>(first), offer<ListItems>(e.task),
                                  offer<AskApproval>(e.task)};
                        },
                        [](const TaskCancelled& e) -> Offers { return {offer<CancelTask>(e.task)}; },
                        [](const ItemsListed& e) -> Offers { return {offer<ListItems>(e.task)}; },
                        [](const ItemsEnded& e) -> Offers {
                          if (!e.error) return {offer<EndItems>(e.task)};
                          return {offer<EndItems>(e.task), offer<ListItems>(e.task), offer<ExpireTask>(e.task)};
                        },
                        [](const EdgeTaken& e) -> Offers { return {offer<ChooseEdge>(e.task)}; },
                        [](const SignalTaken& e) -> Offers { return {offer<TakeSignal>(e.attempt)}; },
                        [](const ApprovalRequested& e) -> Offers { return {offer<AskApproval>(e.task)}; },
                        [](const RunFinished&) -> Offers { return {offer<FinishRun>()}; },
                        [](const auto&) -> Offers { return {}; },
                    },
                    event.body);
}

}  // namespace

/// An owner takes all that is offered at an instant before it looks again, and what it does then may keep the rest from being offered
/// anew. So offers of one instant hold until it is over.
bool Replay::offered(const std::vector<Offer>& wanted, Instant at) {
  if (at != offered_at_) offers_.clear();
  offered_at_ = at;
  std::vector<Action> actions;
  state_.next_actions(at, actions);
  for (const auto& action : actions) offers_.insert(offer_of(action));
  return wanted.empty() || std::ranges::any_of(wanted, [&](const Offer& one) { return offers_.contains(one); });
}

Result<void> Replay::next(const Event& event) {
  // What was kept of another run's journal was offered there, beside what was left out.
  const auto& origin = state_.origin();
  const bool kept = origin && events_ <= origin->kept;
  const auto wanted = kept ? std::vector<Offer>{} : needs(event, state_);
  if (!offered(wanted, event.at)) {
    const auto task = task_of(event);
    const bool known = task && *task < state_.tasks().size();
    return fail(ErrorCode::bad_response, fmt::format("event {} ({}{}) was not offered by what came before it", events_ + 1, type_of(event),
                                                     known ? " of '" + state_.definition().tasks[*task].name + "'" : ""));
  }
  if (auto folded = state_.apply(event); !folded)
    return fail(ErrorCode::bad_response,
                fmt::format("event {} ({}) does not follow: {}", events_ + 1, type_of(event), folded.error().message));
  ++events_;
  if (!wanted.empty()) ++checked_;
  return {};
}

}  // namespace skein::workflow
