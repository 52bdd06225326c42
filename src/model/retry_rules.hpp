#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "http/headers.hpp"

namespace skein::model {

/// How a call is tried again, as the official SDKs of OpenAI and Anthropic do it.
struct RetryRules {
  std::uint32_t max_retries = 2;
  microseconds first_wait = milliseconds{500};   ///< doubled each time
  microseconds longest_wait = seconds{8};
  microseconds longest_asked_for = seconds{60};  ///< a server that asks for more is not heeded
};

/// Whether an answer with this status is worth another try: `x-should-retry` decides where it is there, else 408, 409, 429 and 5xx are.
[[nodiscard]] bool worth_retrying(int status, const http::Headers& headers);

/// How long to wait before retry number `retry` (from 1): what the server asks for (`retry-after-ms`, `retry-after`), else exponentially
/// more, less up to a quarter of it; `unit` in [0, 1) decides how much.
[[nodiscard]] microseconds retry_wait(const RetryRules& rules, std::uint32_t retry, const http::Headers& headers, Instant now, double unit);

}  // namespace skein::model
