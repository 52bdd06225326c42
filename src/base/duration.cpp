#include "base/duration.hpp"

#include <charconv>
#include <cmath>
#include <utility>

namespace skein {

std::optional<microseconds> duration_from_seconds(double value) {
  if (!(value >= 0 && value <= max_duration_seconds)) return std::nullopt;
  return microseconds{std::llround(value * 1e6)};
}

std::optional<microseconds> parse_duration(std::string_view text) {
  static constexpr std::pair<std::string_view, double> units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}};
  double number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (ec != std::errc{}) return std::nullopt;
  const auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, in_seconds] : units) {
    if (unit == name) return duration_from_seconds(number * in_seconds);
  }
  return std::nullopt;
}

}  // namespace skein
