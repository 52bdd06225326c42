#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "workflow/expression/builtin.hpp"
#include "workflow/expression/expression.hpp"

namespace skein::workflow::expression {

enum class NodeKind : std::uint8_t {
  // Leaves.
  identity,
  literal,   ///< literal
  lookup,    ///< name (the head), field
  variable,  ///< slot
  // Operations on values: each combination of the operands' results gives one result. `args[0]` varies fastest.
  index,        ///< target, key
  slice,        ///< target, to, from
  negate,       ///< operand
  add,
  subtract,
  multiply,
  divide,
  modulo,              ///< a, b
  equal,
  unequal,
  less,
  less_equal,
  greater,
  greater_equal,  ///< a, b
  object,       ///< …, value, key of the first pair: in reverse order
  interpolate,  ///< the parts, literal or not
  call,         ///< arguments of a builtin that takes values
  // Flow.
  iterate,      ///< target
  pipe,         ///< stages
  comma,        ///< branches
  conjunction,
  disjunction,
  alternative,  ///< a, b
  conditional,  ///< condition, then, else
  attempt,      ///< body of a `?` that is not behind a step
  bind,         ///< source, body; slot
  array,        ///< content, or nothing
  closure_call  ///< arguments of a builtin that takes expressions
};

/// A node of the parsed form; owned by its program, immutable once parsed.
struct Node {
  NodeKind kind = NodeKind::identity;
  /// Gives exactly one result or an error, whatever its input is.
  bool single = true;
  /// A step (index, slice, iterate) with `?`: gives nothing where it does not fit its operands. What fails inside these still fails.
  bool optional = false;
  std::uint16_t height = 1;
  std::uint32_t slot = 0;
  std::uint32_t reference = 0;  ///< index in `references`, of a lookup
  const Builtin* builtin = nullptr;
  std::vector<const Node*> args;
  Json literal;
  std::string name;
  std::string field;
};

}  // namespace skein::workflow::expression

namespace skein::workflow {

struct Expression::Program {
  std::string text;
  const expression::Node* root = nullptr;
  std::vector<std::unique_ptr<expression::Node>> nodes;
  std::vector<Reference> references;
  std::uint32_t slots = 0;
};

}  // namespace skein::workflow
