#include <array>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "config/shapes.hpp"
#include "config/validate.hpp"
#include "store/session.hpp"

namespace skein::describe {

template <>
std::span<const std::string_view> names_of<config::ToolCalling>() {
  static constexpr std::array<std::string_view, 2> words{"native", "react"};
  return words;
}

template <>
const Table<config::DailySpec>& table_of<config::DailySpec>() {
  using T = config::DailySpec;
  static const Table<T> table(
      {.name = "daily_budget",
       .about =
           "What an agent may spend on one day (UTC), over all runs and processes of a store. Counted by the names of workflow and agent."},
      {
          field("tokens", &T::tokens, {.about = "Tokens, prompts and answers together.", .example = "1000000", .minimum = 1}),
          field("cost", &T::cost, {.about = "US dollars.", .example = "5", .minimum = 0.000001, .maximum = 1'000'000}),
      });
  return table;
}

template <>
const Table<config::SpendSpec>& table_of<config::SpendSpec>() {
  using T = config::SpendSpec;
  static const Table<T> table(
      {.name = "agent_budget",
       .about = "What an agent may spend in one run. A call that could break it is not made: the task fails with `budget_exceeded`."},
      {
          field("tokens", &T::tokens, {.about = "Tokens, prompts and answers together.", .example = "50000", .minimum = 1}),
          field("cost", &T::cost, {.about = "US dollars.", .example = "0.10", .minimum = 0.000001, .maximum = 1'000'000}),
          field("tool_calls", &T::tool_calls, {.about = "Calls of tools.", .example = "20", .minimum = 0}),
          field("daily", &T::daily, {.about = "What it may spend on one day, in all runs together."}),
      });
  return table;
}

}  // namespace skein::describe

// Agents that think: which model, told what, with which tools.
namespace skein::config {

using describe::add_error;
using describe::field;
using describe::Path;
using describe::Problems;

std::vector<describe::Field<AgentSpec>> thinking_fields() {
  using T = AgentSpec;
  return {
      field("model", &T::model,
            {.about = "ai_agent: the model that thinks, as `provider/model` or one of `models` (models.md). Then there is no `endpoint`.",
             .example = "openai/gpt-5.4-mini",
             .min_items = 1}),
      field("fallback_models", &T::fallback_models,
            {.about = "ai_agent with a model: asked in this order where the model cannot be reached.", .example = "[ollama/qwen3]"}),
      field("step_models", &T::step_models, {.about = "ai_agent with a model: other models, usually cheaper ones, for chosen steps."}),
      field("instructions", &T::instructions,
            {.about = "ai_agent with a model: what it is told before each task (the system prompt), as a text or from a file.",
             .example = "{file: prompts/support.md, parameters: {tone: warm}}"}),
      field("role", &T::role, {.about = "ai_agent with a model: who it is, in a few words.", .example = "a careful accountant"}),
      field("tools", &T::tools,
            {.about = "ai_agent with a model: the tools it may call, by name or pattern; `skein tools list` shows them.",
             .example = "[calculator, \"db_*\"]"}),
      field("approve", &T::approve,
            {.about =
                 "ai_agent with a model: of its tools those whose calls a person approves first, by name or pattern. The person sees the "
                 "arguments and may change them; a no is told to the model.",
             .example = "[\"pay_*\"]"}),
      field("approvers", &T::approvers,
            {.about = "ai_agent with a model: who may approve these calls; without it anybody.", .example = "[maria]"}),
      field("tool_calling", &T::tool_calling,
            {.about = "ai_agent with a model: `react` for models that cannot call tools natively.", .example = "react"}),
      field("max_turns", &T::max_turns,
            {.about = "ai_agent with a model: how often the model may answer in one task.", .minimum = 1, .maximum = 1000}),
      field("max_output_tokens", &T::max_output_tokens,
            {.about = "ai_agent with a model: the length of one answer at most.", .example = "2000", .minimum = 1}),
      field("temperature", &T::temperature,
            {.about = "ai_agent with a model: how freely it chooses its words.", .example = "0.2", .minimum = 0, .maximum = 2}),
      field("top_p", &T::top_p,
            {.about = "ai_agent with a model: the share of likely words it chooses from.", .example = "0.9", .minimum = 0, .maximum = 1}),
      field("reasoning_effort", &T::reasoning_effort,
            {.about = "ai_agent with a model: how long it thinks, in the provider's words.", .example = "low"}),
      field("output_schema", &T::output_schema,
            {.about = "ai_agent with a model: what its answer must look like; `output` is then a value and not a text.",
             .example = "{type: object, properties: {total: number}, required: [total]}"}),
      field(
          "context_tokens", &T::context_tokens,
          {.about =
               "ai_agent with a model: the size of its context window. Where a conversation comes near it the oldest results of tools give "
               "way to notes, and then all but the task and the latest turn to a summary that the model is asked for.",
           .example = "128000",
           .minimum = 1000}),
      field("guardrails", &T::guardrails,
            {.about = "ai_agent with a model: checks of what the task says, of what tools bring and of the answer."}),
      field("reflect", &T::reflect, {.about = "ai_agent with a model: it reviews its answer once before the answer counts."}),
      field(
          "session", &T::session,
          {.about = "ai_agent with a model: the name of the conversation that it goes on with, also over runs; null: it remembers nothing.",
           .example = "\"{{ inputs.user }}\""}),
      field("budget", &T::budget, {.about = "ai_agent with a model: what it may spend in one run."}),
  };
}

Json thinking_of(const AgentSpec& agent, const Json& document) {
  JsonObject out;
  const auto words = [](const std::vector<std::string>& list) {
    JsonArray array;
    for (const auto& word : list) array.emplace_back(word);
    return array;
  };
  out["model"] = agent.model.source;
  if (!agent.fallback_models.empty()) out["fallback_models"] = words(agent.fallback_models);
  if (!agent.instructions.source.is_null()) out["instructions"] = agent.instructions.source;
  if (!agent.role.source.is_null()) out["role"] = agent.role.source;
  if (!agent.tools.empty()) out["tools"] = words(agent.tools);
  if (agent.step_models) {
    auto& steps = out["step_models"].emplace_object();
    const auto put = [&](std::string_view step, const std::string& name) {
      if (!name.empty()) steps[step] = name;
    };
    put("reflect", agent.step_models->reflect);
    put("repair", agent.step_models->repair);
    put("summarise", agent.step_models->summarise);
  }
  if (auto models = models_for(agent, document); !models.empty()) out["models"] = std::move(models);
  if (!agent.approve.empty()) out["approve"] = words(agent.approve);
  if (!agent.approvers.empty()) out["approvers"] = words(agent.approvers);
  out["tool_calling"] = describe::names_of<ToolCalling>()[static_cast<std::size_t>(agent.tool_calling)];
  out["max_turns"] = agent.max_turns;
  if (agent.max_output_tokens) out["max_output_tokens"] = *agent.max_output_tokens;
  if (agent.temperature) out["temperature"] = *agent.temperature;
  if (agent.top_p) out["top_p"] = *agent.top_p;
  if (!agent.reasoning_effort.empty()) out["reasoning_effort"] = agent.reasoning_effort;
  if (agent.output_schema) out["output_schema"] = agent.output_schema->source;
  if (agent.context_tokens) out["context_tokens"] = *agent.context_tokens;
  if (agent.guardrails && !agent.guardrails->none()) out["guardrails"] = agent::guardrails_to_json(*agent.guardrails);
  if (agent.reflect) out["reflect"] = true;
  return out;
}

namespace {

void check_guardrails(const agent::GuardrailsSettings& settings, const Path& at, Problems& problems) {
  const auto check = [&](std::string_view key, const std::vector<agent::GuardrailSettings>& list) {
    const Path place(at, key);
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto made = agent::Guards::make({list[i]});
      if (!made) add_error(problems, Path(place, i), made.error().message);
    }
  };
  check("input", settings.input);
  check("tool_results", settings.tool_results);
  check("output", settings.output);
}

}  // namespace

void check_thinking(const AgentSpec& agent, const agent::NamedModels& models, const Path& at, Problems& problems) {
  const bool thinks = !agent.model.source.is_null();
  if (thinks && agent.type == AgentKind::ai_agent && !agent.endpoint.source.is_null()) {
    add_error(problems, Path(at, "endpoint"),
              fmt::format("agent '{}' has a model and an endpoint; keep the model, which knows its provider's address, or the endpoint",
                          agent.name),
              describe::Part::key);
  }
  for_each_model_name(agent, at, [&](std::string_view name, const Path& place) { check_model_name(name, models, place, problems); });
  const auto* session = agent.session.source.if_string();
  if (session != nullptr && session->find("{{") == boost::json::string::npos) {
    if (const auto named = store::check_session_name(*session); !named) add_error(problems, Path(at, "session"), named.error().message);
  }
  if (agent.guardrails) check_guardrails(*agent.guardrails, Path(at, "guardrails"), problems);
  if (thinks && agent.type == AgentKind::ai_agent) {
    if (!agent.approvers.empty() && agent.approve.empty())
      add_error(problems, Path(at, "approvers"), "'approvers' needs 'approve', which says what they approve; add it", describe::Part::key);
    return;
  }
  const std::vector<std::pair<std::string_view, bool>> given{{"model", thinks},
                                                             {"fallback_models", !agent.fallback_models.empty()},
                                                             {"step_models", agent.step_models.has_value()},
                                                             {"instructions", !agent.instructions.source.is_null()},
                                                             {"role", !agent.role.source.is_null()},
                                                             {"tools", !agent.tools.empty()},
                                                             {"approve", !agent.approve.empty()},
                                                             {"approvers", !agent.approvers.empty()},
                                                             {"context_tokens", agent.context_tokens.has_value()},
                                                             {"guardrails", agent.guardrails.has_value()},
                                                             {"max_output_tokens", agent.max_output_tokens.has_value()},
                                                             {"temperature", agent.temperature.has_value()},
                                                             {"top_p", agent.top_p.has_value()},
                                                             {"reasoning_effort", !agent.reasoning_effort.empty()},
                                                             {"output_schema", agent.output_schema.has_value()},
                                                             {"reflect", agent.reflect},
                                                             {"session", !agent.session.source.is_null()},
                                                             {"budget", agent.budget.has_value()}};
  for (const auto& [key, is] : given) {
    if (!is) continue;
    add_error(problems, Path(at, key),
              agent.type == AgentKind::ai_agent
                  ? fmt::format("'{}' needs an ai_agent with a model; add 'model', or remove it", key)
                  : fmt::format("'{}' belongs to agents of type ai_agent, and '{}' is another; remove it", key, agent.name),
              describe::Part::key);
  }
}

void check_sessions(const WorkflowSpec& spec, const Names& names, Problems& problems) {
  const Path root;
  const Path list(root, "tasks");
  for (std::size_t i = 0; i < spec.tasks.size(); ++i) {
    const auto& task = spec.tasks[i];
    const auto agent = names.agents.find(task.agent_name);
    if (task.for_each.source.is_null() || agent == names.agents.end() || spec.agents[agent->second].session.source.is_null()) continue;
    const auto usual = spec.parallel_execution ? workflow::default_max_concurrency : 1;
    const auto defaults = spec.defaults ? spec.defaults->max_concurrency : std::nullopt;
    if (task.max_concurrency.value_or(defaults.value_or(usual)) == 1) continue;
    add_error(problems, Path(Path(list, i), "for_each"),
              fmt::format("the items of task '{}' would speak in one session at once, and all but one would be refused; set "
                          "'max_concurrency: 1', or give the work to an agent without a session",
                          task.name),
              describe::Part::key);
  }
}

}  // namespace skein::config
