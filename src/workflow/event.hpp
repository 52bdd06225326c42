#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <skein/status.hpp>

#include "agent/machine.hpp"
#include "base/boxed.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/uuid.hpp"
#include "store/session.hpp"
#include "workflow/definition.hpp"

namespace skein::workflow {

/// The item of an attempt whose task has no `for_each`.
inline constexpr std::uint32_t no_item = 0xFFFF'FFFF;

/// What makes attempts of its own: a task, or one item of a task with a `for_each`.
struct Step {
  TaskIndex task = 0;
  std::uint32_t item = no_item;
  friend bool operator<(const Step& a, const Step& b) { return a.task != b.task ? a.task < b.task : a.item < b.item; }
};

/// Which try of which entry into which task. Loops enter a task several times; `activation` and `attempt` count from 1.
struct Attempt {
  TaskIndex task = 0;
  std::uint32_t activation = 1;
  std::uint32_t attempt = 1;
  std::uint32_t item = no_item;        ///< from 0, the place in the list of a `for_each`
  [[nodiscard]] Step step() const { return {.task = task, .item = item}; }
  friend bool operator==(const Attempt& a, const Attempt& b) {
    return a.task == b.task && a.activation == b.activation && a.attempt == b.attempt && a.item == b.item;
  }
};

// -- the bodies: what can happen to a run. Everything the fold needs is in them; nothing else is. ---------------------------

/// The run that another one was made from.
struct Origin {
  enum class Kind : std::uint8_t { retry, fork } kind = Kind::retry;
  std::string run;                     ///< its id
  std::optional<TaskIndex> from;       ///< the task that was named
  std::uint64_t kept = 0;              ///< so many of the events that follow `RunCreated` are that run's
  std::uint64_t foreign = 0;           ///< so many of these, from the first on, tell of work that this run never undoes
};
using AgentLimits = std::map<std::string, agent::SpendLimits>;
struct RunCreated {
  std::string definition_hash;
  JsonPtr inputs;                      ///< an object, defaults applied
  std::optional<Instant> deadline;     ///< created + global_timeout
  std::optional<RunId> parent;         ///< the run that waits for its end
  std::optional<Instant> until;        ///< of its budget: nothing begins from here on
  std::optional<std::uint32_t> attempts;  ///< of its budget
  agent::SpendLimits limits = {};      ///< of its budget
  Boxed<Origin> origin = {};
  JsonPtr held = {};     ///< texts: the places of concurrency keys that its parent and whoever began that hold; null where none do
  JsonPtr changes = {};  ///< an object: by task, an object of parameters that differ from the definition's; null where none do
  Boxed<AgentLimits> agent_limits = {};  ///< by agent: budgets that differ from the definition's
};
/// A new owner took the run over; attempts in flight are repeated.
struct RunResumed {
  std::uint64_t epoch = 0;
};
struct AttemptStarted {
  Attempt attempt;
  std::optional<Instant> wake_at;      ///< a durable timer: there is no call, the attempt ends at this instant
  std::string signal;                  ///< there is no call, the attempt ends when this signal comes (or at `wake_at`)
  JsonPtr question;                    ///< a person is asked; `signal` is the name under which the word comes; null where nobody is
  std::uint32_t reserved = 0;          ///< attempts of the budget that the child may use; it gives back what it did not
  agent::Spend reserved_spend = {};    ///< the same of what calls of models and tools cost
  std::optional<RunId> child;          ///< there is no call, the attempt ends with this run; `signal` is `signal_of_end` of it
  /// Where the session stands that this activation goes on with; on its first attempt only.
  Boxed<store::SessionPoint> session = {};
  [[nodiscard]] bool waits() const { return wake_at.has_value() || !signal.empty(); }
};
/// The name of the signal that brings a person's answer to a step. Nobody else can send it.
[[nodiscard]] std::string signal_of_answer(std::string_view task, std::uint32_t item);
[[nodiscard]] bool is_signal_of_answer(std::string_view signal);
/// The name of the signal that tells a run of the end of one that it began. Nobody else can send it.
[[nodiscard]] std::string signal_of_end(RunId child);
[[nodiscard]] bool is_signal_of_end(std::string_view signal);
/// The run that a signal of its end is named after.
[[nodiscard]] RunId child_of(std::string_view signal_of_end);
/// Somebody outside told the run something. It is kept until an attempt takes it, however early it came.
struct SignalReceived {
  std::string name;
  JsonPtr payload;
};
/// A waiting attempt takes the oldest signal of the name that it waits for; its answer follows.
struct SignalTaken {
  Attempt attempt;
};
/// A person is asked before the task begins.
struct ApprovalRequested {
  TaskIndex task = 0;
  std::uint32_t activation = 1;
  std::string message;
  JsonPtr parameters;  ///< what the agent would be given, secrets hidden
  std::optional<Instant> due;  ///< when nobody is waited for any more
};
struct ApprovalGiven {
  TaskIndex task = 0;
  std::uint32_t activation = 1;
  std::string by;
  std::string comment;
  JsonPtr set;  ///< an object: parameters that the person changed; null where none
};
/// The task has failed.
struct ApprovalRejected {
  TaskIndex task = 0;
  std::uint32_t activation = 1;
  std::string by;
  std::string comment;
  Error error;
};
/// A running attempt calls a model or a tool, or asks a person. Its calls are numbered from 1 through all attempts of the activation.
struct CallStarted {
  Attempt attempt;
  std::uint32_t number = 1;
  agent::CallKind kind = agent::CallKind::model;
  JsonPtr request;
  agent::Spend reserved;               ///< the most it can cost; charged until the answer says what it did
  /// A call that was begun before and never answered is made once more, under the same key. What it reserved first stays charged, too: it
  /// may have been paid for.
  bool again = false;
};
struct CallEnded {
  Attempt attempt;  ///< the latest, which need not be the one that began it
  std::uint32_t number = 1;
  agent::CallKind kind = agent::CallKind::model;
  JsonPtr answer;
  agent::Spend used;
};
/// The step of this attempt is done: the task, or one item of it.
struct TaskCompleted {
  Attempt attempt;
  JsonPtr result;
  JsonPtr metadata;  ///< an object, or null where the agent had nothing to say
  microseconds duration{};
};
/// This attempt failed and another follows at `retry_at`.
struct AttemptFailed {
  Attempt attempt;
  Error error;
  microseconds duration{};
  Instant retry_at{};
};
/// The step has failed for good: its last attempt failed, the task's deadline passed, or no attempt could begin (then its number is 0).
struct TaskFailed {
  Attempt attempt;
  Error error;
  microseconds duration{};
};
struct TaskSkipped {
  TaskIndex task = 0;
  std::string reason;
};
/// The list of a `for_each`, evaluated once for each activation.
struct ItemsListed {
  TaskIndex task = 0;
  std::uint32_t activation = 1;
  JsonPtr items;  ///< an array
};
/// A task with a `for_each` ended: with the list of its items' results, or by a failure. What was in flight is abandoned.
struct ItemsEnded {
  TaskIndex task = 0;
  std::uint32_t activation = 1;
  std::optional<Error> error;
  microseconds duration{};
};
/// Where the run goes after an activation.
struct EdgeTaken {
  TaskIndex task = 0;
  std::uint32_t activation = 1;
  std::optional<EdgeIndex> edge;  ///< absent: no edge's condition held, so this way ends
};
/// The run ends before the task could; a call in flight is abandoned.
struct TaskCancelled {
  TaskIndex task = 0;
};
/// An agent's own event.
struct Emission {
  TaskIndex task = 0;
  std::string name;
  JsonPtr data;
};
enum class StopReason : std::uint8_t { cancelled, timed_out, failed };
/// Somebody cancelled the run, its time is over, or it cannot be decided how to go on.
struct StopRequested {
  StopReason reason = StopReason::cancelled;
  std::string message;
};
/// A completed activation whose undoing belongs to another run, which was made from this one and keeps it.
struct LeftUndo {
  TaskIndex task = 0;
  std::uint32_t activation = 1;
  std::string run;  ///< the other run's id
};
/// From here on finished work is undone, newest first: because the run failed, or because somebody asked for it after its end.
struct CompensationStarted {
  std::string reason;
  std::vector<LeftUndo> left = {};  ///< not undone here, now or later
};
struct RunFinished {
  RunStatus status = RunStatus::completed;
  std::string error;  ///< one line; empty where completed
  JsonPtr outputs;  ///< an object
};

using EventBody =
    std::variant<RunCreated, RunResumed, AttemptStarted, CallStarted, CallEnded, TaskCompleted, AttemptFailed, TaskFailed, TaskSkipped,
                 TaskCancelled, ItemsListed, ItemsEnded, EdgeTaken, SignalReceived, SignalTaken, ApprovalRequested, ApprovalGiven,
                 ApprovalRejected, Emission, StopRequested, CompensationStarted, RunFinished>;

struct Event {
  Instant at{};
  EventBody body;
};

/// How a run begins, with what follows from its definition.
[[nodiscard]] RunCreated created_now(const Definition& definition, JsonPtr inputs, Instant now);

/// As in the journal: run_created, run_resumed, attempt_started, model_called, model_answered, tool_called, tool_answered, person_asked,
/// person_answered, task_completed, attempt_failed, task_failed, task_skipped, task_cancelled, items_listed, items_completed, items_failed,
/// edge_taken, signal_received, signal_taken, approval_requested, approval_given, approval_rejected, emitted, stop_requested,
/// compensation_started, and run_completed | run_partially_completed | run_failed | run_cancelled.
[[nodiscard]] std::string_view type_of(const Event& event);
/// The kind of call that `type_of` a CallStarted or a CallEnded names.
[[nodiscard]] std::optional<agent::CallKind> kind_of_call(std::string_view type);
[[nodiscard]] std::optional<agent::CallKind> kind_of_answer(std::string_view type);
/// "retry" or "fork".
[[nodiscard]] std::string_view to_string(Origin::Kind kind) noexcept;
/// The task an event is about, where it is about one.
[[nodiscard]] std::optional<TaskIndex> task_of(const Event& event);

}  // namespace skein::workflow
