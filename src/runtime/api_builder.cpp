#include <skein/builder.hpp>

#include "runtime/api_parts.hpp"

namespace skein {
namespace {

JsonObject& object_at(JsonObject& document, std::string_view key) {
  auto& value = document[key];
  if (!value.is_object()) value.emplace_object();
  return value.get_object();
}

JsonArray& array_at(JsonObject& document, std::string_view key) {
  auto& value = document[key];
  if (!value.is_array()) value.emplace_array();
  return value.get_array();
}

}  // namespace

AgentBuilder::AgentBuilder(std::string_view name, std::string_view type) {
  document_["name"] = name;
  document_["type"] = type;
}
AgentBuilder& AgentBuilder::endpoint(std::string_view url) { return set("endpoint", Json(url)); }
AgentBuilder& AgentBuilder::timeout(const Duration& timeout) { return set("timeout", timeout.json()); }
AgentBuilder& AgentBuilder::bearer(std::string_view token) { return authentication({.type = "bearer", .token = std::string(token)}); }
AgentBuilder& AgentBuilder::api_key(std::string_view key, std::string_view header) {
  return authentication({.type = "api_key", .key = std::string(key), .header = std::string(header)});
}
AgentBuilder& AgentBuilder::basic(std::string_view username, std::string_view password) {
  return authentication({.type = "basic", .username = std::string(username), .password = std::string(password)});
}
AgentBuilder& AgentBuilder::authentication(const Authentication& credentials) { return set("authentication", as_json(credentials)); }
AgentBuilder& AgentBuilder::retry(unsigned max_attempts) { return retry(attempts_and_delay(max_attempts, std::nullopt)); }
AgentBuilder& AgentBuilder::retry(unsigned max_attempts, const Duration& initial_delay) {
  return retry(attempts_and_delay(max_attempts, initial_delay));
}
AgentBuilder& AgentBuilder::retry(const Retry& policy) { return set("retry_config", as_json(policy)); }
AgentBuilder& AgentBuilder::retry_on(const RetryOn& failures) { return set("retry_on", as_json(failures)); }
AgentBuilder& AgentBuilder::circuit_breaker(unsigned failure_threshold) {
  return circuit_breaker({.failure_threshold = failure_threshold});
}
AgentBuilder& AgentBuilder::circuit_breaker(unsigned failure_threshold, const Duration& recovery_timeout) {
  return circuit_breaker({.failure_threshold = failure_threshold, .recovery_timeout = recovery_timeout});
}
AgentBuilder& AgentBuilder::circuit_breaker(const CircuitBreaker& policy) { return set("circuit_breaker", as_json(policy)); }
AgentBuilder& AgentBuilder::custom_params(JsonObject defaults) { return set("custom_params", std::move(defaults)); }
AgentBuilder& AgentBuilder::custom_param(std::string_view key, Json value) {
  object_at(document_, "custom_params")[key] = std::move(value);
  return *this;
}
AgentBuilder& AgentBuilder::command(std::string_view program) { return set("command", Json(program)); }
AgentBuilder& AgentBuilder::arg(std::string_view argument) {
  array_at(document_, "args").emplace_back(argument);
  return *this;
}
AgentBuilder& AgentBuilder::args(std::initializer_list<std::string_view> arguments) {
  for (const auto argument : arguments) arg(argument);
  return *this;
}
AgentBuilder& AgentBuilder::env(std::string_view name, std::string_view value) {
  object_at(document_, "env")[name] = value;
  return *this;
}
AgentBuilder& AgentBuilder::model(std::string_view name) { return set("model", Json(name)); }
AgentBuilder& AgentBuilder::fallback_models(std::initializer_list<std::string_view> names) {
  for (const auto name : names) fallback_model(name);
  return *this;
}
AgentBuilder& AgentBuilder::fallback_model(std::string_view name) {
  array_at(document_, "fallback_models").emplace_back(name);
  return *this;
}
AgentBuilder& AgentBuilder::step_model(std::string_view step, std::string_view name) {
  object_at(document_, "step_models")[step] = name;
  return *this;
}
AgentBuilder& AgentBuilder::instructions_file(std::string_view path, JsonObject parameters) {
  JsonObject prompt{{"file", path}};
  if (!parameters.empty()) prompt["parameters"] = std::move(parameters);
  return set("instructions", Json(std::move(prompt)));
}
AgentBuilder& AgentBuilder::instructions(std::string_view text) { return set("instructions", Json(text)); }
AgentBuilder& AgentBuilder::role(std::string_view text) { return set("role", Json(text)); }
AgentBuilder& AgentBuilder::tools(std::initializer_list<std::string_view> names) {
  for (const auto name : names) tool(name);
  return *this;
}
AgentBuilder& AgentBuilder::tool(std::string_view name) {
  array_at(document_, "tools").emplace_back(name);
  return *this;
}
AgentBuilder& AgentBuilder::approve(std::string_view tools) {
  array_at(document_, "approve").emplace_back(tools);
  return *this;
}
AgentBuilder& AgentBuilder::approver(std::string_view name) {
  array_at(document_, "approvers").emplace_back(name);
  return *this;
}
AgentBuilder& AgentBuilder::context_tokens(unsigned tokens) { return set("context_tokens", tokens); }
AgentBuilder& AgentBuilder::guardrail(std::string_view where, const Guardrail& check) {
  array_at(object_at(document_, "guardrails"), where).emplace_back(as_json(check));
  return *this;
}
AgentBuilder& AgentBuilder::tool_calling(std::string_view how) { return set("tool_calling", Json(how)); }
AgentBuilder& AgentBuilder::max_turns(unsigned turns) { return set("max_turns", turns); }
AgentBuilder& AgentBuilder::max_output_tokens(unsigned tokens) { return set("max_output_tokens", tokens); }
AgentBuilder& AgentBuilder::temperature(double temperature) { return set("temperature", number_as_json(temperature)); }
AgentBuilder& AgentBuilder::top_p(double share) { return set("top_p", number_as_json(share)); }
AgentBuilder& AgentBuilder::reasoning_effort(std::string_view effort) { return set("reasoning_effort", Json(effort)); }
AgentBuilder& AgentBuilder::output_schema(Json schema) { return set("output_schema", std::move(schema)); }
AgentBuilder& AgentBuilder::reflect(bool yes) { return set("reflect", yes); }
AgentBuilder& AgentBuilder::session(std::string_view name) { return set("session", Json(name)); }
AgentBuilder& AgentBuilder::budget(const AgentBudget& limits) { return set("budget", as_json(limits)); }
AgentBuilder& AgentBuilder::workflow(const Workflow& inner) { return set("workflow", inner.document()); }
AgentBuilder& AgentBuilder::workflow(const WorkflowBuilder& inner) { return set("workflow", Json(inner.document())); }
AgentBuilder& AgentBuilder::workflow_file(std::string_view path) { return set("workflow", Json(path)); }
AgentBuilder& AgentBuilder::set(std::string_view key, Json value) {
  document_[key] = std::move(value);
  return *this;
}

TaskBuilder::TaskBuilder(std::string_view name, std::string_view agent, std::string_view action) {
  document_["name"] = name;
  document_["agent_name"] = agent;
  document_["action"] = action;
}
TaskBuilder TaskBuilder::wait_for(std::string_view name, Json seconds) {
  return TaskBuilder(name, "local", "wait").parameter("seconds", std::move(seconds));
}
TaskBuilder TaskBuilder::wait_until(std::string_view name, std::string_view instant) {
  return TaskBuilder(name, "local", "wait").parameter("until", Json(instant));
}
TaskBuilder TaskBuilder::await_signal(std::string_view name, std::string_view signal, const std::optional<Duration>& timeout) {
  TaskBuilder out(name, "local", "signal");
  out.parameter("name", Json(signal));
  if (timeout) out.parameter("timeout", timeout->json());
  return out;
}
TaskBuilder TaskBuilder::ask(std::string_view name, std::string_view agent, const Question& question) {
  return TaskBuilder(name, agent, "ask").parameters(as_json(question));
}
TaskBuilder& TaskBuilder::description(std::string_view text) { return set("description", Json(text)); }
TaskBuilder& TaskBuilder::parameters(JsonObject parameters) { return set("parameters", std::move(parameters)); }
TaskBuilder& TaskBuilder::parameter(std::string_view key, Json value) {
  object_at(document_, "parameters")[key] = std::move(value);
  return *this;
}
TaskBuilder& TaskBuilder::after(std::initializer_list<std::string_view> tasks) {
  for (const auto task : tasks) after(task);
  return *this;
}
TaskBuilder& TaskBuilder::after(std::string_view task) {
  array_at(document_, "depends_on").emplace_back(task);
  return *this;
}
TaskBuilder& TaskBuilder::timeout(const Duration& timeout) { return set("timeout", timeout.json()); }
TaskBuilder& TaskBuilder::deadline(const Duration& deadline) { return set("deadline", deadline.json()); }
TaskBuilder& TaskBuilder::when(const Condition& condition) { return set("when", condition.json()); }
TaskBuilder& TaskBuilder::for_each(Json list, unsigned max_concurrency) {
  set("for_each", std::move(list));
  return max_concurrency > 0 ? set("max_concurrency", max_concurrency) : *this;
}
TaskBuilder& TaskBuilder::approval(std::string_view message, std::initializer_list<std::string_view> approvers) {
  return approval({.message = std::string(message), .approvers = std::vector<std::string>(approvers.begin(), approvers.end())});
}
TaskBuilder& TaskBuilder::approval(const Approval& question) { return set("approval", as_json(question)); }
TaskBuilder& TaskBuilder::compensate(std::string_view action, JsonObject parameters, std::string_view agent) {
  Undo undo;
  undo.action = action;
  undo.parameters = std::move(parameters);
  if (!agent.empty()) undo.agent = agent;
  return compensate(undo);
}
TaskBuilder& TaskBuilder::compensate(const Undo& undo) { return set("compensate", as_json(undo)); }
TaskBuilder& TaskBuilder::retry(unsigned max_attempts) { return retry(attempts_and_delay(max_attempts, std::nullopt)); }
TaskBuilder& TaskBuilder::retry(unsigned max_attempts, const Duration& initial_delay) {
  return retry(attempts_and_delay(max_attempts, initial_delay));
}
TaskBuilder& TaskBuilder::retry(const Retry& policy) { return set("retry_config", as_json(policy)); }
TaskBuilder& TaskBuilder::retry_on(const RetryOn& failures) { return set("retry_on", as_json(failures)); }
TaskBuilder& TaskBuilder::continue_on_failure(bool yes) { return set("continue_on_failure", yes); }
TaskBuilder& TaskBuilder::effect(bool yes) { return set("effect", yes); }
TaskBuilder& TaskBuilder::set(std::string_view key, Json value) {
  document_[key] = std::move(value);
  return *this;
}

WorkflowBuilder::WorkflowBuilder(std::string_view name) { document_["name"] = name; }
WorkflowBuilder& WorkflowBuilder::description(std::string_view text) { return set("description", Json(text)); }
WorkflowBuilder& WorkflowBuilder::version(std::string_view version) { return set("version", Json(version)); }
WorkflowBuilder& WorkflowBuilder::parallel(unsigned max_parallel_tasks) {
  set("parallel_execution", true);
  if (max_parallel_tasks > 0) set("max_parallel_tasks", max_parallel_tasks);
  return *this;
}
WorkflowBuilder& WorkflowBuilder::sequential() { return set("parallel_execution", false); }
WorkflowBuilder& WorkflowBuilder::failure_strategy(std::string_view strategy) { return set("failure_strategy", Json(strategy)); }
WorkflowBuilder& WorkflowBuilder::global_timeout(const Duration& timeout) { return set("global_timeout", timeout.json()); }
WorkflowBuilder& WorkflowBuilder::on_failure(std::string_view what) { return set("on_failure", Json(what)); }
WorkflowBuilder& WorkflowBuilder::compensate_on_failure() { return on_failure("compensate"); }
WorkflowBuilder& WorkflowBuilder::budget(const Budget& limits) { return set("budget", as_json(limits)); }
WorkflowBuilder& WorkflowBuilder::concurrency(const Concurrency& limit) { return set("concurrency", as_json(limit)); }
WorkflowBuilder& WorkflowBuilder::defaults(const Defaults& values) { return set("defaults", as_json(values)); }
WorkflowBuilder& WorkflowBuilder::input(std::string_view name, Json schema) {
  object_at(document_, "inputs")[name] = std::move(schema);
  return *this;
}
WorkflowBuilder& WorkflowBuilder::include(std::string_view file, JsonObject parameters) {
  JsonObject entry{{"file", file}};
  if (!parameters.empty()) entry["parameters"] = std::move(parameters);
  array_at(document_, "include").emplace_back(std::move(entry));
  return *this;
}
WorkflowBuilder& WorkflowBuilder::model(std::string_view name, const Model& settings) {
  object_at(document_, "models")[name] = as_json(settings);
  return *this;
}
WorkflowBuilder& WorkflowBuilder::agent(const AgentBuilder& agent) {
  array_at(document_, "agents").emplace_back(agent.document());
  return *this;
}
WorkflowBuilder& WorkflowBuilder::task(const TaskBuilder& task) {
  array_at(document_, "tasks").emplace_back(task.document());
  return *this;
}
WorkflowBuilder& WorkflowBuilder::edge(std::string_view from, std::string_view to) { return edge(from, to, 0U); }
WorkflowBuilder& WorkflowBuilder::edge(std::string_view from, std::string_view to, unsigned max_iterations) {
  Edge way{.from = std::string(from), .to = std::string(to)};
  if (max_iterations > 0) way.max_iterations = max_iterations;
  return edge(way);
}
WorkflowBuilder& WorkflowBuilder::edge(std::string_view from, std::string_view to, const Condition& condition, unsigned max_iterations) {
  Edge way{.from = std::string(from), .to = std::string(to), .when = condition};
  if (max_iterations > 0) way.max_iterations = max_iterations;
  return edge(way);
}
WorkflowBuilder& WorkflowBuilder::edge(const Edge& edge) {
  array_at(document_, "edges").emplace_back(as_json(edge));
  return *this;
}
WorkflowBuilder& WorkflowBuilder::output(std::string_view name, Json value) {
  object_at(document_, "outputs")[name] = std::move(value);
  return *this;
}
WorkflowBuilder& WorkflowBuilder::set(std::string_view key, Json value) {
  document_[key] = std::move(value);
  return *this;
}
Result<Workflow> WorkflowBuilder::build(const std::filesystem::path& folder) const {
  return Workflow::from_document(Json(document_), folder);
}

}  // namespace skein
