#include "agent/kinds/rfc3339.hpp"

#include <charconv>

namespace skein::agent {
namespace {

/// Takes exactly `digits` digits and, where `then` is not 0, that character.
std::optional<int> take(std::string_view& text, std::size_t digits, char then = 0) {
  if (text.size() < digits + (then != 0 ? 1 : 0)) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  if (then != 0) {
    if (text.front() != then && !(then == 'T' && text.front() == 't')) return std::nullopt;
    text.remove_prefix(1);
  }
  return value;
}

}  // namespace

std::optional<Instant> parse_rfc3339(std::string_view text) {
  const auto year = take(text, 4, '-');
  const auto month = year ? take(text, 2, '-') : std::nullopt;
  const auto day = month ? take(text, 2, 'T') : std::nullopt;
  const auto hour = day ? take(text, 2, ':') : std::nullopt;
  const auto minute = hour ? take(text, 2, ':') : std::nullopt;
  const auto second = minute ? take(text, 2) : std::nullopt;
  if (!second || *year < 1900 || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  Instant at = Instant{std::chrono::sys_days{date}} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} + seconds{*second};

  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    for (std::int64_t unit = 100'000; !text.empty() && text.front() >= '0' && text.front() <= '9'; unit /= 10) {
      at += microseconds{unit * (text.front() - '0')};
      text.remove_prefix(1);
    }
  }
  if (text == "Z" || text == "z") return at;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const bool east = text[0] == '+';
  text.remove_prefix(1);
  const auto offset_hours = take(text, 2, ':');
  const auto offset_minutes = offset_hours ? take(text, 2) : std::nullopt;
  if (!offset_minutes || *offset_hours > 23 || *offset_minutes > 59) return std::nullopt;
  const auto offset = std::chrono::hours{*offset_hours} + std::chrono::minutes{*offset_minutes};
  return east ? at - offset : at + offset;
}

}  // namespace skein::agent
