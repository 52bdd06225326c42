#pragma once

#include "base/error.hpp"
#include "base/json.hpp"
#include "model/exchange.hpp"

namespace skein::model {

/// An answer as caches and journals keep it: {"message", "finish", "usage", "model", "id", "answered_by", "cached"}, where there is
/// anything to say.
[[nodiscard]] Json response_to_json(const Response& response);
/// Errors: invalid_argument.
[[nodiscard]] Result<Response> response_from_json(const Json& value);

[[nodiscard]] JsonObject usage_to_json(const Usage& usage);
/// What is absent is zero. Errors: invalid_argument.
[[nodiscard]] Result<Usage> usage_from_json(const JsonObject& object);

}  // namespace skein::model
