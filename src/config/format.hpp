#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/thinking/model_settings.hpp"
#include "agent/thinking/settings.hpp"
#include "base/describe.hpp"
#include "workflow/definition.hpp"

/// A workflow file as its author wrote it: described structs, one for each kind of object in the format. The tables in format.cpp are the
/// only list of keys; parser, suggestions, JSON Schema and reference documentation are made from them.
namespace skein::config {

/// A string that may hold `{{ expressions }}`.
struct TextTemplate {
  Json source;  ///< a string, or null where the key is missing
};
/// true, false, or a string that is one `{{ expression }}`; null where the key is missing.
struct Condition {
  Json source;
};
/// A list, or a string that is one `{{ expression }}`; null where the key is missing.
struct ListTemplate {
  Json source;
};
/// Any value whose strings may hold expressions.
struct ValueTemplate {
  Json source;
};
/// An object whose strings may hold expressions.
struct ObjectTemplate {
  Json source;
};

enum class AgentKind : std::uint8_t { ai_agent, mcp_server, http_api, local, exec, workflow, human, custom };

/// A whole workflow where the value of a key is one.
struct InnerWorkflow {
  Json document;  ///< an object, as a file of its own would hold it; null where the key is missing
};

struct AuthenticationSpec {
  workflow::AuthenticationType type = workflow::AuthenticationType::bearer;
  TextTemplate token;
  TextTemplate key;
  std::string header = "X-API-Key";
  TextTemplate username;
  TextTemplate password;
};

// Parsed as they are: resilience::RetryPolicy, resilience::BreakerPolicy and workflow::RetryOn.

/// A schema: an object of the keys in `SchemaSpec`, or the name of a type as shorthand.
struct SchemaNode {
  Json source;  ///< with shorthands written out
};

enum class ToolCalling : std::uint8_t { native, react };

/// What calls of models may cost on one day.
struct DailySpec {
  std::optional<std::uint32_t> tokens;
  std::optional<double> cost;  ///< US dollars
};

/// What calls of models and tools may cost.
struct SpendSpec {
  std::optional<std::uint32_t> tokens;
  std::optional<double> cost;  ///< US dollars
  std::optional<std::uint32_t> tool_calls;
  std::optional<DailySpec> daily;
};

/// A text, or a file that holds one and what stands for its parameters.
struct PromptTemplate {
  Json source;  ///< a string once files are in place; null where the key is missing
};
struct PromptSpec {
  std::string file;
  ObjectTemplate parameters;
};
/// What stands before the text of such a file.
struct PromptHead {
  std::string description;
  describe::Named<SchemaNode> parameters;
};

struct AgentSpec {
  std::string name;
  AgentKind type = AgentKind::custom;
  TextTemplate endpoint;
  microseconds timeout = workflow::AgentDefinition{}.timeout;
  std::optional<AuthenticationSpec> authentication;
  std::optional<resilience::RetryPolicy> retry_config;
  std::optional<workflow::RetryOn> retry_on;
  std::optional<resilience::BreakerPolicy> circuit_breaker;
  ObjectTemplate custom_params;
  TextTemplate command;
  std::vector<TextTemplate> args;
  describe::Named<TextTemplate> env;
  InnerWorkflow workflow;
  // Of an ai_agent that thinks; see thinking.cpp and agent::ThinkingSettings.
  TextTemplate model;
  std::vector<std::string> fallback_models;
  std::optional<agent::StepModels> step_models;
  PromptTemplate instructions;
  TextTemplate role;
  std::vector<std::string> tools;
  std::vector<std::string> approve;
  std::vector<std::string> approvers;
  ToolCalling tool_calling = ToolCalling::native;
  std::uint32_t max_turns = agent::ThinkingSettings{}.max_turns;
  std::optional<std::uint32_t> max_output_tokens;
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::string reasoning_effort;
  std::optional<SchemaNode> output_schema;
  std::optional<std::uint32_t> context_tokens;
  std::optional<agent::GuardrailsSettings> guardrails;
  bool reflect = false;
  TextTemplate session;
  std::optional<SpendSpec> budget;
};

struct ApprovalSpec {
  TextTemplate message;
  std::vector<std::string> approvers;
  std::optional<microseconds> timeout;
  workflow::ApprovalTimeout on_timeout = workflow::ApprovalTimeout::reject;
};

/// How a task's finished work is undone.
struct CompensateSpec {
  std::string agent_name;
  std::string action;
  ObjectTemplate parameters;
  std::optional<microseconds> timeout;
  std::optional<resilience::RetryPolicy> retry_config;
  std::optional<workflow::RetryOn> retry_on;
};

struct TaskSpec {
  std::string name;
  std::string description;
  std::string agent_name;
  std::string action;
  ObjectTemplate parameters;
  std::optional<microseconds> timeout;
  std::vector<std::string> depends_on;
  Condition when;
  ListTemplate for_each;
  std::optional<std::uint32_t> max_concurrency;
  std::optional<microseconds> deadline;
  std::optional<ApprovalSpec> approval;
  bool continue_on_failure = false;
  std::optional<resilience::RetryPolicy> retry_config;
  std::optional<workflow::RetryOn> retry_on;
  bool effect = false;
  std::optional<CompensateSpec> compensate;
};

struct EdgeSpec {
  std::string from;
  std::string to;
  Condition when;
  std::optional<std::uint32_t> max_iterations;
};

/// What agents and tasks that do not say it themselves take over.
struct DefaultsSpec {
  std::optional<microseconds> timeout;
  std::optional<resilience::RetryPolicy> retry_config;
  std::optional<workflow::RetryOn> retry_on;
  std::optional<resilience::BreakerPolicy> circuit_breaker;
  std::optional<bool> continue_on_failure;
  std::optional<microseconds> deadline;
  std::optional<std::uint32_t> max_concurrency;
};

/// `type`: a word or a list of words.
struct TypeWords {
  Json source;
};
/// `required` of an input: true or false; of an object's schema: the names of the members that must be there.
struct RequiredRule {
  Json source;
};
/// `additionalProperties`: true, false or a schema.
struct OpenRule {
  Json source;
};

enum class TextFormat : std::uint8_t { date, time, date_time, email, uri, uuid };

struct SchemaSpec {
  TypeWords type;
  std::string title;
  std::string description;
  Json default_value;
  RequiredRule required;
  std::vector<Json> enumeration;
  Json constant;
  std::optional<double> minimum, maximum, exclusive_minimum, exclusive_maximum, multiple_of;
  std::optional<std::uint32_t> min_length, max_length;
  std::string pattern;
  std::optional<TextFormat> format;
  std::optional<std::uint32_t> min_items, max_items;
  std::optional<bool> unique_items;
  SchemaNode items;
  std::optional<std::uint32_t> min_properties, max_properties;
  describe::Named<SchemaNode> properties;
  OpenRule additional_properties;
  std::vector<Json> examples;
};

/// Another file whose agents and tasks are part of the workflow.
struct IncludeSpec {
  std::string file;
  ObjectTemplate parameters;
};
/// What a file includes: each a path, or an object.
struct Includes {
  Json source;
};

enum class OnLimit : std::uint8_t { queue, reject };

struct ConcurrencySpec {
  TextTemplate key;
  std::uint32_t limit = 1;
  OnLimit on_limit = OnLimit::queue;
};

struct BudgetSpec {
  std::optional<microseconds> wall_time;
  std::optional<std::uint32_t> attempts;
  std::optional<std::uint32_t> tokens;
  std::optional<double> cost;  ///< US dollars
  std::optional<std::uint32_t> tool_calls;
};

struct WorkflowSpec {
  std::string name;
  std::string description;
  std::string version = workflow::Definition{}.version;
  bool parallel_execution = false;
  std::uint32_t max_parallel_tasks = 0;
  workflow::FailureStrategy failure_strategy = workflow::FailureStrategy::stop_on_first_failure;
  std::optional<microseconds> global_timeout;
  workflow::OnFailure on_failure = workflow::OnFailure::keep;
  std::optional<BudgetSpec> budget;
  std::optional<ConcurrencySpec> concurrency;
  describe::Named<SchemaNode> inputs;
  Includes include;
  std::optional<DefaultsSpec> defaults;
  agent::NamedModels models;  ///< strings are templates
  std::vector<AgentSpec> agents;
  std::vector<TaskSpec> tasks;
  std::vector<EdgeSpec> edges;
  describe::Named<ValueTemplate> outputs;
};

/// A file that others include. What it holds is checked as a part of the workflow.
struct PartSpec {
  std::string description;
  describe::Named<SchemaNode> parameters;
  Includes include;
  describe::Named<SchemaNode> inputs;
  std::optional<DefaultsSpec> defaults;
  agent::NamedModels models;
  std::vector<AgentSpec> agents;
  std::vector<TaskSpec> tasks;
  std::vector<EdgeSpec> edges;
  describe::Named<ValueTemplate> outputs;
};

/// What agents of a kind cannot do without: each of `all`, and one of `any` where that is not empty.
struct KindNeeds {
  AgentKind kind;
  std::vector<std::string_view> all;
  std::vector<std::string_view> any;
};
[[nodiscard]] const std::vector<KindNeeds>& kind_needs();

/// Whether an agent of this kind starts a program, so that `command`, `args` and `env` mean something.
[[nodiscard]] constexpr bool starts_program(AgentKind kind) { return kind == AgentKind::exec || kind == AgentKind::mcp_server; }

/// `name` as a task, agent, input or output may have it; otherwise what is wrong with it, as the end of a sentence.
[[nodiscard]] std::string check_name(std::string_view name);

/// The words of JSON Schema's `type`.
[[nodiscard]] std::span<const std::string_view> schema_types();

/// The keys of agents that say how an ai_agent thinks.
[[nodiscard]] std::vector<describe::Field<AgentSpec>> thinking_fields();

}  // namespace skein::config

namespace skein::describe {

template <>
const Table<config::AuthenticationSpec>& table_of<config::AuthenticationSpec>();
template <>
const Table<resilience::RetryPolicy>& table_of<resilience::RetryPolicy>();
template <>
const Table<resilience::BreakerPolicy>& table_of<resilience::BreakerPolicy>();
template <>
const Table<workflow::RetryOn>& table_of<workflow::RetryOn>();
template <>
const Table<config::AgentSpec>& table_of<config::AgentSpec>();
template <>
const Table<config::TaskSpec>& table_of<config::TaskSpec>();
template <>
const Table<config::ApprovalSpec>& table_of<config::ApprovalSpec>();
template <>
const Table<config::CompensateSpec>& table_of<config::CompensateSpec>();
template <>
const Table<config::EdgeSpec>& table_of<config::EdgeSpec>();
template <>
const Table<config::ConcurrencySpec>& table_of<config::ConcurrencySpec>();
template <>
const Table<config::BudgetSpec>& table_of<config::BudgetSpec>();
template <>
const Table<config::DefaultsSpec>& table_of<config::DefaultsSpec>();
template <>
const Table<config::SchemaSpec>& table_of<config::SchemaSpec>();
template <>
const Table<config::IncludeSpec>& table_of<config::IncludeSpec>();
template <>
const Table<config::WorkflowSpec>& table_of<config::WorkflowSpec>();
template <>
const Table<config::PartSpec>& table_of<config::PartSpec>();
template <>
const Table<config::PromptSpec>& table_of<config::PromptSpec>();
template <>
const Table<config::PromptHead>& table_of<config::PromptHead>();

}  // namespace skein::describe
