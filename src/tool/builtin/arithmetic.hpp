#pragma once

#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace skein::tool {

inline constexpr std::size_t longest_arithmetic = 2'000;  ///< bytes

/// The value of an arithmetic expression: an integer where it is one that a 64-bit integer or a double holds exactly, otherwise a double,
/// below 1e15 rounded to 15 significant digits, which hides that 0.1 is not a binary fraction. Total: takes time linear in the text.
///
///     sum     = product { ("+" | "-") product }
///     product = sign { ("*" | "/" | "%") sign }
///     sign    = ("+" | "-") sign | power
///     power   = atom [ ("^" | "**") sign ]                 -2^2 is -4, 2^3^2 is 2^9
///     atom    = number | "pi" | "e" | function "(" sum { "," sum } ")" | "(" sum ")"
///
/// "%" is the remainder with the sign of its left side. Angles are in radians. Errors: invalid_argument, with the place in the text.
[[nodiscard]] Result<Json> calculate(std::string_view text);

}  // namespace skein::tool
