#include "cli/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <utility>

#include <fmt/format.h>

namespace skein::cli {
namespace {

std::tm local(Instant at) {
  const auto seconds_since = static_cast<std::time_t>(std::chrono::floor<seconds>(at).time_since_epoch().count());
  std::tm parts{};
  ::localtime_r(&seconds_since, &parts);
  return parts;
}

}  // namespace

Result<microseconds> parse_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 6> units{
      {{"ms", 1e3}, {"s", 1e6}, {"m", 60e6}, {"h", 3600e6}, {"d", 86400e6}, {"w", 7 * 86400e6}}};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc() && number >= 0) {
    for (const auto& [name, factor] : units) {
      if (unit == name && number * factor < 9e18) return microseconds(static_cast<std::int64_t>(number * factor));
    }
  }
  return fail(ErrorCode::invalid_argument,
              fmt::format("'{}' is not a duration; write a number and a unit, such as 90s, 15m, 2h or 30d", text));
}

Result<Instant> parse_since(std::string_view text, Instant now) {
  const std::string copy(text);
  std::tm parts{};
  for (const char* form : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    parts = {};
    const char* end = ::strptime(copy.c_str(), form, &parts);
    if (end != nullptr && *end == '\0') return Instant{seconds{::timegm(&parts)}};
  }
  const auto back = parse_duration(text);
  if (!back) return fail(ErrorCode::invalid_argument, fmt::format("'{}' is neither a duration (2h, 30d) nor a date (2026-01-31)", text));
  return now - *back;
}

std::string clock_time(Instant at) {
  const auto parts = local(at);
  return fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string date_time(Instant at) {
  const auto parts = local(at);
  return fmt::format("{:04}-{:02}-{:02} {}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, clock_time(at));
}

std::string steady_duration(microseconds d) {
  const auto tenths = (std::max<std::int64_t>(0, d.count()) + 50'000) / 100'000;
  return tenths < 10 ? fmt::format("0.{}s", tenths) : human_duration(microseconds{tenths * 100'000});
}

std::string ago(Instant at, Instant now) {
  const auto passed = std::chrono::duration_cast<seconds>(now - at).count();
  if (passed < 60) return fmt::format("{}s ago", passed < 0 ? 0 : passed);
  if (passed < 3600) return fmt::format("{}m ago", passed / 60);
  if (passed < 48 * 3600) return fmt::format("{}h ago", passed / 3600);
  return fmt::format("{}d ago", passed / 86400);
}

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array<const char*, 5> units{"B", "KB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < units.size()) value /= 1000, ++unit;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

}  // namespace skein::cli
