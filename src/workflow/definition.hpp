#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/spend.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "resilience/circuit_breaker.hpp"
#include "resilience/retry.hpp"
#include "workflow/expression/expression.hpp"

namespace skein::workflow {

/// Index of a task in `Definition::tasks`, of an agent in `Definition::agents`.
using TaskIndex = std::uint32_t;
using AgentIndex = std::uint32_t;
/// Index of an edge in `Definition::edges`, of a graph in `Definition::graphs`.
using EdgeIndex = std::uint32_t;
using GraphIndex = std::uint32_t;

enum class FailureStrategy : std::uint8_t { stop_on_first_failure, continue_on_failure, partial_completion_allowed };

/// What a run does about finished work once it has failed.
enum class OnFailure : std::uint8_t { keep, compensate };

enum class AuthenticationType : std::uint8_t { bearer, api_key, basic };

/// Each value may hold `{{secrets.NAME}}` or `{{env.NAME}}`; rendered when a call is made, never journaled.
struct Authentication {
  AuthenticationType type = AuthenticationType::bearer;
  Template token;                    ///< bearer
  Template key;                      ///< api_key
  std::string header = "X-API-Key";  ///< api_key
  Template username;                 ///< basic
  Template password;                 ///< basic
};

/// Overrides of docs/errors.md's table: which failures an attempt may be repeated after.
struct RetryOn {
  std::vector<ErrorCode> codes;           ///< also these
  std::vector<std::uint16_t> http_status;  ///< also these statuses
  std::vector<ErrorCode> never_codes;     ///< wins over everything
  std::vector<std::uint16_t> never_http_status;
};

struct Definition;

struct AgentDefinition {
  std::string name;
  std::string kind;  ///< the `type` key: ai_agent, mcp_server, http_api, local, exec, custom
  Template endpoint;
  microseconds timeout = seconds{30};
  std::optional<Authentication> authentication;
  resilience::RetryPolicy retry;
  std::optional<resilience::BreakerPolicy> circuit_breaker;
  RetryOn retry_on;
  Template custom_params;            ///< an object
  Template command;                  ///< exec, mcp_server: a string, the program
  Template args;                     ///< exec, mcp_server: an array of strings
  Template env;                      ///< exec, mcp_server: an object of strings
  std::shared_ptr<const Definition> workflow;  ///< workflow: what its tasks run
  Template thinking;                 ///< ai_agent with a model: an object, see agent::ThinkingSettings
  Template session;                  ///< ai_agent with a model: a text, the conversation that it goes on with; null: none
  agent::SpendLimits budget;         ///< of one run, on its calls of models and tools
  agent::SpendLimits daily;          ///< of one day (UTC), on its calls of models over all runs of the store
};

/// What it means that nobody answers in time.
enum class ApprovalTimeout : std::uint8_t { reject, approve };

/// A person is asked before a task begins.
struct ApprovalDefinition {
  Template message;                  ///< what is asked
  std::vector<std::string> approvers;  ///< who may answer; empty: anybody
  std::optional<microseconds> timeout;
  ApprovalTimeout on_timeout = ApprovalTimeout::reject;
};

struct TaskDefinition {
  std::string name;
  std::string description;
  AgentIndex agent = 0;
  std::string action;
  Template parameters;               ///< an object
  std::optional<microseconds> timeout;             ///< of one attempt; the agent's where absent
  std::vector<TaskIndex> depends_on;
  std::vector<TaskIndex> dependents;               ///< the inverse, filled by `finish_definition`
  bool continue_on_failure = false;
  std::optional<Template> when;                    ///< a condition; where it is false the task is skipped
  std::optional<ApprovalDefinition> approval;
  std::optional<Template> for_each;                ///< a list; the task runs once for each of its items
  std::uint32_t max_concurrency = 0;               ///< items at once; 0: 1 in a sequential workflow, else `default_max_concurrency`
  std::optional<microseconds> deadline;            ///< of one activation with all its attempts and items
  std::optional<resilience::RetryPolicy> retry;    ///< the agent's where absent
  std::optional<RetryOn> retry_on;
  /// Whether a crash may repeat an attempt that was in flight. `effect` fails with `outcome_unknown` instead.
  bool effect = false;

  /// Of an undo step: the task whose completed activations it undoes. It is no part of the order of tasks.
  std::optional<TaskIndex> undoes;

  // Filled by `finish_definition`:
  std::optional<TaskIndex> undo;                   ///< the step that undoes it
  std::vector<EdgeIndex> edges;                    ///< that leave it, in file order
  std::optional<GraphIndex> graph;                 ///< the graph it is part of, where edges touch it
  bool entered_by_edges = false;
  bool keeps_activations = false;                  ///< an expression asks for them, or they may be undone
};

/// Items of a `for_each` at once in a parallel workflow that does not say how many.
inline constexpr std::uint32_t default_max_concurrency = 10;

/// Where a run may go after a task. Of the edges that leave one task the first whose condition holds fires.
struct EdgeDefinition {
  std::optional<TaskIndex> from;                   ///< absent: `start`, the beginning of the run
  std::optional<TaskIndex> to;                     ///< absent: `end`, nothing follows
  std::optional<Template> when;                    ///< absent: always
  std::optional<std::uint32_t> max_iterations;     ///< how often it may fire in one run
};

/// Tasks that edges tie together. It is quiet once nothing in it runs or will run; whoever depends on one of its tasks waits for that.
struct GraphDefinition {
  std::vector<TaskIndex> tasks;
};

/// What a run may use; a step that would break it fails with `budget_exceeded` before it begins.
struct Budget {
  std::optional<microseconds> wall_time;   ///< from the run's creation; what runs then may end
  std::optional<std::uint32_t> attempts;   ///< calls of agents, those of inner workflows included
  agent::SpendLimits spend;                ///< on calls of models and tools, those of inner workflows included
};

/// How many runs of one key may be under way at once.
struct ConcurrencyDefinition {
  Template key;                      ///< over the inputs; the key belongs to the workflow of this name
  std::uint32_t limit = 1;
  bool queue = true;                 ///< a run that finds no place waits for one; else it is refused
};

/// One typed input: a JSON Schema subset.
struct InputDefinition {
  std::string name;
  std::string description;
  Json schema;                       ///< an object, without `default`
  std::optional<Json> default_value;
  bool required = false;             ///< no default and not marked optional
};

struct OutputDefinition {
  std::string name;
  Template value;
};

/// An immutable workflow. Made by config/ from YAML or JSON, or by the C++ builder; checked before anything runs.
struct Definition {
  std::string name;
  std::string description;
  std::string version = "1.0.0";
  bool parallel_execution = false;
  std::uint32_t max_parallel_tasks = 0;  ///< 0: no cap
  FailureStrategy failure_strategy = FailureStrategy::stop_on_first_failure;
  std::optional<microseconds> global_timeout;
  OnFailure on_failure = OnFailure::keep;
  Budget budget;
  std::optional<ConcurrencyDefinition> concurrency;
  std::vector<InputDefinition> inputs;
  std::vector<AgentDefinition> agents;
  std::vector<TaskDefinition> tasks;  ///< in file order; after them the undo steps, named `TASK/undo`
  std::vector<EdgeDefinition> edges;
  std::vector<OutputDefinition> outputs;

  /// The file as one JSON value (comments gone, anchors resolved): what is stored, and what `hash` is made of.
  Json document;
  std::string document_text;  ///< `document` as compact JSON; filled by `finish_definition`
  std::map<std::string, TaskIndex, std::less<>> task_by_name;  ///< filled by `finish_definition`
  std::vector<GraphDefinition> graphs;                         ///< filled by `finish_definition`
  std::size_t own_tasks = 0;                                   ///< without undo steps; filled by `finish_definition`
  std::string hash;  ///< SHA-256 of `document` as canonical JSON (keys sorted, compact)

  [[nodiscard]] std::optional<TaskIndex> find_task(std::string_view task_name) const;
  [[nodiscard]] const resilience::RetryPolicy& retry_of(TaskIndex task) const;
  [[nodiscard]] const RetryOn& retry_on_of(TaskIndex task) const;
  [[nodiscard]] microseconds timeout_of(TaskIndex task) const;
  [[nodiscard]] std::uint32_t max_concurrency_of(TaskIndex task) const;
};

using DefinitionPtr = std::shared_ptr<const Definition>;

/// `document_text`, shared with the definition.
[[nodiscard]] inline std::shared_ptr<const std::string> stored_text(const DefinitionPtr& definition) {
  return {definition, &definition->document_text};
}

/// Fills what follows from the rest: the inverse of `depends_on`, graphs, names, `document_text` and `hash`.
void finish_definition(Definition& definition);

[[nodiscard]] std::string_view to_string(FailureStrategy strategy) noexcept;
[[nodiscard]] std::string_view to_string(AuthenticationType type) noexcept;

}  // namespace skein::workflow
