#include <skein/workflow.hpp>

#include "config/config.hpp"
#include "workflow/definition.hpp"

namespace skein {
namespace {

Error all_of(const std::vector<config::Problem>& problems) {
  std::string text;
  for (const auto& problem : problems) {
    if (!text.empty()) text += '\n';
    text += config::to_string(problem);
  }
  return Error{.code = ErrorCode::invalid_definition, .message = std::move(text), .context = {}, .retryable = false, .retry_after = {}};
}

}  // namespace

Result<Workflow> Workflow::from_file(const std::filesystem::path& path) {
  auto loaded = config::load_workflow_file(path);
  if (!loaded) return std::unexpected(all_of(loaded.error()));
  return Workflow(loaded->definition);
}

Result<Workflow> Workflow::from_text(std::string_view text, std::string_view name) {
  const auto format = name.ends_with(".json") ? config::Format::json : config::Format::yaml;
  auto loaded = config::load_workflow_text(text, std::string(name), format);
  if (!loaded) return std::unexpected(all_of(loaded.error()));
  return Workflow(loaded->definition);
}

Result<Workflow> Workflow::from_document(const Json& document) {
  auto loaded = config::load_workflow_document(document);
  if (!loaded) return std::unexpected(all_of(loaded.error()));
  return Workflow(loaded->definition);
}

const std::string& Workflow::name() const { return definition_->name; }
const Json& Workflow::document() const { return definition_->document; }
const std::string& Workflow::hash() const { return definition_->hash; }

AgentBuilder::AgentBuilder(std::string_view name, std::string_view type) {
  document_["name"] = name;
  document_["type"] = type;
}
AgentBuilder& AgentBuilder::endpoint(std::string_view url) { return set("endpoint", Json(url)); }
AgentBuilder& AgentBuilder::timeout(double seconds) { return set("timeout", seconds); }
AgentBuilder& AgentBuilder::bearer(std::string_view token) {
  return set("authentication", JsonObject{{"type", "bearer"}, {"token", token}});
}
AgentBuilder& AgentBuilder::api_key(std::string_view key, std::string_view header) {
  return set("authentication", JsonObject{{"type", "api_key"}, {"key", key}, {"header", header}});
}
AgentBuilder& AgentBuilder::basic(std::string_view username, std::string_view password) {
  return set("authentication", JsonObject{{"type", "basic"}, {"username", username}, {"password", password}});
}
AgentBuilder& AgentBuilder::retry(unsigned max_attempts, double initial_delay) {
  return set("retry_config", JsonObject{{"max_attempts", max_attempts}, {"initial_delay", initial_delay}});
}
AgentBuilder& AgentBuilder::circuit_breaker(unsigned failure_threshold, double recovery_timeout) {
  return set("circuit_breaker", JsonObject{{"failure_threshold", failure_threshold}, {"recovery_timeout", recovery_timeout}});
}
AgentBuilder& AgentBuilder::set(std::string_view key, Json value) {
  document_[key] = std::move(value);
  return *this;
}

TaskBuilder::TaskBuilder(std::string_view name, std::string_view agent, std::string_view action) {
  document_["name"] = name;
  document_["agent_name"] = agent;
  document_["action"] = action;
}
TaskBuilder& TaskBuilder::parameters(JsonObject parameters) { return set("parameters", std::move(parameters)); }
TaskBuilder& TaskBuilder::parameter(std::string_view key, Json value) {
  auto& parameters = document_["parameters"];
  if (!parameters.is_object()) parameters.emplace_object();
  parameters.get_object()[key] = std::move(value);
  return *this;
}
TaskBuilder& TaskBuilder::after(std::initializer_list<std::string_view> tasks) {
  for (const auto task : tasks) after(task);
  return *this;
}
TaskBuilder& TaskBuilder::after(std::string_view task) {
  auto& needs = document_["depends_on"];
  if (!needs.is_array()) needs.emplace_array();
  needs.get_array().emplace_back(task);
  return *this;
}
TaskBuilder& TaskBuilder::timeout(double seconds) { return set("timeout", seconds); }
TaskBuilder& TaskBuilder::deadline(double seconds) { return set("deadline", seconds); }
TaskBuilder& TaskBuilder::when(std::string_view condition) { return set("when", Json(condition)); }
TaskBuilder& TaskBuilder::for_each(Json list, unsigned max_concurrency) {
  set("for_each", std::move(list));
  return max_concurrency > 0 ? set("max_concurrency", max_concurrency) : *this;
}
TaskBuilder& TaskBuilder::approval(std::string_view message, std::initializer_list<std::string_view> approvers) {
  JsonObject question{{"message", message}};
  if (approvers.size() > 0) question["approvers"] = JsonArray(approvers.begin(), approvers.end());
  return set("approval", Json(std::move(question)));
}
TaskBuilder& TaskBuilder::compensate(std::string_view action, JsonObject parameters, std::string_view agent) {
  JsonObject undo{{"action", action}};
  if (!parameters.empty()) undo["parameters"] = std::move(parameters);
  if (!agent.empty()) undo["agent_name"] = agent;
  return set("compensate", Json(std::move(undo)));
}
TaskBuilder& TaskBuilder::retry(unsigned max_attempts, double initial_delay) {
  return set("retry_config", JsonObject{{"max_attempts", max_attempts}, {"initial_delay", initial_delay}});
}
TaskBuilder& TaskBuilder::continue_on_failure(bool yes) { return set("continue_on_failure", yes); }
TaskBuilder& TaskBuilder::effect(bool yes) { return set("effect", yes); }
TaskBuilder& TaskBuilder::set(std::string_view key, Json value) {
  document_[key] = std::move(value);
  return *this;
}

WorkflowBuilder::WorkflowBuilder(std::string_view name) { document_["name"] = name; }
WorkflowBuilder& WorkflowBuilder::parallel(unsigned max_parallel_tasks) {
  set("parallel_execution", true);
  if (max_parallel_tasks > 0) set("max_parallel_tasks", max_parallel_tasks);
  return *this;
}
WorkflowBuilder& WorkflowBuilder::failure_strategy(std::string_view strategy) { return set("failure_strategy", Json(strategy)); }
WorkflowBuilder& WorkflowBuilder::global_timeout(double seconds) { return set("global_timeout", seconds); }
WorkflowBuilder& WorkflowBuilder::compensate_on_failure() { return set("on_failure", "compensate"); }
WorkflowBuilder& WorkflowBuilder::input(std::string_view name, Json schema) {
  object("inputs")[name] = std::move(schema);
  return *this;
}
WorkflowBuilder& WorkflowBuilder::agent(const AgentBuilder& agent) {
  array("agents").emplace_back(agent.document());
  return *this;
}
WorkflowBuilder& WorkflowBuilder::task(const TaskBuilder& task) {
  array("tasks").emplace_back(task.document());
  return *this;
}
WorkflowBuilder& WorkflowBuilder::edge(std::string_view from, std::string_view to) { return edge(from, to, {}); }
WorkflowBuilder& WorkflowBuilder::edge(std::string_view from, std::string_view to, std::string_view condition, unsigned max_iterations) {
  JsonObject edge{{"from", from}, {"to", to}};
  if (!condition.empty()) edge["when"] = condition;
  if (max_iterations > 0) edge["max_iterations"] = max_iterations;
  array("edges").emplace_back(std::move(edge));
  return *this;
}
WorkflowBuilder& WorkflowBuilder::output(std::string_view name, Json value) {
  object("outputs")[name] = std::move(value);
  return *this;
}
WorkflowBuilder& WorkflowBuilder::set(std::string_view key, Json value) {
  document_[key] = std::move(value);
  return *this;
}
Result<Workflow> WorkflowBuilder::build() const { return Workflow::from_document(Json(document_)); }

JsonObject& WorkflowBuilder::object(std::string_view key) {
  auto& value = document_[key];
  if (!value.is_object()) value.emplace_object();
  return value.get_object();
}
JsonArray& WorkflowBuilder::array(std::string_view key) {
  auto& value = document_[key];
  if (!value.is_array()) value.emplace_array();
  return value.get_array();
}

}  // namespace skein
