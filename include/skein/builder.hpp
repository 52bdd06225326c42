#pragma once

#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <skein/error.hpp>
#include <skein/json.hpp>
#include <skein/workflow.hpp>
#include <skein/workflow_parts.hpp>

/// Workflows in C++: a method for every key of the file format. Mistakes are found by `WorkflowBuilder::build`, all at once.
namespace skein {

class WorkflowBuilder;

/// One agent of a workflow under construction.
class AgentBuilder {
 public:
  AgentBuilder(std::string_view name, std::string_view type);
  AgentBuilder& endpoint(std::string_view url);
  /// Of one attempt.
  AgentBuilder& timeout(const Duration& timeout);
  AgentBuilder& bearer(std::string_view token);
  AgentBuilder& api_key(std::string_view key, std::string_view header = "X-API-Key");
  AgentBuilder& basic(std::string_view username, std::string_view password);
  AgentBuilder& authentication(const Authentication& credentials);
  AgentBuilder& retry(unsigned max_attempts);
  AgentBuilder& retry(unsigned max_attempts, const Duration& initial_delay);
  AgentBuilder& retry(const Retry& policy);
  AgentBuilder& retry_on(const RetryOn& failures);
  AgentBuilder& circuit_breaker(unsigned failure_threshold);
  AgentBuilder& circuit_breaker(unsigned failure_threshold, const Duration& recovery_timeout);
  AgentBuilder& circuit_breaker(const CircuitBreaker& policy);
  AgentBuilder& custom_params(JsonObject defaults);
  AgentBuilder& custom_param(std::string_view key, Json value);
  /// The program of an agent that is one; arguments are not seen by a shell.
  AgentBuilder& command(std::string_view program);
  AgentBuilder& arg(std::string_view argument);
  AgentBuilder& args(std::initializer_list<std::string_view> arguments);
  AgentBuilder& env(std::string_view name, std::string_view value);
  /// The model of an ai_agent that thinks, as `provider/model`; the methods after it say how it does.
  AgentBuilder& model(std::string_view name);
  /// Asked in this order where the model cannot be reached.
  AgentBuilder& fallback_models(std::initializer_list<std::string_view> names);
  AgentBuilder& fallback_model(std::string_view name);
  /// Another model for one of the steps reflect, repair and summarise.
  AgentBuilder& step_model(std::string_view step, std::string_view name);
  /// What it is told before each task.
  AgentBuilder& instructions(std::string_view text);
  /// The same from a file, with values for its parameters.
  AgentBuilder& instructions_file(std::string_view path, JsonObject parameters = {});
  /// Who it is, in a few words.
  AgentBuilder& role(std::string_view text);
  /// Tools that it may call, by name or pattern such as "db_*".
  AgentBuilder& tools(std::initializer_list<std::string_view> names);
  AgentBuilder& tool(std::string_view name);
  /// Of its tools, by name or pattern, one whose calls a person approves first.
  AgentBuilder& approve(std::string_view tools);
  /// Somebody who may approve them; without any, anybody.
  AgentBuilder& approver(std::string_view name);
  /// The size of its model's context window, in tokens.
  AgentBuilder& context_tokens(unsigned tokens);
  /// A check of its `input`, of `tool_results` or of its `output`.
  AgentBuilder& guardrail(std::string_view where, const Guardrail& check);
  /// native, or react for models that cannot call tools.
  AgentBuilder& tool_calling(std::string_view how);
  /// Answers of the model in one task.
  AgentBuilder& max_turns(unsigned turns);
  /// Of one answer.
  AgentBuilder& max_output_tokens(unsigned tokens);
  AgentBuilder& temperature(double temperature);
  AgentBuilder& top_p(double share);
  /// In the provider's words, such as low.
  AgentBuilder& reasoning_effort(std::string_view effort);
  /// A JSON Schema that its answer must fit; its `output` is then a value and not a text.
  AgentBuilder& output_schema(Json schema);
  /// It reviews its answer once before the answer counts.
  AgentBuilder& reflect(bool yes = true);
  /// The conversation that it goes on with, also over runs; a name, such as "{{ inputs.user }}".
  AgentBuilder& session(std::string_view name);
  AgentBuilder& budget(const AgentBudget& limits);
  /// What tasks of an agent of type workflow run.
  AgentBuilder& workflow(const Workflow& inner);
  AgentBuilder& workflow(const WorkflowBuilder& inner);
  /// The same from a file, whose path counts from the folder that `build` is given.
  AgentBuilder& workflow_file(std::string_view path);
  /// Any key, as the file would say it.
  AgentBuilder& set(std::string_view key, Json value);
  [[nodiscard]] const JsonObject& document() const { return document_; }

 private:
  JsonObject document_;
};

/// One task of a workflow under construction.
class TaskBuilder {
 public:
  TaskBuilder(std::string_view name, std::string_view agent, std::string_view action);
  /// Waits for so many seconds, or until an instant (RFC 3339). Either may be an expression.
  [[nodiscard]] static TaskBuilder wait_for(std::string_view name, Json seconds);
  [[nodiscard]] static TaskBuilder wait_until(std::string_view name, std::string_view instant);
  /// Waits for `Runtime::signal`; its result is what came with it.
  [[nodiscard]] static TaskBuilder await_signal(std::string_view name, std::string_view signal,
                                                const std::optional<Duration>& timeout = std::nullopt);
  /// `agent`: one of type human. `Runtime::answer` answers.
  [[nodiscard]] static TaskBuilder ask(std::string_view name, std::string_view agent, const Question& question);

  TaskBuilder& description(std::string_view text);
  TaskBuilder& parameters(JsonObject parameters);
  TaskBuilder& parameter(std::string_view key, Json value);
  TaskBuilder& after(std::initializer_list<std::string_view> tasks);
  TaskBuilder& after(std::string_view task);
  /// Of one attempt.
  TaskBuilder& timeout(const Duration& timeout);
  /// Of one activation with all its attempts, waits and items.
  TaskBuilder& deadline(const Duration& deadline);
  /// Where it is false the task is skipped.
  TaskBuilder& when(const Condition& condition);
  /// `list`: an array, or an expression in `{{ }}` that makes one; parameters may use `item` and `index`. 0: the format's default.
  TaskBuilder& for_each(Json list, unsigned max_concurrency = 0);
  /// Ask a person before it begins: `Runtime::approve`, `Runtime::reject`.
  TaskBuilder& approval(std::string_view message, std::initializer_list<std::string_view> approvers = {});
  TaskBuilder& approval(const Approval& question);
  /// The step that undoes it once it is completed: see `WorkflowBuilder::compensate_on_failure`. An empty agent: the task's.
  TaskBuilder& compensate(std::string_view action, JsonObject parameters = {}, std::string_view agent = {});
  TaskBuilder& compensate(const Undo& undo);
  TaskBuilder& retry(unsigned max_attempts);
  TaskBuilder& retry(unsigned max_attempts, const Duration& initial_delay);
  TaskBuilder& retry(const Retry& policy);
  TaskBuilder& retry_on(const RetryOn& failures);
  TaskBuilder& continue_on_failure(bool yes = true);
  /// A crash must not repeat it: see guarantee 3 in docs/guarantees.md.
  TaskBuilder& effect(bool yes = true);
  /// Any key, as the file would say it.
  TaskBuilder& set(std::string_view key, Json value);
  [[nodiscard]] const JsonObject& document() const { return document_; }

 private:
  JsonObject document_;
};

/// Builds what a file would say:
///
///     auto workflow = skein::WorkflowBuilder("greeting")
///         .agent(skein::AgentBuilder("api", "http_api").endpoint("http://localhost:8080"))
///         .task(skein::TaskBuilder("fetch", "api", "/hello"))
///         .task(skein::TaskBuilder("shout", "local", "transform")
///                   .parameter("value", "{{fetch.result.text | ascii_upcase}}").after("fetch"))
///         .output("text", "{{shout.result}}")
///         .build();
///
/// and state graphs:
///
///     .edge("write", "review").edge("review", "write", "{{ review.result.verdict == 'continue' }}", 5).edge("review", "end")
class WorkflowBuilder {
 public:
  explicit WorkflowBuilder(std::string_view name);
  WorkflowBuilder& description(std::string_view text);
  WorkflowBuilder& version(std::string_view version);
  /// Each task as soon as what it depends on has ended; at most so many at once, 0: no cap. Otherwise in order.
  WorkflowBuilder& parallel(unsigned max_parallel_tasks = 0);
  WorkflowBuilder& sequential();
  WorkflowBuilder& failure_strategy(std::string_view strategy);
  WorkflowBuilder& global_timeout(const Duration& timeout);
  /// keep or compensate.
  WorkflowBuilder& on_failure(std::string_view what);
  /// A failed run undoes what it completed, newest first.
  WorkflowBuilder& compensate_on_failure();
  WorkflowBuilder& budget(const Budget& limits);
  WorkflowBuilder& concurrency(const Concurrency& limit);
  WorkflowBuilder& defaults(const Defaults& values);
  /// `schema` as in the file: a type name, or an object such as {"type": "integer", "default": 5}.
  WorkflowBuilder& input(std::string_view name, Json schema);
  /// Agents and tasks of a file, whose path counts from the folder that `build` is given; see docs/workflow-format.md.
  WorkflowBuilder& include(std::string_view file, JsonObject parameters = {});
  /// A model that agents may call by this name.
  WorkflowBuilder& model(std::string_view name, const Model& settings);
  WorkflowBuilder& agent(const AgentBuilder& agent);
  WorkflowBuilder& task(const TaskBuilder& task);
  /// Where the run goes after `from` (or `start`): to `to` (or `end`). Of the edges that leave a task the first that holds fires.
  WorkflowBuilder& edge(std::string_view from, std::string_view to);
  /// An edge that fires at most so often, so that a loop ends.
  WorkflowBuilder& edge(std::string_view from, std::string_view to, unsigned max_iterations);
  WorkflowBuilder& edge(std::string_view from, std::string_view to, const Condition& condition, unsigned max_iterations = 0);
  WorkflowBuilder& edge(const Edge& edge);
  WorkflowBuilder& output(std::string_view name, Json value);
  /// Any key, as the file would say it.
  WorkflowBuilder& set(std::string_view key, Json value);
  /// The error holds every problem, one a line. Paths of files count from `folder`; without one they are refused.
  [[nodiscard]] Result<Workflow> build(const std::filesystem::path& folder = {}) const;
  [[nodiscard]] const JsonObject& document() const { return document_; }

 private:
  JsonObject document_;
};

}  // namespace skein
