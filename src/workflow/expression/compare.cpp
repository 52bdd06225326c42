#include "workflow/expression/compare.hpp"

#include <algorithm>
#include <cmath>

#include "workflow/expression/number.hpp"

namespace skein::workflow::expression {
namespace {

int rank(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null: return 0;
    case boost::json::kind::bool_: return value.get_bool() ? 2 : 1;
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
    case boost::json::kind::double_: return 3;
    case boost::json::kind::string: return 4;
    case boost::json::kind::array: return 5;
    default: return 6;  // an object
  }
}

std::weak_ordering compare_arrays(const JsonArray& a, const JsonArray& b) {  // NOLINT(misc-no-recursion)
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (const auto order = compare(a[i], b[i]); order != 0) return order;
  }
  return a.size() <=> b.size();
}

std::weak_ordering compare_objects(const JsonObject& a, const JsonObject& b) {  // NOLINT(misc-no-recursion)
  const auto keys = sorted_keys(a);
  if (const std::weak_ordering order = keys <=> sorted_keys(b); order != 0) return order;
  for (const auto key : keys) {
    if (const auto order = compare(*a.if_contains(key), *b.if_contains(key)); order != 0) return order;
  }
  return std::weak_ordering::equivalent;
}

}  // namespace

std::vector<std::string_view> sorted_keys(const JsonObject& object) {
  std::vector<std::string_view> keys;
  keys.reserve(object.size());
  for (const auto& member : object) keys.push_back(member.key());
  std::ranges::sort(keys);
  return keys;
}

std::weak_ordering compare(const Json& a, const Json& b) {  // NOLINT(misc-no-recursion): values nest at most max_json_depth
  if (&a == &b) return std::weak_ordering::equivalent;
  const int kind = rank(a);
  if (kind != rank(b)) return kind <=> rank(b);
  if (a.is_number()) return compare_numbers(a, b);
  if (a.is_string()) return std::string_view(a.get_string()) <=> std::string_view(b.get_string());
  if (a.is_array()) return compare_arrays(a.get_array(), b.get_array());
  if (a.is_object()) return compare_objects(a.get_object(), b.get_object());
  return std::weak_ordering::equivalent;
}

std::size_t comparison_steps(const Json& value) { return 1 + measure(value).bytes / 256; }

}  // namespace skein::workflow::expression
