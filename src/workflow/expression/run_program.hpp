#pragma once

#include "workflow/expression/expression.hpp"

namespace skein::workflow::expression {

/// The one result of a program. `limits` are lowered by what the evaluation cost, so that several can share them.
[[nodiscard]] Result<Json> run_program(const Expression::Program& program, const Scope& scope, ExpressionLimits& limits);

}  // namespace skein::workflow::expression
