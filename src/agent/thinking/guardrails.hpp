#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/describe.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

// Checks of what goes into an agent and what comes out of it, without a model.
namespace skein::agent {

/// What a guardrail does about what it finds.
enum class GuardAction : std::uint8_t { refuse, redact };

struct GuardrailSettings {
  std::optional<std::uint32_t> max_length;  ///< characters
  std::vector<std::string> forbidden_words;  ///< whole words, in any case; none is empty
  std::vector<std::string> forbidden_patterns;  ///< regular expressions (RE2)
  std::vector<std::string> required_patterns;
  Json schema;  ///< a JSON Schema that the value must fit; null: none
  GuardAction action = GuardAction::refuse;
  std::string message;  ///< said where it refuses; empty: what was found
};

struct GuardrailsSettings {
  std::vector<GuardrailSettings> input;  ///< what the task says
  std::vector<GuardrailSettings> tool_results;
  std::vector<GuardrailSettings> output;  ///< the answer that would be the result
  [[nodiscard]] bool none() const { return input.empty() && tool_results.empty() && output.empty(); }
};

/// As a workflow file has them.
[[nodiscard]] JsonObject guardrails_to_json(const GuardrailsSettings& settings);

/// Guardrails of one place, ready to be used. A value; copies share what was compiled.
class Guards {
 public:
  Guards() = default;
  /// invalid_argument: an expression that RE2 does not know, or a check whose finding cannot be redacted.
  [[nodiscard]] static Result<Guards> make(const std::vector<GuardrailSettings>& settings);

  /// What is left of a value once every check has seen it: its texts redacted, or why it must not pass, in a sentence. Texts within objects
  /// and lists are looked at one by one; a length is that of the text, or of the JSON.
  [[nodiscard]] Result<Json> pass(Json value, std::string_view what) const;
  [[nodiscard]] bool none() const { return !checks_; }

 private:
  struct Check;
  std::shared_ptr<const std::vector<Check>> checks_;
};

}  // namespace skein::agent

namespace skein::describe {

template <>
std::span<const std::string_view> names_of<agent::GuardAction>();
template <>
const Table<agent::GuardrailSettings>& table_of<agent::GuardrailSettings>();
template <>
const Table<agent::GuardrailsSettings>& table_of<agent::GuardrailsSettings>();

}  // namespace skein::describe
