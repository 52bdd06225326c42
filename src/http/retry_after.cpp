#include "http/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.hpp"

namespace skein::http {
namespace {

constexpr milliseconds longest = std::chrono::hours{24};

std::optional<double> non_negative(std::string_view text) {
  text = trim(text);
  if (text.empty() || text.size() > 20 || !std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; })) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (ec != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

milliseconds capped(double ms) { return ms >= static_cast<double>(longest.count()) ? longest : milliseconds(std::llround(std::ceil(ms))); }

std::optional<int> number(std::string_view text, std::size_t min_digits, std::size_t max_digits) {
  if (text.size() < min_digits || text.size() > max_digits) return std::nullopt;
  int value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<unsigned> month_of(std::string_view name) {
  static constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::ranges::find_if(names, [&](std::string_view n) { return iequals(n, name); });
  if (found == names.end()) return std::nullopt;
  return static_cast<unsigned>(found - names.begin()) + 1;
}

std::optional<Instant> instant(std::optional<int> year, std::optional<unsigned> month, std::optional<int> day, std::string_view time) {
  const auto parts = split(time, ':');
  if (!year || !month || !day || parts.size() != 3) return std::nullopt;
  const auto h = number(parts[0], 2, 2);
  const auto m = number(parts[1], 2, 2);
  const auto s = number(parts[2], 2, 2);
  if (!h || !m || !s || *h > 23 || *m > 59 || *s > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{*month},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return Instant{std::chrono::sys_days{date}} + std::chrono::hours{*h} + std::chrono::minutes{*m} + seconds{*s};
}

}  // namespace

std::optional<Instant> parse_http_date(std::string_view text) {
  std::vector<std::string_view> words;
  for (const auto word : split(trim(text), ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  if (words.size() == 6 && words[0].ends_with(',') && words[5] == "GMT") {  // Sun, 06 Nov 1994 08:49:37 GMT
    return instant(number(words[3], 4, 4), month_of(words[2]), number(words[1], 2, 2), words[4]);
  }
  if (words.size() == 4 && words[0].ends_with(',') && words[3] == "GMT") {  // Sunday, 06-Nov-94 08:49:37 GMT
    const auto date = split(words[1], '-');
    if (date.size() != 3) return std::nullopt;
    auto year = number(date[2], 2, 2);
    if (year) *year += *year >= 70 ? 1900 : 2000;
    return instant(year, month_of(date[1]), number(date[0], 2, 2), words[2]);
  }
  if (words.size() == 5) {  // Sun Nov  6 08:49:37 1994
    return instant(number(words[4], 4, 4), month_of(words[1]), number(words[2], 1, 2), words[3]);
  }
  return std::nullopt;
}

std::optional<milliseconds> retry_after(const Headers& headers, Instant now) {
  if (const auto ms = headers.get("retry-after-ms")) {
    if (const auto value = non_negative(*ms)) return capped(*value);
  }
  const auto field = headers.get("Retry-After");
  if (!field) return std::nullopt;
  if (const auto value = non_negative(*field)) return capped(*value * 1000.0);
  const auto date = parse_http_date(*field);
  if (!date) return std::nullopt;
  const auto wait = std::chrono::ceil<milliseconds>(*date - now);
  return std::clamp(wait, milliseconds{0}, longest);
}

}  // namespace skein::http
