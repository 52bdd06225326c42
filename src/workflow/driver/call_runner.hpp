#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "agent/agent.hpp"
#include "base/clock.hpp"

namespace skein::workflow {

/// Names a call in flight within one engine; never used twice.
using CallId = std::uint64_t;

/// What a call needs to stay alive while it is in flight.
struct CallRequest {
  AgentRequest request;
  JsonPtr parameters;
  std::shared_ptr<const void> keeps;   ///< what the request's views refer to
};

/// Performs the calls of agents that do I/O, and answers through `Engine::on_answer` on the engine's thread, never from inside `start`.
class CallRunner {
 public:
  virtual ~CallRunner() = default;
  /// One answer follows: the agent's, or `timeout` ("Request timeout") once `timeout` has passed.
  virtual void start(CallId call, agent::AsyncAgent& agent, std::unique_ptr<CallRequest> request, microseconds timeout) = 0;
  /// The call is ended; no answer follows.
  virtual void cancel(CallId call) = 0;
};

}  // namespace skein::workflow
