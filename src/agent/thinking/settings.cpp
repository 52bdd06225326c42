#include "agent/thinking/settings.hpp"

namespace skein::describe {

template <>
const Table<agent::StepModels>& table_of<agent::StepModels>() {
  using agent::StepModels;
  static const Table<StepModels> table(
      {.name = "step_models",
       .about = "Other models, usually cheaper ones, for steps that need less. Where one cannot be reached the agent's is asked."},
      {field("reflect", &StepModels::reflect, {.about = "Reviews the answer (`reflect: true`).", .example = "fast", .min_items = 1}),
       field("repair", &StepModels::repair,
             {.about = "Answers again where the answer did not fit `output_schema`.", .example = "openai/gpt-5.4-nano", .min_items = 1}),
       field("summarise", &StepModels::summarise,
             {.about = "Shortens a conversation that has become too long.", .example = "fast", .min_items = 1})});
  return table;
}

template <>
const Table<agent::ThinkingSettings>& table_of<agent::ThinkingSettings>() {
  using agent::ThinkingSettings;
  static const Table<ThinkingSettings> table{
      {.name = "thinking", .about = "How an agent thinks."},
      {field("model", &ThinkingSettings::model, {.about = "The model, as `provider/model`.", .example = "openai/gpt-4o", .required = true}),
       field("fallback_models", &ThinkingSettings::fallback_models, {.about = "Asked in this order where the model cannot be reached."}),
       field("step_models", &ThinkingSettings::step_models, {.about = "Other models for some steps."}),
       field("models", &ThinkingSettings::models, {.about = "Models by the names that stand for them here."}),
       field("instructions", &ThinkingSettings::instructions, {.about = "What the agent is told before each task."}),
       field("role", &ThinkingSettings::role, {.about = "Who the agent is, in a few words."}),
       field("tools", &ThinkingSettings::tools, {.about = "Tools that it may call, by name or pattern."}),
       field("approve", &ThinkingSettings::approve, {.about = "Tools whose calls a person approves, by name or pattern."}),
       field("approvers", &ThinkingSettings::approvers, {.about = "Who may approve them."}),
       field("tool_calling", &ThinkingSettings::tool_calling, {.about = "`native`, or `react` for models that cannot call tools."}),
       field("max_turns", &ThinkingSettings::max_turns,
             {.about = "How often the model may answer in one task.", .minimum = 1, .maximum = 1000}),
       field("max_output_tokens", &ThinkingSettings::max_output_tokens, {.about = "Of one answer.", .minimum = 1}),
       field("temperature", &ThinkingSettings::temperature, {.about = "How freely it answers.", .minimum = 0, .maximum = 2}),
       field("top_p", &ThinkingSettings::top_p, {.about = "The share of likely words it chooses from.", .minimum = 0, .maximum = 1}),
       field("reasoning_effort", &ThinkingSettings::reasoning_effort, {.about = "How long it thinks, in the provider's words."}),
       field("output_schema", &ThinkingSettings::output_schema, {.about = "A JSON Schema that the answer must fit."}),
       field("context_tokens", &ThinkingSettings::context_tokens, {.about = "The size of the model's context window.", .minimum = 1000}),
       field("guardrails", &ThinkingSettings::guardrails, {.about = "Checks of what goes in and what comes out."}),
       field("reflect", &ThinkingSettings::reflect, {.about = "It reviews its answer once before the answer counts."})}};
  return table;
}

}  // namespace skein::describe
