#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string_view>

#include "workflow/expression/ast.hpp"

namespace skein::workflow::expression {

/// Where the expression has to end.
enum class Ending : std::uint8_t { end_of_text, braces };

struct Parsed {
  std::shared_ptr<const Expression::Program> program;  ///< offsets count from the start of the whole text
  std::size_t end = 0;                                 ///< behind the expression, and behind its `}}`
};

/// Parses the expression that begins at `start` of `text`.
[[nodiscard]] std::expected<Parsed, ExpressionError> parse_program(std::string_view text, std::size_t start, Ending ending);

}  // namespace skein::workflow::expression
