#include "config/scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <boost/json/value.hpp>
#include <fmt/format.h>

#include "base/text.hpp"

namespace skein::config {
namespace {

template <std::size_t n>
bool is_one_of(std::string_view text, const std::array<std::string_view, n>& words) {
  return std::ranges::find(words, text) != words.end();
}

constexpr std::array<std::string_view, 5> nulls{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 3> trues{"true", "True", "TRUE"};
constexpr std::array<std::string_view, 3> falses{"false", "False", "FALSE"};
constexpr std::array<std::string_view, 3> infinities{".inf", ".Inf", ".INF"};
constexpr std::array<std::string_view, 3> nans{".nan", ".NaN", ".NAN"};

bool digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// `text` is digits of the base; too large ones are empty.
std::optional<Json> integer(std::string_view text, bool negative, int base) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  constexpr std::uint64_t most_negative = std::uint64_t{1} << 63;
  if (negative) {
    if (value > most_negative) return std::nullopt;
    return Json(static_cast<std::int64_t>(0 - value));
  }
  if (value < most_negative) return Json(static_cast<std::int64_t>(value));
  return Json(value);
}

/// [0-9]+ | [0-9]* . [0-9]* with a digit | either with e[+-]digits, without leading zeros.
bool is_decimal(std::string_view text) {
  const auto exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    auto power = text.substr(exponent + 1);
    if (!power.empty() && (power[0] == '+' || power[0] == '-')) power.remove_prefix(1);
    if (!digits(power)) return false;
    text = text.substr(0, exponent);
  }
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  const auto fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (!whole.empty() && !digits(whole)) return false;
  if (!fraction.empty() && !digits(fraction)) return false;
  if (whole.empty() && fraction.empty()) return false;
  return whole.size() < 2 || whole[0] != '0';
}

std::optional<Json> number(std::string_view text) {
  const auto whole = text;
  if (text.starts_with("0x")) return integer(text.substr(2), false, 16);
  if (text.starts_with("0o")) return integer(text.substr(2), false, 8);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (!is_decimal(text)) return std::nullopt;
  if (digits(text)) {
    if (auto exact = integer(text, negative, 10)) return exact;
  }
  double value = 0;
  const auto from = whole.starts_with('+') ? text : whole;
  const auto ec = std::from_chars(from.data(), from.data() + from.size(), value).ec;
  if (ec != std::errc{}) return std::nullopt;  // out of range: text keeps what the author wrote
  return Json(value);
}

}  // namespace

std::expected<Json, std::string> resolve_plain(std::string_view text) {
  if (is_one_of(text, nulls)) return Json(nullptr);
  if (is_one_of(text, trues)) return Json(true);
  if (is_one_of(text, falses)) return Json(false);
  auto unsigned_text = text;
  if (text.starts_with('-') || text.starts_with('+')) unsigned_text.remove_prefix(1);
  if (is_one_of(unsigned_text, infinities) || is_one_of(text, nans)) {
    return std::unexpected(fmt::format("'{}' is no number that JSON can say; put quotes around it if it is text", text));
  }
  if (auto value = number(text)) return *value;
  return Json(text);
}

std::expected<Json, std::string> resolve_tagged(std::string_view tag, std::string_view text) {
  static constexpr std::string_view standard = "tag:yaml.org,2002:";
  if (tag == "?" || tag.empty()) return resolve_plain(text);
  if (tag == "!") return Json(text);
  if (tag.starts_with(standard)) {
    const auto type = tag.substr(standard.size());
    if (type == "str") return Json(text);
    auto value = resolve_plain(text);
    if (!value) return value;
    if (type == "float" && value->is_number()) return Json(value->to_number<double>());
    const bool fits = (type == "int" && (value->is_int64() || value->is_uint64())) || (type == "bool" && value->is_bool()) ||
                      (type == "null" && value->is_null());
    if (fits) return value;
    if (type == "int" || type == "bool" || type == "null" || type == "float") {
      return std::unexpected(fmt::format("'{}' is not what its tag !!{} says; remove the tag", shorten(text, 40), type));
    }
  }
  return std::unexpected(
      fmt::format("the tag '{}' is not supported; remove it (the environment is {{{{env.NAME}}}}, secrets are {{{{secrets.NAME}}}})",
                  shorten(tag, 60)));
}

}  // namespace skein::config
