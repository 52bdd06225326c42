#include "config/format.hpp"

#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "config/shapes.hpp"

namespace skein::config {
namespace {

/// Keys that later versions bring. They are refused by name wherever a workflow, an agent or a task may have keys.
constexpr std::array<std::string_view, 4> later_keys{"concurrency", "include", "schedule", "guardrails"};

constexpr std::array<std::string_view, 7> types{"string", "number", "integer", "boolean", "array", "object", "null"};

constexpr std::size_t longest_name = 128;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

std::string check_header(std::string_view text) {
  static constexpr std::string_view allowed = "!#$%&'*+-.^_`|~";  // RFC 9110 §5.6.2
  const bool fine = std::ranges::all_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || allowed.contains(c); });
  return fine ? "" : "is not a name that an HTTP header can have; use letters, digits and '-'";
}

std::string check_pattern(std::string_view text) {
  const RE2 pattern(text, RE2::Quiet);
  return pattern.ok() ? "" : "is not a regular expression (" + pattern.error() + "); correct it";
}

std::string without_expression(std::string_view text) {
  if (!text.contains("{{")) return {};
  return "cannot hold an expression; expressions belong into endpoint, authentication, parameters, custom_params, command, args, env and "
         "outputs";
}

}  // namespace

std::string check_name(std::string_view name) {
  if (name.empty()) return "must not be empty; choose a name";
  if (name.size() > longest_name) return "is longer than 128 characters; choose a shorter name";
  if (!std::ranges::all_of(name, is_name_character)) {
    return "may hold only letters (a to z), digits, '_', '-' and '.'; choose another name";
  }
  return {};
}

std::span<const std::string_view> schema_types() { return types; }

const std::vector<KindNeeds>& kind_needs() {
  static const std::vector<KindNeeds> needs{
      {AgentKind::ai_agent, {}, {"model", "endpoint"}},
      {AgentKind::http_api, {"endpoint"}, {}},
      {AgentKind::mcp_server, {}, {"endpoint", "command"}},
      {AgentKind::exec, {"command"}, {}},
      {AgentKind::workflow, {"workflow"}, {}},
  };
  return needs;
}

}  // namespace skein::config

namespace skein::describe {

using namespace config;  // the tables below read like the format

template <>
const Table<AuthenticationSpec>& table_of<AuthenticationSpec>() {
  using T = AuthenticationSpec;
  static const Table<T> table(
      {.name = "authentication", .about = "How an agent's calls prove who they are. Sent as a header; never journaled or printed."},
      {
          field("type", &T::type, {.about = "Which sort of credentials.", .example = "bearer", .required = true}),
          field("token", &T::token, {.about = "bearer: sent as `Authorization: Bearer …`.", .example = "\"{{secrets.API_TOKEN}}\""}),
          field("key", &T::key, {.about = "api_key: the value of the header.", .example = "\"{{secrets.API_KEY}}\""}),
          field("header", &T::header,
                {.about = "api_key: the name of the header.", .example = "X-API-Key", .min_items = 1, .check = check_header}),
          field("username", &T::username, {.about = "basic: the user.", .example = "reports"}),
          field("password", &T::password, {.about = "basic: the password.", .example = "\"{{secrets.REPORTS_PASSWORD}}\""}),
      });
  return table;
}

template <>
const Table<resilience::RetryPolicy>& table_of<resilience::RetryPolicy>() {
  using T = resilience::RetryPolicy;
  static const Table<T> table(
      {.name = "retry_config", .about = "How often and how far apart a failed attempt is tried again."},
      {
          field("max_attempts", &T::max_attempts,
                {.about = "Attempts in all, the first included; 1 means never again.", .example = "5", .minimum = 1, .maximum = 10'000}),
          field("initial_delay", &T::initial_delay, {.about = "Wait before the second attempt.", .example = "0.5"}),
          field("max_delay", &T::max_delay, {.about = "No wait is longer than this.", .example = "30"}),
          field("exponential_base", &T::exponential_base,
                {.about = "Each wait is the one before times this.", .example = "2.0", .minimum = 1, .maximum = 100}),
          field("jitter", &T::jitter,
                {.about = "Wait a random part (half to all) of the delay, so that many callers do not come back at once.",
                 .example = "false"}),
      });
  return table;
}

template <>
const Table<resilience::BreakerPolicy>& table_of<resilience::BreakerPolicy>() {
  using T = resilience::BreakerPolicy;
  static const Table<T> table(
      {.name = "circuit_breaker", .about = "When to stop calling an agent that keeps failing. Without this key there is no breaker."},
      {
          field("failure_threshold", &T::failure_threshold,
                {.about = "Failed attempts in a row that open it.", .example = "3", .minimum = 1, .maximum = 1'000'000}),
          field("recovery_timeout", &T::recovery_timeout,
                {.about = "From opening until one probe is let through.", .example = "30", .minimum = 0.001}),
      });
  return table;
}

template <>
const Table<workflow::RetryOn>& table_of<workflow::RetryOn>() {
  using T = workflow::RetryOn;
  static const Table<T> table(
      {.name = "retry_on", .about = "Changes which failures are tried again (the table in errors.md). `never_…` wins."},
      {
          field("codes", &T::codes, {.about = "Also these error codes.", .example = "[agent_failed]"}),
          field("http_status", &T::http_status,
                {.about = "Also these HTTP statuses.", .example = "[409, 425]", .minimum = 100, .maximum = 599}),
          field("never_codes", &T::never_codes, {.about = "Never these error codes.", .example = "[timeout]"}),
          field("never_http_status", &T::never_http_status,
                {.about = "Never these HTTP statuses.", .example = "[503]", .minimum = 100, .maximum = 599}),
      });
  return table;
}

template <>
const Table<AgentSpec>& table_of<AgentSpec>() {
  using T = AgentSpec;
  std::vector<Field<T>> fields{
      field("name", &T::name,
            {.about = "Unique among the agents; letters, digits, `_`, `-` and `.`, up to 128.",
             .example = "weather_api",
             .required = true,
             .check = check_name}),
      field("type", &T::type, {.about = "The kind of agent.", .example = "http_api", .required = true}),
      field("endpoint", &T::endpoint,
            {.about = "The service's address. Required for http_api; ai_agent needs it or `model`, mcp_server it or `command`.",
             .example = "https://api.example.com/v1",
             .min_items = 1}),
      field("timeout", &T::timeout, {.about = "The longest one attempt may take.", .example = "2m", .minimum = 0.001}),
      field("authentication", &T::authentication, {.about = "How its calls prove who they are."}),
      field("retry_config", &T::retry_config, {.about = "When a failed attempt is tried again. Without this key its defaults hold."}),
      field("retry_on", &T::retry_on, {.about = "Which failures are tried again."}),
      field("circuit_breaker", &T::circuit_breaker, {.about = "When to stop calling it. Without this key there is no breaker."}),
      field("custom_params", &T::custom_params,
            {.about = "Defaults that belong to the kind, such as `user_agent` and `headers`.", .example = "{user_agent: \"reports/1.0\"}"}),
      field("command", &T::command,
            {.about = "exec and mcp_server: the program. Required for exec.", .example = "python3", .min_items = 1}),
      field("args", &T::args,
            {.about = "exec and mcp_server: its arguments, without a shell.", .example = "[\"scripts/clean.py\", \"--strict\"]"}),
      field("env", &T::env,
            {.about = "exec and mcp_server: environment variables of the program.", .example = "{API_TOKEN: \"{{secrets.API_TOKEN}}\"}"}),
      field("workflow", &T::workflow,
            {.about = "workflow: what its tasks run, as the path of a file, from this one's folder, or written out here.",
             .example = "parts/invoice.yaml"}),
  };
  for (auto& field : config::thinking_fields()) fields.push_back(std::move(field));
  static const Table<T> table(
      {.name = "agent", .about = "Something that can be given a task. What each type does: agents.md.", .refused = later_keys},
      std::move(fields));
  return table;
}

template <>
const Table<TaskSpec>& table_of<TaskSpec>() {
  using T = TaskSpec;
  static const Table<T> table(
      {.name = "task", .about = "One step of the workflow: an action of an agent.", .refused = later_keys},
      {
          field("name", &T::name,
                {.about = "Unique among the tasks; letters, digits, `_`, `-` and `.`, up to 128.",
                 .example = "fetch",
                 .required = true,
                 .check = check_name}),
          field("description", &T::description, {.about = "For people.", .example = "Yesterday's orders"}),
          field("agent_name", &T::agent_name,
                {.about = "The agent that does it. `local` is built in and need not be declared.",
                 .example = "weather_api",
                 .required = true,
                 .check = without_expression}),
          field("action", &T::action,
                {.about = "What the agent is to do; its meaning belongs to the kind.",
                 .example = "forecast",
                 .required = true,
                 .check = without_expression}),
          field("parameters", &T::parameters, {.about = "What the action is given.", .example = "{city: \"{{inputs.city}}\"}"}),
          field("timeout", &T::timeout,
                {.about = "The longest one attempt may take; the agent's without this key.", .example = "10", .minimum = 0.001}),
          field("depends_on", &T::depends_on, {.about = "Tasks that must have ended before it.", .example = "[fetch]"}),
          field("when", &T::when,
                {.about = "A condition; where it is false the task is skipped, and what depends on it runs and sees null.",
                 .example = "\"{{ check.result.ok }}\""}),
          field(
              "for_each", &T::for_each,
              {.about = "A list: the task runs once for each item, which expressions call `item` (its place, from 0, `index`). The task's "
                        "result is the list of their results, in order.",
               .example = "\"{{ list.result.urls }}\""}),
          field("max_concurrency", &T::max_concurrency,
                {.about = "With for_each: the most items at once. Without this key 10, and 1 in a workflow without parallel_execution.",
                 .example = "4",
                 .minimum = 1,
                 .maximum = 100'000}),
          field("deadline", &T::deadline,
                {.about = "The longest the task may take with all its attempts, waits and items.", .example = "5m", .minimum = 0.001}),
          field("approval", &T::approval, {.about = "Ask a person before it begins: `skein approve` or `skein reject`."}),
          field("continue_on_failure", &T::continue_on_failure,
                {.about = "Tolerate its failure: dependents run and see null.", .example = "true"}),
          field("retry_config", &T::retry_config, {.about = "Replaces the agent's as a whole: what is missing here takes the defaults."}),
          field("retry_on", &T::retry_on, {.about = "Replaces the agent's as a whole."}),
          field("effect", &T::effect,
                {.about = "It changes the world in a way that must not happen twice: an attempt in flight at a crash fails with "
                          "`outcome_unknown` instead of being repeated.",
                 .example = "true"}),
          field("compensate", &T::compensate, {.about = "How it is undone once it is completed: `on_failure`, `skein compensate`."}),
      });
  return table;
}

template <>
const Table<CompensateSpec>& table_of<CompensateSpec>() {
  using T = CompensateSpec;
  static const Table<T> table(
      {.name = "compensate",
       .about = "The step that undoes a completed task. Journaled, retried and resumed like any task; its name is `TASK/undo`.",
       .refused = later_keys},
      {
          field("agent_name", &T::agent_name,
                {.about = "The agent that does it; the task's without this key.", .example = "hotel", .check = without_expression}),
          field("action", &T::action,
                {.about = "What the agent is to do.", .example = "cancel", .required = true, .check = without_expression}),
          field("parameters", &T::parameters,
                {.about = "What the action is given. The task's own name stands for what is undone.",
                 .example = "{id: \"{{ book.result.id }}\"}"}),
          field("timeout", &T::timeout,
                {.about = "The longest one attempt may take; the agent's without this key.", .example = "10", .minimum = 0.001}),
          field("retry_config", &T::retry_config, {.about = "Replaces the agent's as a whole."}),
          field("retry_on", &T::retry_on, {.about = "Replaces the agent's as a whole."}),
      });
  return table;
}

template <>
const Table<ApprovalSpec>& table_of<ApprovalSpec>() {
  using T = ApprovalSpec;
  static const Table<T> table(
      {.name = "approval",
       .about = "A question to a person before a task begins. The run waits durably; earlier work is never repeated.",
       .refused = later_keys},
      {
          field("message", &T::message,
                {.about = "What the person is asked.",
                 .example = "\"Send {{ draft.result.title }} to 4,000 readers?\"",
                 .required = true,
                 .min_items = 1}),
          field("approvers", &T::approvers,
                {.about = "Who may answer, as `--as` of the command or the signed-in user names them; without this key anybody.",
                 .example = "[maria, ops]"}),
          field("timeout", &T::timeout,
                {.about = "How long an answer is waited for; without this key for ever.", .example = "2d", .minimum = 0.001}),
          field("on_timeout", &T::on_timeout, {.about = "What it means that nobody answered in time.", .example = "approve"}),
      });
  return table;
}

template <>
const Table<EdgeSpec>& table_of<EdgeSpec>() {
  using T = EdgeSpec;
  static const Table<T> table(
      {.name = "edge",
       .about = "Where a run goes after a task: of the edges that leave it the first whose condition holds. Edges may form loops.",
       .refused = later_keys},
      {
          field("from", &T::from,
                {.about = "The task it leaves, or `start`: the beginning of the run.",
                 .example = "review",
                 .required = true,
                 .min_items = 1}),
          field("to", &T::to,
                {.about = "The task it enters, or `end`: nothing follows.", .example = "write", .required = true, .min_items = 1}),
          field(
              "when", &T::when,
              {.about = "A condition; without this key it always holds.", .example = "\"{{ review.result.verdict == \\\"revise\\\" }}\""}),
          field("max_iterations", &T::max_iterations,
                {.about = "How often it may fire in one run. Every loop needs an edge with this key.",
                 .example = "5",
                 .minimum = 1,
                 .maximum = 1'000'000}),
      });
  return table;
}

template <>
const Table<DefaultsSpec>& table_of<DefaultsSpec>() {
  using T = DefaultsSpec;
  static const Table<T> table(
      {.name = "defaults", .about = "What agents and tasks that do not say it themselves take over.", .refused = later_keys},
      {
          field("timeout", &T::timeout, {.about = "Of agents.", .example = "10", .minimum = 0.001}),
          field("retry_config", &T::retry_config, {.about = "Of agents."}),
          field("retry_on", &T::retry_on, {.about = "Of agents."}),
          field("circuit_breaker", &T::circuit_breaker, {.about = "Of agents."}),
          field("continue_on_failure", &T::continue_on_failure, {.about = "Of tasks.", .example = "true"}),
          field("deadline", &T::deadline, {.about = "Of tasks.", .example = "5m", .minimum = 0.001}),
          field("max_concurrency", &T::max_concurrency,
                {.about = "Of tasks with for_each.", .example = "4", .minimum = 1, .maximum = 100'000}),
      });
  return table;
}

template <>
const Table<ConcurrencySpec>& table_of<ConcurrencySpec>() {
  using T = ConcurrencySpec;
  static const Table<T> table(
      {.name = "concurrency", .about = "At most so many runs of this workflow with the same key at once, over all processes of the store."},
      {
          field("key", &T::key,
                {.about = "Runs with the same text count together; without this key all runs of the workflow.",
                 .example = "\"{{ inputs.customer }}\""}),
          field("limit", &T::limit, {.about = "Runs at once.", .example = "3", .minimum = 1, .maximum = 1'000'000}),
          field("on_limit", &T::on_limit,
                {.about = "A run that finds no place waits for one, the oldest first, or is refused.", .example = "reject"}),
      });
  return table;
}

template <>
const Table<BudgetSpec>& table_of<BudgetSpec>() {
  using T = BudgetSpec;
  static const Table<T> table(
      {.name = "budget", .about = "Limits that a run keeps. A step that would break one fails with `budget_exceeded`."},
      {
          field("wall_time", &T::wall_time,
                {.about = "How long after its creation a run may begin anything; what runs then may end.",
                 .example = "2h",
                 .minimum = 0.001}),
          field("attempts", &T::attempts,
                {.about = "How many calls of agents a run may make, retries, items and inner workflows included.",
                 .example = "200",
                 .minimum = 1,
                 .maximum = 1'000'000'000}),
          field(
              "tokens", &T::tokens,
              {.about = "How many tokens its calls of models may cost, prompts and answers together.", .example = "200000", .minimum = 1}),
          field(
              "cost", &T::cost,
              {.about = "How many US dollars its calls of models may cost.", .example = "0.50", .minimum = 0.000001, .maximum = 1'000'000}),
          field("tool_calls", &T::tool_calls, {.about = "How many calls of tools its agents may make.", .example = "50", .minimum = 0}),
      });
  return table;
}

template <>
const Table<SchemaSpec>& table_of<SchemaSpec>() {
  using T = SchemaSpec;
  static const Table<T> table(
      {.name = "input",
       .about = "One input, or a part of one: a subset of JSON Schema. `city: string` is short for `city: {type: string}`."},
      {
          field("type", &T::type,
                {.about = "What the value may be: string, number, integer, boolean, array, object, null. Without it: anything.",
                 .example = "integer"}),
          field("title", &T::title, {.about = "A short name for people.", .example = "City"}),
          field("description", &T::description, {.about = "For people.", .example = "Days to look ahead"}),
          field("default", &T::default_value, {.about = "The value where none is given.", .example = "3"}),
          field("required", &T::required,
                {.about = "Of an input: whether a run must be given it; without this key exactly where there is no default. Of an object's "
                          "schema: the members that must be there.",
                 .example = "false"}),
          field("enum", &T::enumeration, {.about = "The values that are allowed.", .example = "[metric, imperial]", .min_items = 1}),
          field("const", &T::constant, {.about = "The only value that is allowed.", .example = "2"}),
          field("minimum", &T::minimum, {.about = "Numbers: the least.", .example = "1"}),
          field("maximum", &T::maximum, {.about = "Numbers: the greatest.", .example = "14"}),
          field("exclusiveMinimum", &T::exclusive_minimum, {.about = "Numbers: more than this.", .example = "0"}),
          field("exclusiveMaximum", &T::exclusive_maximum, {.about = "Numbers: less than this.", .example = "1"}),
          field("multipleOf", &T::multiple_of, {.about = "Numbers: a multiple of this.", .example = "5", .minimum = 1e-9}),
          field("minLength", &T::min_length, {.about = "Strings: the least characters.", .example = "1"}),
          field("maxLength", &T::max_length, {.about = "Strings: the most characters.", .example = "80"}),
          field("pattern", &T::pattern,
                {.about = "Strings: a regular expression (RE2) that is found in it.", .example = "\"^[A-Z]{2}$\"", .check = check_pattern}),
          field("format", &T::format, {.about = "Strings: how it looks.", .example = "date"}),
          field("minItems", &T::min_items, {.about = "Arrays: the least items.", .example = "1"}),
          field("maxItems", &T::max_items, {.about = "Arrays: the most items.", .example = "10"}),
          field("uniqueItems", &T::unique_items, {.about = "Arrays: no item twice.", .example = "true"}),
          field("items", &T::items, {.about = "Arrays: what each item is.", .example = "string"}),
          field("minProperties", &T::min_properties, {.about = "Objects: the least members.", .example = "1"}),
          field("maxProperties", &T::max_properties, {.about = "Objects: the most members.", .example = "20"}),
          field("properties", &T::properties, {.about = "Objects: what each member is.", .example = "{lat: number, lon: number}"}),
          field("additionalProperties", &T::additional_properties,
                {.about = "Objects: whether other members may be there, or what they are.", .example = "false"}),
          field("examples", &T::examples, {.about = "For people.", .example = "[Berlin]"}),
      });
  return table;
}

template <>
const Table<WorkflowSpec>& table_of<WorkflowSpec>() {
  using T = WorkflowSpec;
  static const Table<T> table(
      {.name = "workflow", .about = "A workflow: agents, and the tasks they do.", .refused = later_keys},
      {
          field("name", &T::name, {.about = "What the workflow is called.", .example = "daily_report", .required = true, .min_items = 1}),
          field("description", &T::description, {.about = "For people.", .example = "Collects yesterday's figures"}),
          field("version", &T::version, {.about = "For people; runs are pinned to the content of the file.", .example = "\"1.2.0\""}),
          field("parallel_execution", &T::parallel_execution,
                {.about = "Start each task as soon as what it depends on has ended; otherwise one after the other in file order.",
                 .example = "true"}),
          field("max_parallel_tasks", &T::max_parallel_tasks,
                {.about = "With parallel_execution: the most tasks at once; 0 means no cap.", .example = "4", .maximum = 100'000}),
          field("failure_strategy", &T::failure_strategy,
                {.about = "What the failure of a task means for the others.", .example = "partial_completion_allowed"}),
          field("global_timeout", &T::global_timeout,
                {.about = "The longest a run may take; without this key as long as it takes.", .example = "300", .minimum = 0.001}),
          field("on_failure", &T::on_failure,
                {.about = "What a failed run does about finished work: nothing, or undo it by the `compensate` steps, newest first.",
                 .example = "compensate"}),
          field("budget", &T::budget, {.about = "What a run may use; a step that would break it fails before it begins."}),
          field("concurrency", &T::concurrency, {.about = "How many runs of this workflow may be under way at once, by a key."}),
          field("inputs", &T::inputs, {.about = "What a run is given: name → type or schema.", .example = "{city: string}"}),
          field("include", &T::include,
                {.about = "Other files whose agents and tasks are part of this workflow.", .example = "[parts/mail.yaml]"}),
          field("defaults", &T::defaults, {.about = "What agents and tasks that do not say it themselves take over."}),
          field("models", &T::models,
                {.about = "Language models by names that agents may use: name → model.",
                 .example = "{fast: {model: openai/gpt-5.4-mini, cache: true}}"}),
          field("agents", &T::agents, {.about = "What can be given tasks."}),
          field("tasks", &T::tasks,
                {.about = "The steps; at least one, here or in a file that is included.", .required = true, .min_items = 1}),
          field("edges", &T::edges, {.about = "Where the run goes after a task, loops included."}),
          field("outputs", &T::outputs,
                {.about = "What a run answers: name → template over all tasks.", .example = "{report: \"{{write.result}}\"}"}),
      });
  return table;
}

template <>
const Table<IncludeSpec>& table_of<IncludeSpec>() {
  using T = IncludeSpec;
  static const Table<T> table(
      {.name = "include",
       .about = "A file whose agents and tasks are part of this one. `- parts/mail.yaml` is short for `- {file: parts/mail.yaml}`."},
      {
          field("file", &T::file,
                {.about = "Its path, from this one's folder.", .example = "parts/mail.yaml", .required = true, .min_items = 1}),
          field(
              "parameters", &T::parameters,
              {.about = "What stands for its `parameters`; templates mean what they mean there.", .example = "{to: \"{{ inputs.to }}\"}"}),
      });
  return table;
}

template <>
const Table<PartSpec>& table_of<PartSpec>() {
  using T = PartSpec;
  static const Table<T> table(
      {.name = "included file", .about = "A file that workflows include. All else belongs to the workflow itself."},
      {
          field("description", &T::description, {.about = "For people.", .example = "Mail, with a person's consent"}),
          field("parameters", &T::parameters,
                {.about = "What is chosen where it is included: name → type or schema. `{{ parameters.NAME }}` stands for it.",
                 .example = "{to: string}"}),
          field("include", &T::include, {.about = "Files that it needs itself."}),
          field("inputs", &T::inputs, {.about = "Inputs that the workflow is to have."}),
          field("defaults", &T::defaults, {.about = "Defaults of the workflow; those of the file that includes this one win, key by key."}),
          field("models", &T::models, {.about = "Models of the workflow."}),
          field("agents", &T::agents, {.about = "Agents of the workflow."}),
          field("tasks", &T::tasks, {.about = "Tasks of the workflow, before those of the file that includes this one."}),
          field("edges", &T::edges, {.about = "Edges of the workflow, before those of the file that includes this one."}),
          field("outputs", &T::outputs, {.about = "Outputs of the workflow."}),
      });
  return table;
}

}  // namespace skein::describe
