#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "resilience/circuit_breaker.hpp"
#include "store/store.hpp"

namespace skein::workflow {

/// The circuit breakers of all agents, shared by every run and every shard of this process. Each is a small machine whose
/// transitions are events of a stream of its own; they survive a restart and reach other processes, counts of failures do not.
class BreakerBoard {
 public:
  /// A permitted attempt's tie to its breaker; empty where the agent has none.
  struct Ticket {
    std::string breaker;
    resilience::BreakerPolicy policy;
    resilience::Breaker::Permit permit = resilience::Breaker::Permit::granted;
    [[nodiscard]] bool tracked() const { return !breaker.empty(); }
  };
  struct Status {
    std::string name;                  ///< "<workflow>/<agent>"
    resilience::BreakerPhase phase = resilience::BreakerPhase::closed;
    Instant since{};
    std::uint32_t failures = 0;
  };
  using OnTransition = std::function<void(const std::string& breaker, const resilience::BreakerTransition& transition)>;

  /// `store` outlives the board. `on_transition` is called on the thread that caused it, without a lock held.
  BreakerBoard(store::RunStore& store, OnTransition on_transition);

  /// Whether an attempt may begin: a ticket to be handed back with its result, or `circuit_open` ("Circuit breaker is open").
  [[nodiscard]] Result<Ticket> acquire(std::string breaker, const resilience::BreakerPolicy& policy, Instant now);
  void succeeded(const Ticket& ticket, Instant now);
  void failed(const Ticket& ticket, Instant now);
  /// The attempt ended without saying anything about the other side.
  void abandoned(const Ticket& ticket);

  /// Whether a failure says that the other side is ill, rather than that the request was wrong or that we gave up.
  [[nodiscard]] static bool counts(const Error& error);

  /// Reads what other processes recorded since the last time.
  void refresh();
  [[nodiscard]] std::vector<Status> list() const;

 private:
  void record(const std::string& breaker, const resilience::BreakerTransition& transition);

  store::RunStore& store_;
  OnTransition on_transition_;
  mutable std::mutex mutex_;
  std::map<std::string, resilience::Breaker, std::less<>> breakers_;
  std::int64_t last_seen_ = 0;
};

}  // namespace skein::workflow
