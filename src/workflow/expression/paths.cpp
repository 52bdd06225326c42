#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "workflow/expression/compare.hpp"
#include "workflow/expression/number.hpp"
#include "workflow/expression/operators.hpp"
#include "workflow/expression/text_form.hpp"

namespace skein::workflow::expression {
namespace {

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

/// A slice's bound as a place between 0 and `size`: fractions downwards for the start and upwards for the end.
std::size_t bound(const Json& number, std::size_t size, double otherwise, double (*round)(double)) {
  const auto length = static_cast<double>(size);
  double at = number.is_null() ? otherwise : as_double(number);
  if (at < 0) at += length;
  return at > 0 ? static_cast<std::size_t>(std::min(round(at), length)) : 0;
}

Outcome indices_in_text(Meter& meter, std::string_view text, std::string_view needle) {
  ArrayBuilder found(meter);
  if (needle.empty()) return found.finish();
  std::size_t place = 0;
  for (std::size_t i = 0; i + needle.size() <= text.size(); ++i) {
    if (!starts_code_point(text[i])) continue;
    if (!meter.spend()) return meter.refusal();
    if (text.substr(i, needle.size()) == needle && !found.push(Value(static_cast<std::int64_t>(place)))) return meter.refusal();
    ++place;
  }
  return found.finish();
}

Outcome indices_in_array(Meter& meter, const JsonArray& array, std::span<const Json> needle) {
  ArrayBuilder found(meter);
  if (needle.empty()) return found.finish();
  const auto same = [&](std::size_t at) {
    for (std::size_t i = 0; i < needle.size(); ++i) {
      if (!meter.spend(comparison_steps(needle[i])) || !equal(array[at + i], needle[i])) return false;
    }
    return true;
  };
  for (std::size_t i = 0; i + needle.size() <= array.size(); ++i) {
    const bool here = same(i);
    if (!meter.spend()) return meter.refusal();
    if (here && !found.push(Value(static_cast<std::int64_t>(i)))) return meter.refusal();
  }
  return found.finish();
}

Outcome slice_by_object(Meter& meter, const Value& target, const JsonObject& range) {
  const auto* from = range.if_contains("start");
  const auto* to = range.if_contains("end");
  if (from == nullptr || to == nullptr) return refuse("an object as an index needs the keys start and end");
  return slice(meter, target, *from, *to);
}

}  // namespace

std::size_t code_points(std::string_view text) { return static_cast<std::size_t>(std::ranges::count_if(text, starts_code_point)); }

std::size_t bytes_of(std::string_view text, std::size_t count) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (starts_code_point(text[i]) && count-- == 0) return i;
  }
  return text.size();
}

Outcome index(Meter& meter, const Value& target, const Json& key) {
  if (target->is_object() && key.is_string()) {
    const auto* member = target->get_object().if_contains(key.get_string());
    return member != nullptr ? target.part(*member) : Value();
  }
  if (target->is_array() && key.is_number()) {
    const auto& array = target->get_array();
    const double at = as_double(key);
    const double place = at < 0 ? at + static_cast<double>(array.size()) : at;
    const bool exists = place >= 0 && place < static_cast<double>(array.size()) && std::floor(place) == place;
    if (!exists) return Value();
    return target.part(array[static_cast<std::size_t>(place)]);
  }
  if (target->is_array() && key.is_array()) return indices(meter, *target, key);
  if (key.is_object() && (target->is_array() || target->is_string() || target->is_null())) {
    return slice_by_object(meter, target, key.get_object());
  }
  if (target->is_null() && (key.is_string() || key.is_number())) return Value();
  if (key.is_string()) return refuse(fmt::format("cannot index {} with {}", type_name(*target), preview(key)));
  return refuse(fmt::format("cannot index {} with {}", type_name(*target), describe(key)));
}

Outcome slice(Meter& meter, const Value& target, const Json& from, const Json& to) {
  if (target->is_null()) return Value();
  if (!target->is_array() && !target->is_string()) {
    return refuse(fmt::format("cannot take a slice of {}; only arrays, strings and null have slices", describe(*target)));
  }
  const auto fits = [](const Json& at) { return at.is_null() || at.is_number(); };
  if (!fits(from) || !fits(to)) return refuse("start and end of a slice must be numbers");
  const bool text = target->is_string();
  const auto size = text ? code_points(target->get_string()) : target->get_array().size();
  if (!meter.spend(text ? target->get_string().size() / 64 : 0)) return meter.refusal();
  const auto begin = bound(from, size, 0, std::floor);
  const auto end = std::max(begin, bound(to, size, static_cast<double>(size), std::ceil));
  if (text) {
    const std::string_view all = target->get_string();
    const auto first = bytes_of(all, begin);
    return keep(meter, all.substr(first, bytes_of(all.substr(first), end - begin)));
  }
  ArrayBuilder items(meter);
  for (std::size_t i = begin; i < end; ++i) {
    if (!items.push(target.part(target->get_array()[i]))) return meter.refusal();
  }
  return items.finish();
}

Outcome indices(Meter& meter, const Json& target, const Json& needle) {
  if (target.is_null()) return index(meter, Value(), needle);
  if (target.is_string() && needle.is_string()) return indices_in_text(meter, target.get_string(), needle.get_string());
  if (target.is_array() && needle.is_array()) {
    return indices_in_array(meter, target.get_array(), std::span(needle.get_array().data(), needle.get_array().size()));
  }
  if (target.is_array()) return indices_in_array(meter, target.get_array(), std::span(&needle, 1));
  return refuse(fmt::format("cannot look for {} in {}", describe(needle), describe(target)));
}

}  // namespace skein::workflow::expression
