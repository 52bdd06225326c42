#include <algorithm>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/duration.hpp"
#include "workflow/run_state.hpp"

// What a run may use: time to begin things in, and calls of agents. A call is charged when it starts; an inner workflow is charged what it
// may use and gives back what it did not.
namespace skein::workflow {

std::string RunState::over_budget(Instant now, bool calls) const {
  if (until_ && now >= *until_) {
    return fmt::format("Budget exceeded: the run may begin nothing more after {}", human_duration(*until_ - created_));
  }
  if (calls && attempts_left() == 0U) return fmt::format("Budget exceeded: the run has used its {} attempts", *attempts_);
  return {};
}

std::optional<std::uint32_t> RunState::attempts_left() const {
  if (!attempts_) return std::nullopt;
  return *attempts_ - std::min(*attempts_, attempts_used_);
}

agent::Spend RunState::spent_by(AgentIndex agent) const {
  const auto found = spent_by_.find(agent);
  return found == spent_by_.end() ? agent::Spend{} : found->second;
}

agent::Spend RunState::paid_by(AgentIndex agent) const {
  const auto found = paid_by_.find(agent);
  return found == paid_by_.end() ? agent::Spend{} : found->second;
}

agent::SpendLimits RunState::spend_left(TaskIndex task) const {
  const auto agent = definition_->tasks[task].agent;
  return agent::tighter(spend_left(), agent::left_of(limits_of(agent), spent_by(agent)));
}

const agent::SpendLimits& RunState::limits_of(AgentIndex agent) const {
  const auto found = agent_limits_.find(agent);
  return found == agent_limits_.end() ? definition_->agents[agent].budget : found->second;
}

void RunState::charge(const AttemptStarted& event) {
  if (event.child) {
    attempts_used_ += event.reserved;
    spent_ += event.reserved_spend;
    if (event.reserved > 0 || !event.reserved_spend.none())
      reserved_.emplace(event.signal, Reservation{.attempts = event.reserved, .spend = event.reserved_spend});
  } else if (!event.waits() && !is_undo(event.attempt.task)) {
    ++attempts_used_;
  }
}

/// The end of a child says what it has used.
void RunState::settle_reservation(const SignalReceived& event) {
  const auto reserved = reserved_.find(event.name);
  if (reserved == reserved_.end()) return;
  const auto used = [&](std::string_view pointer, std::uint64_t most) {
    const auto* value = at_pointer(*event.payload, pointer);
    if (value != nullptr && value->is_uint64()) return std::min(value->get_uint64(), most);
    if (value == nullptr || !value->is_int64()) return most;
    return std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(value->get_int64(), 0)), most);
  };
  const auto& most = reserved->second;
  attempts_used_ -= static_cast<std::uint32_t>(most.attempts - used("/attempts", most.attempts));
  spent_ -= most.spend;
  spent_ += {.tokens = used("/spent/tokens", most.spend.tokens),
             .nano_dollars = used("/spent/nano_dollars", most.spend.nano_dollars),
             .tool_calls = used("/spent/tool_calls", most.spend.tool_calls)};
  reserved_.erase(reserved);
}

}  // namespace skein::workflow
