#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "http/message.hpp"

namespace skein::agent {

/// Which failures another attempt may cure; docs/errors.md has the same table. Pure.

/// For codes that say it by themselves. `http_status` and `agent_failed` depend on the case: false here.
[[nodiscard]] bool is_retryable(ErrorCode code) noexcept;

/// Who answered with an error status: plain HTTP services and model APIs differ in what they mean by some.
enum class Peer : std::uint8_t { service, model };

/// service: 408, 425, 429, 500, 502, 503, 504, 529; model: these, 409 and every other status from 500.
[[nodiscard]] bool is_retryable_status(int status, Peer peer) noexcept;

/// The status in an error's context ("status=503"), where it came from an HTTP answer.
[[nodiscard]] std::optional<int> http_status_of(const Error& error) noexcept;

/// The error for an answer with a status ≥ 400: 401 is unauthenticated, 403 permission_denied, 429 rate_limited, the rest http_status, all
/// with "status=N" in the context. The message holds the server's own words (shortened) and `what`, such as "POST https://host/path".
/// Fills `retry_after`. From a model `x-should-retry` is obeyed and a spent quota is final.
[[nodiscard]] Error status_error(const http::Response& response, std::string_view what, Peer peer, Instant now);

/// A workflow's own rules: makes `error` retryable where its code or status is listed, and final where a `never` list has it, which
/// wins over everything.
void apply_retry_on(Error& error, std::span<const ErrorCode> codes, std::span<const std::uint16_t> statuses,
                    std::span<const ErrorCode> never_codes, std::span<const std::uint16_t> never_statuses);

}  // namespace skein::agent
