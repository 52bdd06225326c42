#pragma once

#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace skein {

/// The longest duration that a file may name: ten years.
inline constexpr double max_duration_seconds = 315'360'000;

/// "250ms", "30s", "5m", "1h", "2d"; the number may have a fraction. Empty for anything else, for negative ones and for more than
/// `max_duration_seconds`.
[[nodiscard]] std::optional<microseconds> parse_duration(std::string_view text);

/// Rounded to a microsecond; empty outside of [0, `max_duration_seconds`] and for NaN.
[[nodiscard]] std::optional<microseconds> duration_from_seconds(double value);

}  // namespace skein
