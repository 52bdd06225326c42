// What the evaluator computes from the values of a node's operands.
#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "workflow/expression/compare.hpp"
#include "workflow/expression/evaluator.hpp"
#include "workflow/expression/operators.hpp"
#include "workflow/expression/text_form.hpp"

namespace skein::workflow::expression {
namespace {

Outcome compare_values(Meter& meter, NodeKind kind, const Value& a, const Value& b) {
  // A comparison costs what the smaller side holds; scalars are by far the most common.
  if (a->is_structured() && b->is_structured() && !meter.spend(std::min(comparison_steps(*a), comparison_steps(*b))))
    return meter.refusal();
  const auto order = compare(*a, *b);
  switch (kind) {
    case NodeKind::equal: return Value(order == 0);
    case NodeKind::unequal: return Value(order != 0);
    case NodeKind::less: return Value(order < 0);
    case NodeKind::less_equal: return Value(order <= 0);
    case NodeKind::greater: return Value(order > 0);
    default: return Value(order >= 0);
  }
}

/// `operands` are value, key, value, key, … from the last pair to the first.
Outcome make_object(Meter& meter, std::span<const Value> operands) {
  JsonObject object;
  Charge charge(meter);
  std::size_t depth = 0;
  for (std::size_t i = operands.size(); i > 0; i -= 2) {
    const auto& key = operands[i - 1];
    const auto& value = operands[i - 2];
    if (!key->is_string()) return refuse(fmt::format("{} cannot be the key of an object; keys are strings", describe(*key)));
    const auto size = measure(*value);
    depth = std::max(depth, size.depth);
    if (!charge.add(size.bytes + member_bytes(key->get_string().size()))) return meter.refusal();
    object.insert_or_assign(key->get_string(), *value);
  }
  if (depth + 1 > max_json_depth) return keep(meter, Json(std::move(object)));  // says so
  return Value::own(Json(std::move(object)), std::move(charge));
}

Outcome interpolate(Meter& meter, std::span<const Value> parts) {
  std::string text;
  Charge charge(meter);
  for (const auto& part : parts) {
    if (!charge.add(measure(*part).bytes)) return meter.refusal();
    text += plain_text(*part);
  }
  return keep(meter, text);
}

}  // namespace

Outcome Evaluator::operate(const Node& node, const Value& input, std::span<const Value> operands) {
  switch (node.kind) {
    case NodeKind::index: return index(meter_, operands[0], *operands[1]);
    case NodeKind::slice: return slice(meter_, operands[0], *operands[2], *operands[1]);
    case NodeKind::negate: return negate(operands[0]);
    case NodeKind::add: return expression::add(meter_, operands[0], operands[1]);
    case NodeKind::subtract: return subtract(meter_, operands[0], operands[1]);
    case NodeKind::multiply: return multiply(meter_, operands[0], operands[1]);
    case NodeKind::divide: return divide(meter_, operands[0], operands[1]);
    case NodeKind::modulo: return modulo(operands[0], operands[1]);
    case NodeKind::object: return make_object(meter_, operands);
    case NodeKind::interpolate: return interpolate(meter_, operands);
    case NodeKind::call: return node.builtin->value(*this, input, operands);
    default: return compare_values(meter_, node.kind, operands[0], operands[1]);
  }
}

std::expected<const re2::RE2*, Failure> Evaluator::regex(std::string_view pattern, std::string_view flags) {
  constexpr std::size_t most_patterns = 32;
  constexpr std::size_t longest_pattern = 16384;
  std::string key(flags);
  key += '/';
  key += pattern;
  if (const auto known = regexes_.find(key); known != regexes_.end()) return known->second.get();
  if (pattern.size() > longest_pattern) return refuse(fmt::format("a regular expression may have at most {} bytes", longest_pattern));
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(std::int64_t{1} << 20);
  for (const char flag : flags) {
    switch (flag) {
      case 'i': options.set_case_sensitive(false); break;
      case 'p': options.set_dot_nl(true); break;
      case 'g':  // these three do not change whether there is a match
      case 'l':
      case 's': break;
      default: return refuse(fmt::format("unknown flag {} of a regular expression; known are g, i, l, p and s", preview(Json(flags))));
    }
  }
  if (!meter_.spend(pattern.size())) return meter_.refusal();
  auto compiled = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!compiled->ok()) return refuse(fmt::format("{} is not a regular expression: {}", preview(Json(pattern)), compiled->error()));
  if (regexes_.size() == most_patterns) regexes_.clear();
  return (regexes_[std::move(key)] = std::move(compiled)).get();
}

}  // namespace skein::workflow::expression
