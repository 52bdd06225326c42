#pragma once

#include <string>

#include "model/exchange.hpp"

namespace skein::model::openai {

/// Marks what belongs to this wire format in `Reasoning::provider`.
inline constexpr std::string_view responses_name = "openai_responses";

/// A whole response object; streams end with one.
[[nodiscard]] Result<Response> read_response(const JsonObject& response);

/// {"code" or "type", "message"} as an error.
[[nodiscard]] Error reported_response_error(const JsonObject& error);

/// What of a reasoning item may be shown: its summary, else its text.
[[nodiscard]] std::string reasoning_text(const JsonObject& item);

}  // namespace skein::model::openai
