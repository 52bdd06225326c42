#pragma once

#include <compare>
#include <span>
#include <string_view>
#include <vector>

#include "workflow/expression/value.hpp"

namespace skein::workflow::expression {

/// jq's order of all values: null < false < true < numbers < strings < arrays < objects. Numbers by their exact value, strings by
/// code point, arrays item by item, objects first by their sorted keys and then value by value. NaN is the least number.
[[nodiscard]] std::weak_ordering compare(const Json& a, const Json& b);
[[nodiscard]] inline bool equal(const Json& a, const Json& b) { return compare(a, b) == 0; }

/// Rough number of steps one comparison of `value` with anything takes.
[[nodiscard]] std::size_t comparison_steps(const Json& value);

[[nodiscard]] std::vector<std::string_view> sorted_keys(const JsonObject& object);

}  // namespace skein::workflow::expression
