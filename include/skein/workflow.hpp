#pragma once

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <skein/error.hpp>
#include <skein/json.hpp>

namespace skein {

namespace workflow {
struct Definition;
}

/// A checked workflow, ready to run any number of times. A value; copies share it.
class Workflow {
 public:
  /// A YAML or JSON file. The error's message holds every problem, one a line, as `file:line:column: what; what to do`.
  [[nodiscard]] static Result<Workflow> from_file(const std::filesystem::path& path);
  /// YAML or JSON text; `name` stands for the file in messages.
  [[nodiscard]] static Result<Workflow> from_text(std::string_view text, std::string_view name = "workflow.yaml");
  /// The file format as one JSON value.
  [[nodiscard]] static Result<Workflow> from_document(const Json& document);

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const Json& document() const;
  /// SHA-256 of the document; runs are pinned to it.
  [[nodiscard]] const std::string& hash() const;
  [[nodiscard]] const std::shared_ptr<const workflow::Definition>& definition() const { return definition_; }

 private:
  explicit Workflow(std::shared_ptr<const workflow::Definition> definition) : definition_(std::move(definition)) {}
  std::shared_ptr<const workflow::Definition> definition_;
};

/// One agent of a workflow under construction. Every key of the file format can be given with `set`.
class AgentBuilder {
 public:
  AgentBuilder(std::string_view name, std::string_view type);
  AgentBuilder& endpoint(std::string_view url);
  AgentBuilder& timeout(double seconds);
  AgentBuilder& bearer(std::string_view token);
  AgentBuilder& api_key(std::string_view key, std::string_view header = "X-API-Key");
  AgentBuilder& basic(std::string_view username, std::string_view password);
  AgentBuilder& retry(unsigned max_attempts, double initial_delay = 1.0);
  AgentBuilder& circuit_breaker(unsigned failure_threshold, double recovery_timeout = 60.0);
  AgentBuilder& set(std::string_view key, Json value);
  [[nodiscard]] const JsonObject& document() const { return document_; }

 private:
  JsonObject document_;
};

/// One task of a workflow under construction.
class TaskBuilder {
 public:
  TaskBuilder(std::string_view name, std::string_view agent, std::string_view action);
  TaskBuilder& parameters(JsonObject parameters);
  TaskBuilder& parameter(std::string_view key, Json value);
  TaskBuilder& after(std::initializer_list<std::string_view> tasks);
  TaskBuilder& after(std::string_view task);
  TaskBuilder& timeout(double seconds);
  /// Of one activation with all its attempts, waits and items.
  TaskBuilder& deadline(double seconds);
  /// `condition`: an expression in `{{ }}`; where it is false the task is skipped.
  TaskBuilder& when(std::string_view condition);
  /// `list`: an array, or an expression in `{{ }}` that makes one; parameters may use `item` and `index`. 0: the format's default.
  TaskBuilder& for_each(Json list, unsigned max_concurrency = 0);
  /// Ask a person before it begins: `Runtime::approve`, `Runtime::reject`.
  TaskBuilder& approval(std::string_view message, std::initializer_list<std::string_view> approvers = {});
  /// The step that undoes it once it is completed: see `WorkflowBuilder::compensate_on_failure`. An empty agent: the task's.
  TaskBuilder& compensate(std::string_view action, JsonObject parameters = {}, std::string_view agent = {});
  TaskBuilder& retry(unsigned max_attempts, double initial_delay = 1.0);
  TaskBuilder& continue_on_failure(bool yes = true);
  /// A crash must not repeat it: see guarantee 3 in docs/guarantees.md.
  TaskBuilder& effect(bool yes = true);
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
///         .task(skein::TaskBuilder("shout", "local", "transform").parameter("value", "{{fetch.result.text |
///         ascii_upcase}}").after("fetch")) .output("text", "{{shout.result}}") .build();
class WorkflowBuilder {
 public:
  explicit WorkflowBuilder(std::string_view name);
  WorkflowBuilder& parallel(unsigned max_parallel_tasks = 0);
  WorkflowBuilder& failure_strategy(std::string_view strategy);
  WorkflowBuilder& global_timeout(double seconds);
  /// A failed run undoes what it completed, newest first.
  WorkflowBuilder& compensate_on_failure();
  /// `schema` as in the file: a type name, or an object such as {"type": "integer", "default": 5}.
  WorkflowBuilder& input(std::string_view name, Json schema);
  WorkflowBuilder& agent(const AgentBuilder& agent);
  WorkflowBuilder& task(const TaskBuilder& task);
  /// Where the run goes after `from` (or `start`): to `to` (or `end`). Of the edges that leave a task the first that holds fires.
  WorkflowBuilder& edge(std::string_view from, std::string_view to);
  WorkflowBuilder& edge(std::string_view from, std::string_view to, std::string_view condition, unsigned max_iterations = 0);
  WorkflowBuilder& output(std::string_view name, Json value);
  WorkflowBuilder& set(std::string_view key, Json value);
  /// The error holds every problem, one a line.
  [[nodiscard]] Result<Workflow> build() const;
  [[nodiscard]] const JsonObject& document() const { return document_; }

 private:
  JsonObject& object(std::string_view key);
  JsonArray& array(std::string_view key);
  JsonObject document_;
};

}  // namespace skein
