#pragma once

#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "http/headers.hpp"

namespace skein::http {

/// How long the server asks to wait: `retry-after-ms` (milliseconds, a number), else `Retry-After` (seconds, also with a fraction,
/// or an HTTP date, which is compared with `now`). A date in the past is zero; nonsense and negative numbers are nothing. At most a day.
[[nodiscard]] std::optional<milliseconds> retry_after(const Headers& headers, Instant now);

/// RFC 9110 §5.6.7: IMF-fixdate and both obsolete forms (two-digit years read as 1970–2069).
[[nodiscard]] std::optional<Instant> parse_http_date(std::string_view text);

}  // namespace skein::http
