#pragma once

#include <skein/workflow_parts.hpp>

/// The parts of a workflow as the file format writes them. What is not set is not written.
namespace skein {

/// A whole number as an integer, as people write it in files: the document and its hash are then the same.
[[nodiscard]] Json number_as_json(double number);
[[nodiscard]] JsonObject as_json(const Authentication& credentials);
[[nodiscard]] JsonObject as_json(const Retry& policy);
[[nodiscard]] JsonObject as_json(const RetryOn& failures);
[[nodiscard]] JsonObject as_json(const CircuitBreaker& policy);
[[nodiscard]] JsonObject as_json(const Approval& question);
[[nodiscard]] JsonObject as_json(const Undo& undo);
[[nodiscard]] JsonObject as_json(const Question& question);
[[nodiscard]] JsonObject as_json(const Edge& edge);
[[nodiscard]] JsonObject as_json(const Budget& limits);
[[nodiscard]] JsonObject as_json(const Guardrail& check);
[[nodiscard]] JsonObject as_json(const AgentBudget& limits);
[[nodiscard]] JsonObject as_json(const DailyBudget& limits);
[[nodiscard]] JsonObject as_json(const ModelPrices& prices);
[[nodiscard]] JsonObject as_json(const Model& settings);
[[nodiscard]] JsonObject as_json(const Concurrency& limit);
[[nodiscard]] JsonObject as_json(const Defaults& values);

[[nodiscard]] Retry attempts_and_delay(unsigned max_attempts, const std::optional<Duration>& initial_delay);

}  // namespace skein
