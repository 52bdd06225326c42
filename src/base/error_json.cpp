#include "base/error_json.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace skein {

Json error_to_json(const Error& error) {
  JsonObject out;
  out["code"] = to_string(error.code);
  out["message"] = error.message;
  if (!error.context.empty()) out["context"] = error.context;
  if (error.retryable) out["retryable"] = true;
  if (error.retry_after) out["retry_after_ms"] = error.retry_after->count();
  return out;
}

Result<Error> error_from_json(const Json& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return fail(ErrorCode::bad_response, "'error' is not an object");
  Error out;
  const auto text = [&](std::string_view key) -> std::string {
    const auto* member = object->if_contains(key);
    return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string{};
  };
  const auto code = error_code_from(text("code"));
  if (!code) return fail(ErrorCode::bad_response, fmt::format("unknown error code '{}'", text("code")));
  out.code = *code;
  out.message = text("message");
  out.context = text("context");
  if (const auto* retryable = object->if_contains("retryable")) out.retryable = retryable->is_bool() && retryable->get_bool();
  if (const auto* after = object->if_contains("retry_after_ms"); after != nullptr && after->is_int64()) {
    out.retry_after = std::chrono::milliseconds{after->get_int64()};
  }
  return out;
}

}  // namespace skein
