#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "agent/agent.hpp"
#include "agent/spend.hpp"

namespace skein::agent {

/// What an agent that works in calls calls. A person is asked, and answers when they like: no memory, time limit or process is needed until
/// then.
enum class CallKind : std::uint8_t { model, tool, person };

/// The request of a call of a person: {"question": a text, "answer": a JSON Schema}, and where there are any "to": names of those who may
/// answer, "arguments": what is to be approved; `answer` then says how they may be changed. Its answer: {"value", "by"} or, where they
/// refuse, {"rejected": true, "by"}, both with a "comment" where there is one.
[[nodiscard]] inline bool asks_approval(const Json& question) { return at_pointer(question, "/arguments") != nullptr; }

/// A call that a machine wants made.
struct MachineCall {
  CallKind kind = CallKind::model;
  Json request;  ///< journaled: what the machine must know of it; of a person: the question
  Spend worst_case;  ///< reserved until the answer says what it cost
  microseconds timeout{0};  ///< 0: none
};

/// What came of a call.
struct CallAnswer {
  Json value;  ///< journaled
  Spend used;
  bool unsettled = false;  ///< nobody knows what it cost: what was reserved stays charged
};

/// What a machine wants done now: calls, or the end. Neither: it waits for answers.
struct Turn {
  std::vector<MachineCall> calls;
  std::optional<AgentResponse> end;
  std::vector<Json> said = {};  ///< with an `end` that succeeded: the messages that a session keeps of it
};

/// The idempotency key of a call: the same when it is repeated.
[[nodiscard]] inline std::string key_of_call(const AgentRequest& request, std::uint32_t number) {
  return request.idempotency_key + "/" + std::to_string(number);
}

/// One activation of a task as its agent works on it: calls, one after another or several at once, each journaled before it is made and
/// when it is answered. All but `perform` is a pure fold, so a machine that is told the same calls and answers again stands where it stood.
class Machine {
 public:
  Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  virtual ~Machine() = default;

  /// An attempt begins that is not the first: the one before failed, and this one goes on where it stopped.
  virtual void begin_attempt() = 0;
  /// The journal says that a call was begun, numbered from 1 in the order of beginning, or answered.
  virtual void started(std::uint32_t number, CallKind kind, const JsonPtr& request) = 0;
  virtual void answered(std::uint32_t number, const JsonPtr& answer) = 0;
  /// What to do next, with what is left of the budgets. A call is offered until `started` tells of it.
  [[nodiscard]] virtual Turn next(const SpendLimits& left) = 0;
  /// A call that was in flight when its owner died or gave up: the answer that it gets instead of being made again; empty where it may be
  /// made again, with the same key.
  [[nodiscard]] virtual std::optional<CallAnswer> instead_of_repeating(std::uint32_t number) = 0;
  /// The answer to a call that failed outside: `perform` threw, or took longer than its timeout.
  [[nodiscard]] virtual CallAnswer failure(std::uint32_t number, const Error& why) = 0;
  /// Makes the call, which is none of a person. Runs on the shard's executor; ends by throwing on a terminal cancellation. The machine
  /// outlives it.
  [[nodiscard]] virtual asio::awaitable<CallAnswer> perform(std::uint32_t number) = 0;
};

/// An agent that works through a machine.
class MachineAgent : public Agent {
 public:
  /// `request` outlives the machine. `earlier`: the messages of the session that it goes on with. An error is the attempt's failure.
  [[nodiscard]] virtual Result<std::unique_ptr<Machine>> work_on(const AgentRequest& request, std::vector<Json> earlier) = 0;
};

}  // namespace skein::agent
