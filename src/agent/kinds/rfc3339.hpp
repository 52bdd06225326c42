#pragma once

#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace skein::agent {

/// RFC 3339 §5.6 date-time: "2026-01-31T12:00:00Z", with a fraction (kept to microseconds) and an offset; years 1900 to 9999. A leap
/// second counts as the second after it.
[[nodiscard]] std::optional<Instant> parse_rfc3339(std::string_view text);

}  // namespace skein::agent
