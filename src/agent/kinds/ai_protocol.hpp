#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace skein::agent {

/// How a model API is spoken to; the endpoint's path decides.
enum class AiProtocol : std::uint8_t { chat_completions, responses, messages, generic };

/// By the end of the path: /chat/completions, /responses, /messages; else generic.
[[nodiscard]] AiProtocol ai_protocol_of(std::string_view path);

/// The request body: a task's parameters over the agent's `custom_params` (without `user_agent` and `headers`), with the shorthands that
/// docs/agents.md describes. `custom_params` may be null. Pure.
[[nodiscard]] Result<JsonObject> ai_request_body(AiProtocol protocol, std::string_view action, const JsonObject& parameters,
                                                 const Json& custom_params);

/// What is worth knowing of an answer: model, finish_reason, text, usage {input_tokens, output_tokens, cached_tokens}; each only where the
/// answer has it. Tolerates whatever a server sends.
[[nodiscard]] JsonObject ai_answer_metadata(AiProtocol protocol, const Json& answer);

/// An error that a server reports with status 200, where there is one.
[[nodiscard]] std::optional<std::string> ai_error_in(AiProtocol protocol, const Json& answer);

}  // namespace skein::agent
