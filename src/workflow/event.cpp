#include "workflow/event.hpp"

#include <algorithm>
#include <array>

namespace skein::workflow {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

}  // namespace

namespace {
constexpr std::array<std::string_view, 3> calls{"model_called", "tool_called", "person_asked"};
constexpr std::array<std::string_view, 3> answers{"model_answered", "tool_answered", "person_answered"};
constexpr std::string_view end_prefix = "run:";
constexpr std::string_view answer_prefix = "answer:";
}  // namespace

std::string signal_of_answer(std::string_view task, std::uint32_t item) {
  auto out = std::string(answer_prefix) + std::string(task);
  if (item != no_item) out += "/" + std::to_string(item);
  return out;
}

bool is_signal_of_answer(std::string_view signal) { return signal.starts_with(answer_prefix); }

std::string signal_of_end(RunId child) { return std::string(end_prefix) + child.str(); }

RunId child_of(std::string_view signal_of_end) { return RunId::parse(signal_of_end.substr(end_prefix.size())).value(); }

bool is_signal_of_end(std::string_view signal) { return signal.starts_with(end_prefix); }

std::string_view type_of(const Event& event) {
  return std::visit(Overloaded{
                        [](const RunCreated&) -> std::string_view { return "run_created"; },
                        [](const RunResumed&) -> std::string_view { return "run_resumed"; },
                        [](const AttemptStarted&) -> std::string_view { return "attempt_started"; },
                        [](const CallStarted& e) -> std::string_view { return calls[static_cast<std::size_t>(e.kind)]; },
                        [](const CallEnded& e) -> std::string_view { return answers[static_cast<std::size_t>(e.kind)]; },
                        [](const TaskCompleted&) -> std::string_view { return "task_completed"; },
                        [](const AttemptFailed&) -> std::string_view { return "attempt_failed"; },
                        [](const TaskFailed&) -> std::string_view { return "task_failed"; },
                        [](const TaskSkipped&) -> std::string_view { return "task_skipped"; },
                        [](const TaskCancelled&) -> std::string_view { return "task_cancelled"; },
                        [](const ItemsListed&) -> std::string_view { return "items_listed"; },
                        [](const ItemsEnded& e) -> std::string_view { return e.error ? "items_failed" : "items_completed"; },
                        [](const EdgeTaken&) -> std::string_view { return "edge_taken"; },
                        [](const SignalReceived&) -> std::string_view { return "signal_received"; },
                        [](const SignalTaken&) -> std::string_view { return "signal_taken"; },
                        [](const ApprovalRequested&) -> std::string_view { return "approval_requested"; },
                        [](const ApprovalGiven&) -> std::string_view { return "approval_given"; },
                        [](const ApprovalRejected&) -> std::string_view { return "approval_rejected"; },
                        [](const Emission&) -> std::string_view { return "emitted"; },
                        [](const StopRequested&) -> std::string_view { return "stop_requested"; },
                        [](const CompensationStarted&) -> std::string_view { return "compensation_started"; },
                        [](const RunFinished& e) -> std::string_view {
                          switch (e.status) {
                            case RunStatus::completed: return "run_completed";
                            case RunStatus::partially_completed: return "run_partially_completed";
                            case RunStatus::cancelled: return "run_cancelled";
                            default: return "run_failed";
                          }
                        },
                    },
                    event.body);
}

RunCreated created_now(const Definition& definition, JsonPtr inputs, Instant now) {
  RunCreated out{.definition_hash = definition.hash,
                 .inputs = std::move(inputs),
                 .deadline = std::nullopt,
                 .parent = std::nullopt,
                 .until = std::nullopt,
                 .attempts = definition.budget.attempts,
                 .limits = definition.budget.spend};
  if (definition.global_timeout) out.deadline = now + *definition.global_timeout;
  if (definition.budget.wall_time) out.until = now + *definition.budget.wall_time;
  return out;
}

std::optional<agent::CallKind> kind_of_call(std::string_view type) {
  const auto found = std::ranges::find(calls, type);
  if (found == calls.end()) return std::nullopt;
  return static_cast<agent::CallKind>(found - calls.begin());
}

std::optional<agent::CallKind> kind_of_answer(std::string_view type) {
  const auto found = std::ranges::find(answers, type);
  if (found == answers.end()) return std::nullopt;
  return static_cast<agent::CallKind>(found - answers.begin());
}

std::string_view to_string(Origin::Kind kind) noexcept { return kind == Origin::Kind::fork ? "fork" : "retry"; }

std::optional<TaskIndex> task_of(const Event& event) {
  return std::visit(
      []<class Body>(const Body& body) -> std::optional<TaskIndex> {
        if constexpr (requires { body.attempt.task; }) {
          return body.attempt.task;
        } else if constexpr (requires { body.task; }) {
          return body.task;
        } else {
          return std::nullopt;
        }
      },
      event.body);
}

}  // namespace skein::workflow
