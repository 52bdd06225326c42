#pragma once

#include "model/exchange.hpp"

namespace skein::model::anthropic {

/// Marks what belongs to this wire format in `Reasoning::provider`.
inline constexpr std::string_view provider_name = "anthropic";

/// A whole message as the API gives it; streams are put together to one first, so that both forms are read by the same words.
[[nodiscard]] Result<Response> read_message(const JsonObject& message);

/// {"type": "overloaded_error", "message": …} as an error.
[[nodiscard]] Error reported_error(const JsonObject& error);

}  // namespace skein::model::anthropic
