#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/thinking/guardrails.hpp"
#include "agent/thinking/model_settings.hpp"
#include "base/describe.hpp"
#include "base/json.hpp"

namespace skein::agent {

/// Other models for steps that need less, each by a name as `ThinkingSettings::model`; empty: the agent's model.
struct StepModels {
  std::string reflect;    ///< reviews the answer
  std::string repair;     ///< answers again what did not fit `output_schema`
  std::string summarise;  ///< shortens a conversation that has become too long
};

/// How an agent thinks: which model it asks, what it is told, which tools it may use, and where it stops. What a workflow file writes below
/// an `ai_agent` that has a `model`.
struct ThinkingSettings {
  std::string model;  ///< "provider/model", or one of `models`
  std::vector<std::string> fallback_models;
  StepModels step_models;
  NamedModels models;  ///< that the names stand for
  std::string instructions;
  std::string role;
  std::vector<std::string> tools;  ///< names or patterns such as "db_*"
  std::vector<std::string> approve;  ///< of these a person approves each call, which they may change
  std::vector<std::string> approvers;  ///< who may; empty: anybody
  std::string tool_calling = "native";  ///< or "react"
  std::uint32_t max_turns = 20;  ///< answers of the model
  std::optional<std::uint32_t> max_output_tokens;  ///< of one answer
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::string reasoning_effort;
  Json output_schema;  ///< of the answer, which is then a value and not a text; null: a text
  std::optional<std::uint32_t> context_tokens;  ///< of the model's window; what is older gives way to what is newer
  GuardrailsSettings guardrails;
  bool reflect = false;  ///< the model reviews its answer once before it counts
};

}  // namespace skein::agent

namespace skein::describe {

template <>
const Table<agent::StepModels>& table_of<agent::StepModels>();
template <>
const Table<agent::ThinkingSettings>& table_of<agent::ThinkingSettings>();

}  // namespace skein::describe
