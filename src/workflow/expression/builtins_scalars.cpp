// What asks about or computes with one value: length, type, contains, numbers.
#include <cmath>

#include <fmt/format.h>

#include "workflow/expression/compare.hpp"
#include "workflow/expression/evaluator.hpp"
#include "workflow/expression/number.hpp"
#include "workflow/expression/operators.hpp"
#include "workflow/expression/text_form.hpp"

namespace skein::workflow::expression {
namespace {

using Args = std::span<const Value>;

Outcome length(Evaluator& evaluator, const Value& input, Args) {
  const auto count = [](std::size_t n) { return Value(static_cast<std::int64_t>(n)); };
  if (input->is_null()) return count(0);
  if (input->is_number()) return Value::scalar(magnitude(*input));
  if (input->is_array()) return count(input->get_array().size());
  if (input->is_object()) return count(input->get_object().size());
  if (!input->is_string()) return refuse(fmt::format("{} has no length", describe(*input)));
  const std::string_view text = input->get_string();
  if (!evaluator.meter().spend(text.size() / 64)) return evaluator.meter().refusal();
  return count(code_points(text));
}

Outcome type(Evaluator& evaluator, const Value& input, Args) { return keep(evaluator.meter(), type_name(*input)); }
Outcome negation(Evaluator&, const Value& input, Args) { return Value(!truthy(*input)); }

/// Empty where a limit was reached.
std::optional<bool> contains_value(Meter& meter, const Json& a, const Json& b) {  // NOLINT(misc-no-recursion): max_json_depth
  if (!meter.spend()) return std::nullopt;
  if (a.is_object() && b.is_object()) {
    for (const auto& member : b.get_object()) {
      const auto* mine = a.get_object().if_contains(member.key());
      const auto inside = mine == nullptr ? std::optional(false) : contains_value(meter, *mine, member.value());
      if (inside != true) return inside;
    }
    return true;
  }
  if (a.is_array() && b.is_array()) {
    for (const auto& wanted : b.get_array()) {
      std::optional<bool> found = false;
      for (const auto& item : a.get_array()) {
        found = contains_value(meter, item, wanted);
        if (found != false) break;
      }
      if (found != true) return found;
    }
    return true;
  }
  if (a.is_string() && b.is_string()) {
    const std::string_view text = a.get_string();
    // The search may compare a long needle again at every place.
    if (!meter.spend(text.size() / 64 * (1 + b.get_string().size() / 64))) return std::nullopt;
    return text.find(b.get_string()) != std::string_view::npos;
  }
  return equal(a, b);
}

Outcome contains_both(Evaluator& evaluator, const Json& a, const Json& b) {
  if (type_name(a) != type_name(b)) return refuse(fmt::format("{} and {} cannot have their containment checked", describe(a), describe(b)));
  const auto inside = contains_value(evaluator.meter(), a, b);
  return inside ? Outcome(Value(*inside)) : evaluator.meter().refusal();
}

Outcome contains(Evaluator& e, const Value& input, Args args) { return contains_both(e, *input, *args[0]); }
Outcome inside(Evaluator& e, const Value& input, Args args) { return contains_both(e, *args[0], *input); }

std::unexpected<Failure> number_required(const Value& input) { return refuse(fmt::format("{} is not a number", describe(*input))); }

template <double (*round)(double)>
Outcome rounded(Evaluator&, const Value& input, Args) {
  if (!input->is_number()) return number_required(input);
  return input->is_double() ? Value::scalar(number_of(round(input->get_double()))) : input;
}

Outcome square_root(Evaluator&, const Value& input, Args) {
  if (!input->is_number()) return number_required(input);
  const double n = as_double(*input);
  if (!(n >= 0)) return refuse(fmt::format("{} has no square root", describe(*input)));
  return Value::scalar(number_of(std::sqrt(n)));
}

Outcome absolute(Evaluator&, const Value& input, Args) {
  return input->is_number() ? Outcome(Value::scalar(magnitude(*input))) : number_required(input);
}

Outcome fail_with(Evaluator&, const Json& message) {
  return refuse(message.is_string() ? plain_text(message).substr(0, 2000) : preview(message));
}
Outcome fail_with_input(Evaluator& e, const Value& input, Args) { return fail_with(e, *input); }
Outcome fail_with_message(Evaluator& e, const Value&, Args args) { return fail_with(e, *args[0]); }

}  // namespace

std::vector<Builtin> scalar_builtins() {
  return {
      {.name = "length", .parameters = {}, .value = length},
      {.name = "type", .parameters = {}, .value = type},
      {.name = "not", .parameters = {}, .value = negation},
      {.name = "contains", .parameters = {Sees::input}, .value = contains},
      {.name = "inside", .parameters = {Sees::input}, .value = inside},
      {.name = "floor", .parameters = {}, .value = rounded<std::floor>},
      {.name = "ceil", .parameters = {}, .value = rounded<std::ceil>},
      {.name = "round", .parameters = {}, .value = rounded<std::round>},
      {.name = "sqrt", .parameters = {}, .value = square_root},
      {.name = "abs", .parameters = {}, .value = absolute},
      {.name = "fabs", .parameters = {}, .value = absolute},
      {.name = "error", .parameters = {}, .value = fail_with_input},
      {.name = "error", .parameters = {Sees::input}, .needs_input = false, .value = fail_with_message},
  };
}

}  // namespace skein::workflow::expression
