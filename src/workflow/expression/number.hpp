#pragma once

#include <compare>
#include <cstdint>

#include <boost/json/value.hpp>

#include "base/json.hpp"

namespace skein::workflow::expression {

/// Numbers are exact while they are integers between -2^63 and 2^64 - 1; beyond, and for fractions, they are doubles. A result
/// that is integral and in that range is always an integer; one beyond the doubles is the largest (or least) double, as jq prints it.

[[nodiscard]] double as_double(const Json& number);
/// A double as the number that stands for it.
[[nodiscard]] Json number_of(double value);
/// `number` in the one form that stands for its value: 3.0 becomes 3.
[[nodiscard]] Json canonical(const Json& number);

[[nodiscard]] std::weak_ordering compare_numbers(const Json& a, const Json& b);
[[nodiscard]] Json add_numbers(const Json& a, const Json& b);
[[nodiscard]] Json subtract_numbers(const Json& a, const Json& b);
[[nodiscard]] Json multiply_numbers(const Json& a, const Json& b);
/// `b` is not zero.
[[nodiscard]] Json divide_numbers(const Json& a, const Json& b);
/// Both are truncated first; the result has the sign of `a`. `truncates_to_zero(b)` is false.
[[nodiscard]] Json modulo_numbers(const Json& a, const Json& b);
[[nodiscard]] bool truncates_to_zero(const Json& number);
[[nodiscard]] Json magnitude(const Json& number);

}  // namespace skein::workflow::expression
