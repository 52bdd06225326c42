#include "workflow/expression/number.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace skein::workflow::expression {
namespace {

__extension__ using Wide = __int128;

constexpr double two_63 = 9223372036854775808.0;
constexpr double two_126 = 85070591730234615865843651857942052864.0;

std::optional<Wide> exact(const Json& number) {
  if (number.is_int64()) return number.get_int64();
  if (number.is_uint64()) return number.get_uint64();
  const double d = number.get_double();
  if (d > -two_126 && d < two_126 && std::trunc(d) == d) return static_cast<Wide>(d);
  return std::nullopt;
}

std::optional<Json> from_wide(Wide n) {
  if (n >= std::numeric_limits<std::int64_t>::min() && n <= std::numeric_limits<std::int64_t>::max()) return static_cast<std::int64_t>(n);
  if (n > 0 && n <= std::numeric_limits<std::uint64_t>::max()) return static_cast<std::uint64_t>(n);
  return std::nullopt;
}

/// Truncated towards zero; what is beyond 128 bits, and NaN, ends at the limits of int64.
Wide truncated(const Json& number) {
  if (const auto n = exact(number)) return *n;
  const double d = number.get_double();
  if (std::isnan(d)) return 0;
  return static_cast<Wide>(std::trunc(std::clamp(d, -two_63, two_63)));
}

template <class Exact, class Rough>
Json calculate(const Json& a, const Json& b, Exact exact_operation, Rough rough_operation) {
  const auto x = exact(a);
  const auto y = exact(b);
  if (Wide result = 0; x && y && !exact_operation(*x, *y, &result)) {
    if (auto json = from_wide(result)) return *std::move(json);
  }
  return number_of(rough_operation(as_double(a), as_double(b)));
}

}  // namespace

double as_double(const Json& number) {
  if (number.is_int64()) return static_cast<double>(number.get_int64());
  if (number.is_uint64()) return static_cast<double>(number.get_uint64());
  return number.get_double();
}

Json number_of(double value) {
  constexpr double most = std::numeric_limits<double>::max();
  if (std::isnan(value)) return nullptr;
  if (const auto n = exact(Json(value))) {
    if (auto json = from_wide(*n)) return *std::move(json);
  }
  return std::clamp(value, -most, most);
}

Json canonical(const Json& number) {
  if (number.is_double()) return number_of(number.get_double());
  return *from_wide(*exact(number));
}

std::weak_ordering compare_numbers(const Json& a, const Json& b) {
  if (const auto x = exact(a), y = exact(b); x && y) return *x <=> *y;
  // At least one is a fraction or huge. A fraction has fewer than 53 integral bits, and no 64-bit integer is near the huge ones,
  // so rounding the other side to a double cannot change on which side of it that lies.
  const double x = as_double(a);
  const double y = as_double(b);
  if (x < y) return std::weak_ordering::less;
  if (x > y) return std::weak_ordering::greater;
  return std::isnan(y) <=> std::isnan(x);
}

Json add_numbers(const Json& a, const Json& b) {
  return calculate(a, b, [](Wide x, Wide y, Wide* r) { return __builtin_add_overflow(x, y, r); }, [](double x, double y) { return x + y; });
}

Json subtract_numbers(const Json& a, const Json& b) {
  return calculate(a, b, [](Wide x, Wide y, Wide* r) { return __builtin_sub_overflow(x, y, r); }, [](double x, double y) { return x - y; });
}

Json multiply_numbers(const Json& a, const Json& b) {
  return calculate(a, b, [](Wide x, Wide y, Wide* r) { return __builtin_mul_overflow(x, y, r); }, [](double x, double y) { return x * y; });
}

Json divide_numbers(const Json& a, const Json& b) {
  const auto inexact = [](Wide x, Wide y, Wide* r) {
    *r = x / y;
    return x % y != 0;
  };
  return calculate(a, b, inexact, [](double x, double y) { return x / y; });
}

bool truncates_to_zero(const Json& number) { return truncated(number) == 0; }

Json modulo_numbers(const Json& a, const Json& b) {
  const Wide rest = truncated(a) % truncated(b);
  if (auto json = from_wide(rest)) return *std::move(json);
  return static_cast<double>(rest);
}

Json magnitude(const Json& number) {
  if (const auto n = exact(number)) {
    if (auto json = from_wide(*n < 0 ? -*n : *n)) return *std::move(json);
  }
  return number_of(std::fabs(as_double(number)));
}

}  // namespace skein::workflow::expression
