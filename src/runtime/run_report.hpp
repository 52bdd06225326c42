#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <skein/status.hpp>

#include "agent/spend.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/uuid.hpp"
#include "workflow/run_state.hpp"

namespace skein::runtime {

/// How far a `for_each` has come.
struct ItemCounts {
  std::uint32_t total = 0;
  std::uint32_t ended = 0;
  std::uint32_t failed = 0;
};

/// What a task waits for from outside.
struct AwaitedReport {
  std::string message;                 ///< of a question to a person
  JsonPtr parameters;                  ///< what the agent or the tool would be given; null where that differs from item to item
  std::vector<std::string> approvers;
  std::string signal;                  ///< the name of a signal; empty for a question
  std::vector<RunId> children;         ///< runs that it began and whose end it waits for; then there is neither question nor signal
  JsonPtr answer;                      ///< the schema of the answer to a question that is answered; null for other questions
  std::optional<std::uint32_t> item;   ///< which item of a for_each asks
  std::uint32_t call = 0;              ///< which call of an agent asks; 0: the task itself
  std::string tool;                    ///< that the agent may call once it is approved
  JsonPtr shape;                       ///< the schema that the tool's changed arguments must fit
  /// A question that is approved or rejected.
  [[nodiscard]] bool asks() const { return signal.empty() && children.empty() && !answer; }
};

/// One task of a run, or a step that undoes one, for people and programs.
struct TaskReport {
  std::string name;
  std::string agent;
  TaskStatus status = TaskStatus::pending;
  std::uint32_t activations = 1;
  std::uint32_t attempts = 0;
  std::optional<ItemCounts> items;   ///< while a for_each runs
  std::optional<AwaitedReport> awaits;
  std::vector<AwaitedReport> also_awaits;  ///< further questions: items ask, or calls of an agent that were begun together
  std::optional<Instant> started;      ///< the first attempt of the latest activation
  std::optional<Instant> ended;
  std::optional<Instant> due;          ///< of its timer, while retrying or waiting
  JsonPtr result;
  JsonPtr metadata;
  std::optional<Error> error;
  std::string skip_reason;
  agent::Spend spent;                  ///< on models and tools, as far as it was answered; filled by Runtime::report
};

/// A run as its journal tells it.
struct RunReport {
  RunId id;
  std::string workflow;
  std::string version;
  std::string definition_hash;
  std::optional<RunId> parent;         ///< the run that began it
  std::uint32_t attempts_used = 0;
  std::optional<std::uint32_t> attempts_left;  ///< of its budget; empty where that has none
  agent::Spend spent;                  ///< by all tasks, inner workflows included; calls under way at their worst
  RunStatus status = RunStatus::pending;
  Boxed<workflow::Origin> origin;  ///< the run that it was made from
  std::string origin_task;             ///< the task that was named for that; may be empty
  Instant created{};
  std::optional<Instant> finished;
  std::string error;
  JsonPtr inputs;
  JsonPtr outputs;
  std::vector<TaskReport> tasks;       ///< in file order; after them the undo steps that have begun
  std::vector<std::string> undone;     ///< tasks whose completed work was undone, an entry each time, in the order of the undoing
  std::vector<std::string> not_undone; ///< after an undoing: completed work that is still there
};

[[nodiscard]] RunReport report_of(RunId id, const workflow::RunState& state);
/// {run_id, workflow, status, …, tasks: [{name, status, attempts, result, …}]}
[[nodiscard]] Json to_json_value(const RunReport& report);

}  // namespace skein::runtime
