#include "runtime/api_agent_run.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <skein/builder.hpp>

#include "base/json.hpp"
#include "runtime/run_report.hpp"

namespace skein {
namespace {

/// The one task of the workflow that an agent's run is.
constexpr std::string_view task_name = "answer";

/// Text that the format takes for what it is, braces and all.
std::string plain(std::string_view text) {
  std::string out;
  for (auto at = text.find("{{"); at != std::string_view::npos; at = text.find("{{")) {
    out.append(text.substr(0, at)).append("\\{{");
    text.remove_prefix(at + 2);
  }
  return out.append(text);
}

Json plain(const Json& value) {  // NOLINT(misc-no-recursion): as deep as a user's schema
  if (const auto* text = value.if_string()) return Json(plain(std::string_view(*text)));
  if (const auto* array = value.if_array()) {
    JsonArray out;
    for (const auto& item : *array) out.push_back(plain(item));
    return out;
  }
  if (const auto* object = value.if_object()) {
    JsonObject out;
    for (const auto& member : *object) out[member.key()] = plain(member.value());
    return out;
  }
  return value;
}

Json list_of_texts(const std::vector<std::string>& texts) {
  JsonArray out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

AgentBuilder described_by(const AgentOptions& options, const Json& schema) {
  AgentBuilder agent(options.name, "ai_agent");
  agent.model(options.model).timeout(options.timeout);
  for (const auto& name : options.fallback_models) agent.fallback_model(name);
  for (const auto& [step, name] : options.step_models) agent.step_model(step, name);
  if (!options.instructions.empty()) agent.instructions(plain(options.instructions));
  if (!options.role.empty()) agent.role(plain(options.role));
  for (const auto& tool : options.tools) agent.tool(tool.name());
  if (!options.tool_calling.empty()) agent.tool_calling(options.tool_calling);
  if (options.max_turns) agent.max_turns(*options.max_turns);
  if (options.max_output_tokens) agent.max_output_tokens(*options.max_output_tokens);
  if (options.temperature) agent.temperature(*options.temperature);
  if (options.top_p) agent.top_p(*options.top_p);
  if (!options.reasoning_effort.empty()) agent.reasoning_effort(options.reasoning_effort);
  if (!schema.is_null()) agent.output_schema(plain(schema));
  if (options.reflect) agent.reflect();
  if (options.context_tokens) agent.context_tokens(*options.context_tokens);
  for (const auto& check : options.guardrails.input) agent.guardrail("input", check);
  for (const auto& check : options.guardrails.tool_results) agent.guardrail("tool_results", check);
  for (const auto& check : options.guardrails.output) agent.guardrail("output", check);
  for (const auto& tool : options.approve) agent.approve(tool);
  for (const auto& name : options.approvers) agent.approver(name);
  if (!options.session.empty()) agent.session(plain(options.session));
  if (options.budget.tokens || options.budget.cost || options.budget.tool_calls) agent.budget(options.budget);
  if (options.retry) agent.retry(*options.retry);
  return agent;
}

std::string text_at(const Json& value, std::string_view pointer) {
  const auto* text = at_pointer(value, pointer);
  return text != nullptr && text->is_string() ? std::string(text->get_string()) : std::string();
}

template <class Number>
Number number_at(const Json& value, std::string_view pointer) {
  const auto* number = at_pointer(value, pointer);
  boost::json::error_code none;
  const auto out = number == nullptr ? Number{} : number->to_number<Number>(none);
  return none ? Number{} : out;
}

Error error_of(ErrorCode code, std::string message) { return fail(code, std::move(message)).error(); }

void read_result(AgentResult& out, const Json& result) {
  out.task_id = text_at(result, "/task_id");
  if (const auto* output = at_pointer(result, "/output")) out.value = *output;
  out.reflection_notes = text_at(result, "/reflection_notes");
  if (const auto* sources = at_pointer(result, "/sources"); sources != nullptr && sources->is_array()) {
    for (const auto& source : sources->get_array()) {
      if (source.is_string()) out.sources.emplace_back(source.get_string());
    }
  }
}

void read_metadata(AgentResult& out, const Json& metadata) {
  out.model = text_at(metadata, "/model");
  out.turns = number_at<std::uint32_t>(metadata, "/turns");
  out.usage = {.input_tokens = number_at<std::uint64_t>(metadata, "/usage/input_tokens"),
               .output_tokens = number_at<std::uint64_t>(metadata, "/usage/output_tokens"),
               .cached_tokens = number_at<std::uint64_t>(metadata, "/usage/cached_tokens"),
               .cache_write_tokens = number_at<std::uint64_t>(metadata, "/usage/cache_write_tokens"),
               .reasoning_tokens = number_at<std::uint64_t>(metadata, "/usage/reasoning_tokens")};
  if (at_pointer(metadata, "/cost_usd") != nullptr) out.cost = number_at<double>(metadata, "/cost_usd");
  if (const auto* messages = at_pointer(metadata, "/messages"); messages != nullptr && messages->is_array())
    out.messages = messages->get_array();
}

}  // namespace

Result<Workflow> workflow_of(const AgentOptions& options, const Json& schema) {
  const JsonObject list{{"type", "array"}, {"default", JsonArray()}};
  return WorkflowBuilder(options.name)
      .input("prompt", JsonObject{{"type", "string"}, {"default", ""}})
      .input("images", list)
      .input("messages", list)
      .agent(described_by(options, schema))
      .task(TaskBuilder(task_name, options.name, "run")
                .parameter("prompt", "{{ inputs.prompt }}")
                .parameter("images", "{{ inputs.images }}")
                .parameter("messages", "{{ inputs.messages }}"))
      .output(task_name, Json(fmt::format("{{{{ {}.result.output }}}}", task_name)))
      .build();
}

JsonObject inputs_of(AgentTask task) {
  return {{"prompt", task.prompt}, {"images", list_of_texts(task.images)}, {"messages", std::move(task.messages)}};
}

AgentResult result_of(RunId id, const workflow::RunState& state, Instant now) {
  const auto report = runtime::report_of(id, state);
  AgentResult out;
  out.run_id = id.str();
  out.agent = report.workflow;
  out.status = report.status;
  out.created = report.created;
  out.finished = report.finished.value_or(now);
  out.tokens = state.spent().tokens;
  out.tool_calls = state.spent().tool_calls;
  if (state.spent().nano_dollars > 0) out.cost = static_cast<double>(state.spent().nano_dollars) / 1e9;
  const auto task = std::ranges::find(report.tasks, task_name, &runtime::TaskReport::name);
  if (task == report.tasks.end()) {
    out.error = error_of(ErrorCode::invalid_argument,
                         fmt::format("run {} is one of the workflow '{}' and not of an agent; use Runtime::wait", out.run_id, out.agent));
  } else if (report.status == RunStatus::completed && task->result) {
    read_result(out, *task->result);
    if (task->metadata) read_metadata(out, *task->metadata);
  } else if (!is_final(report.status)) {
    out.error = error_of(ErrorCode::conflict, fmt::format("run {} has not ended: it is {}", out.run_id, to_string(report.status)));
  } else if (task->error) {
    out.error = task->error;
  } else {
    out.error = error_of(report.status == RunStatus::cancelled ? ErrorCode::cancelled : ErrorCode::agent_failed,
                         report.error.empty() ? fmt::format("run {} is {}", out.run_id, to_string(report.status)) : report.error);
  }
  return out;
}

}  // namespace skein
