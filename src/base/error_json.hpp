#pragma once

#include "base/error.hpp"
#include "base/json.hpp"

namespace skein {

/// {"code", "message", and where there are any "context", "retryable", "retry_after_ms"}, as journals and answers hold it.
[[nodiscard]] Json error_to_json(const Error& error);
/// Members of another type are left out; an unknown code is an error.
[[nodiscard]] Result<Error> error_from_json(const Json& value);

}  // namespace skein
