#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace skein::cli {

/// "500ms", "30s", "15m", "2h", "30d", "1w"; a number with a fraction is fine ("1.5h").
[[nodiscard]] Result<microseconds> parse_duration(std::string_view text);
/// A duration counted back from `now`, or a date ("2026-01-31", "2026-01-31T12:00:00Z", always UTC).
[[nodiscard]] Result<Instant> parse_since(std::string_view text, Instant now);
/// "12:00:01", local time.
[[nodiscard]] std::string clock_time(Instant at);
/// "2026-01-31 12:00:01", local time.
[[nodiscard]] std::string date_time(Instant at);
/// As `human_duration`, but in tenths below a second ("0.3s"): does not jump about while it is watched. Negative is zero.
[[nodiscard]] std::string steady_duration(microseconds d);
/// "3s ago", "2h ago"
[[nodiscard]] std::string ago(Instant at, Instant now);
/// "1.2 MB"
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

}  // namespace skein::cli
