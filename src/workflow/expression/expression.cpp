#include "workflow/expression/expression.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "workflow/expression/evaluator.hpp"
#include "workflow/expression/parser.hpp"
#include "workflow/expression/run_program.hpp"

namespace skein::workflow {
namespace expression {
namespace {

/// The result where there is exactly one.
std::expected<Json, Failure> only_result(Evaluator& evaluator, const Node& root) {
  std::optional<Value> result;
  bool several = false;
  const auto take = [&](Value v) {
    several = result.has_value();
    if (!several) result = std::move(v);
    return several ? Flow::stop : Flow::more;
  };
  if (auto done = evaluator.guarded([&] { evaluator.run(root, Value(), take); }); !done) return std::unexpected(std::move(done).error());
  if (several) return refuse("it gives several results; collect them with [ … ] or choose one with first( … )");
  if (!result) return refuse("it gives no result; provide one with '// …', or collect what there is with [ … ]");
  Charge charge(evaluator.meter());
  return copy_out(*std::move(result), charge);
}

}  // namespace

Result<Json> run_program(const Expression::Program& program, const Scope& scope, ExpressionLimits& limits) {
  constexpr std::size_t shown = 80;
  Evaluator evaluator(program, scope, limits);
  auto result = only_result(evaluator, *program.root);
  limits.max_steps -= evaluator.meter().steps();
  if (result) return *std::move(result);
  auto error = std::move(result).error().error;
  error.message += fmt::format(" (in the expression '{}')", shorten(program.text, shown));
  return std::unexpected(std::move(error));
}

}  // namespace expression

std::expected<Expression, ExpressionError> Expression::parse(std::string_view text) {
  auto parsed = expression::parse_program(text, 0, expression::Ending::end_of_text);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  return Expression(std::move(parsed->program));
}

Result<Json> Expression::evaluate(const Scope& scope, const ExpressionLimits& limits) const {
  auto left = limits;
  return expression::run_program(*program_, scope, left);
}

std::span<const Reference> Expression::references() const { return program_->references; }
std::string_view Expression::text() const { return program_->text; }

}  // namespace skein::workflow
