#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace skein {

/// What sort of thing went wrong. The names (see `to_string`) appear in journals, JSON output and docs/errors.md.
enum class ErrorCode : std::uint8_t {
  invalid_argument,    ///< the caller's value is wrong: file, flag, parameter
  invalid_definition,  ///< a workflow file does not validate
  not_found,
  already_exists,
  conflict,            ///< somebody else changed or owns it
  permission_denied,
  unauthenticated,
  timeout,             ///< an attempt or a run took longer than allowed ("Request timeout")
  circuit_open,        ///< "Circuit breaker is open"
  rate_limited,
  connection_failed,   ///< DNS, connect, TLS, reset
  http_status,         ///< the server answered with an error status
  bad_response,        ///< the answer is not what the protocol allows
  too_large,           ///< a documented limit was passed
  agent_failed,        ///< the agent itself said no
  expression_failed,
  cancelled,
  rejected,            ///< a person said no, or nobody said yes in time
  outcome_unknown,     ///< an effect was in flight at a crash; a person or a policy decides
  budget_exceeded,
  store_failed,
  store_full,
  unsupported,         ///< known, but not built or not possible here
  internal
};

/// snake_case name of a code, e.g. "circuit_open". Never empty.
[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;
/// Inverse of `to_string`; empty for an unknown name.
[[nodiscard]] std::optional<ErrorCode> error_code_from(std::string_view name) noexcept;

/// An expected failure. `message` says what, where and what to do, in one or two sentences without a trailing newline.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  /// Machine-readable detail for logs, such as "status=503"; may be empty, never holds a secret.
  std::string context;
  /// Whether another try may succeed without a change.
  bool retryable = false;
  /// The least time to wait before that try, where the other side named one.
  std::optional<std::chrono::milliseconds> retry_after;

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = std::expected<T, Error>;

/// `return fail(ErrorCode::not_found, "…")` in a function that returns a Result.
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message, std::string context = {}) {
  return std::unexpected(
      Error{.code = code, .message = std::move(message), .context = std::move(context), .retryable = false, .retry_after = std::nullopt});
}

}  // namespace skein
