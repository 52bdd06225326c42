#pragma once

// Private to the engine's own sources.

#include <chrono>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "agent/machine.hpp"
#include "workflow/driver/breaker_board.hpp"
#include "workflow/driver/call_runner.hpp"
#include "workflow/driver/day_budget.hpp"
#include "workflow/run_state.hpp"

namespace skein::workflow {

/// Longer than any process lives.
inline constexpr microseconds no_timeout = std::chrono::hours{24 * 365};

/// An attempt that a machine works on, with what must outlive its calls.
struct MachineWork {
  Attempt attempt;
  DefinitionPtr definition;            ///< that `request` refers to
  JsonPtr parameters;
  AgentRequest request;
  BreakerBoard::Ticket ticket;
  std::unique_ptr<agent::Machine> machine;  ///< refers to `request`
  std::map<std::uint32_t, CallId> open;     ///< calls in flight, by their numbers
  std::map<std::uint32_t, microseconds> timeouts;  ///< of calls that the journal does not have yet
  std::vector<std::pair<std::uint32_t, agent::CallAnswer>> arrived;
  std::vector<std::uint32_t> to_repeat;  ///< calls that nobody answered and that may cost something once more
  std::vector<Emitted> alerts;         ///< that came with what arrived
  bool moved = true;                   ///< something has happened since `next` was asked

  /// Tells the machine what the journal has of this activation; the numbers of the calls that were not answered.
  [[nodiscard]] std::vector<std::uint32_t> catch_up(std::span<const CallRecord> calls);
};

/// One call of a machine as the call runner knows calls: the answer travels in the result, its cost in the metadata. A call that the day's
/// budget does not allow is not made: its answer is the machine's `failure`.
class MachineCallAgent final : public agent::AsyncAgent {
 public:
  MachineCallAgent(std::shared_ptr<MachineWork> work, std::uint32_t number, std::optional<DayCall> day)
      : work_(std::move(work)), number_(number), day_(std::move(day)) {}
  [[nodiscard]] agent::asio::awaitable<AgentResponse> execute(const AgentRequest& request) override;

 private:
  [[nodiscard]] agent::asio::awaitable<AgentResponse> make() const;
  [[nodiscard]] agent::asio::awaitable<AgentResponse> make_within_day() const;

  std::shared_ptr<MachineWork> work_;
  std::uint32_t number_;
  std::optional<DayCall> day_;         ///< empty: no day has a limit
};

/// What `MachineCallAgent` put into its response.
[[nodiscard]] agent::CallAnswer answer_in(AgentResponse response);

}  // namespace skein::workflow
