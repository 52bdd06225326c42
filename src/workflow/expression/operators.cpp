#include "workflow/expression/operators.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.hpp"
#include "workflow/expression/compare.hpp"
#include "workflow/expression/number.hpp"
#include "workflow/expression/text_form.hpp"

namespace skein::workflow::expression {
namespace {

std::unexpected<Failure> cannot(const Json& a, const Json& b, std::string_view what) {
  return refuse(fmt::format("{} and {} cannot be {}", describe(a), describe(b), what));
}

Outcome subtract_arrays(Meter& meter, const Value& a, const JsonArray& unwanted) {
  std::vector<const Json*> sorted;
  std::size_t steps = 1;
  for (const auto& item : unwanted) {
    sorted.push_back(&item);
    steps += comparison_steps(item);
  }
  if (!meter.spend(steps)) return meter.refusal();
  const auto less = [](const Json* x, const Json* y) { return compare(*x, *y) < 0; };
  std::ranges::sort(sorted, less);
  ArrayBuilder rest(meter);
  for (const auto& item : a->get_array()) {
    if (!meter.spend(comparison_steps(item))) return meter.refusal();
    if (std::ranges::binary_search(sorted, &item, less)) continue;
    if (!rest.push(a.part(item))) return meter.refusal();
  }
  return rest.finish();
}

Outcome repeat(Meter& meter, std::string_view text, double times) {
  if (!(times > 0)) return Value();
  // 0.5 times is once, as in jq; no limit is near 2^53.
  const auto count = static_cast<std::size_t>(std::clamp(times, 1.0, 9007199254740992.0));
  Charge charge(meter);
  if (!text.empty() && count > static_cast<std::size_t>(-1) / 2 / text.size()) return meter.refusal();
  const auto size = text.empty() ? 0 : text.size() * count;
  if (!charge.add(string_bytes(size))) return meter.refusal();
  boost::json::string out;
  out.reserve(size);
  while (out.size() < size) out.append(text);
  return Value::own(std::move(out), std::move(charge));
}

void merge(JsonObject& into, const JsonObject& from) {  // NOLINT(misc-no-recursion): max_json_depth
  for (const auto& member : from) {
    auto& slot = into[member.key()];
    if (slot.is_object() && member.value().is_object()) {
      merge(slot.get_object(), member.value().get_object());
    } else {
      slot = member.value();
    }
  }
}

Outcome merge_objects(Meter& meter, const Value& a, const Value& b) {
  const auto bytes = measure(*a).bytes + measure(*b).bytes;
  Charge charge(meter);
  if (!charge.add(bytes)) return meter.refusal();
  Json merged = *a;
  merge(merged.get_object(), b->get_object());
  return Value::own(std::move(merged), std::move(charge));
}

}  // namespace

std::expected<void, Failure> Sum::start(Value first) {
  depth_ = measure(*first).depth;
  auto copied = copy_out(std::move(first), charge_);
  if (!copied) return std::unexpected(std::move(copied).error());
  total_ = *std::move(copied);
  return {};
}

std::expected<void, Failure> Sum::add(const Json& next) {
  if (next.is_null()) return {};
  const auto size = measure(next);
  if (!meter_.spend() || !charge_.add(size.bytes)) return meter_.refusal();
  depth_ = std::max(depth_, size.depth);
  if (total_.is_null()) {
    total_ = next;
  } else if (total_.is_number() && next.is_number()) {
    total_ = add_numbers(total_, next);
  } else if (total_.is_string() && next.is_string()) {
    total_.get_string().append(next.get_string());
  } else if (total_.is_array() && next.is_array()) {
    for (const auto& item : next.get_array()) total_.get_array().push_back(item);
  } else if (total_.is_object() && next.is_object()) {
    for (const auto& member : next.get_object()) total_.get_object().insert_or_assign(member.key(), member.value());
  } else {
    return cannot(total_, next, "added");
  }
  return {};
}

Outcome Sum::finish() {
  if (!total_.is_string() && !total_.is_structured()) return Value::scalar(std::move(total_));
  return Value::own(std::move(total_), std::move(charge_));
}

Outcome add(Meter& meter, Value a, const Value& b) {
  if (b->is_null()) return a;
  if (a->is_null()) return b;
  if (a->is_number() && b->is_number()) return Value::scalar(add_numbers(*a, *b));
  Sum sum(meter);
  if (auto started = sum.start(std::move(a)); !started) return std::unexpected(std::move(started).error());
  if (auto added = sum.add(*b); !added) return std::unexpected(std::move(added).error());
  return sum.finish();
}

Outcome subtract(Meter& meter, const Value& a, const Value& b) {
  if (a->is_number() && b->is_number()) return Value::scalar(subtract_numbers(*a, *b));
  if (a->is_array() && b->is_array()) return subtract_arrays(meter, a, b->get_array());
  return cannot(*a, *b, "subtracted");
}

Outcome multiply(Meter& meter, const Value& a, const Value& b) {
  if (a->is_number() && b->is_number()) return Value::scalar(multiply_numbers(*a, *b));
  if (a->is_string() && b->is_number()) return repeat(meter, a->get_string(), as_double(*b));
  if (a->is_number() && b->is_string()) return repeat(meter, b->get_string(), as_double(*a));
  if (a->is_object() && b->is_object()) return merge_objects(meter, a, b);
  return cannot(*a, *b, "multiplied");
}

Outcome divide(Meter& meter, const Value& a, const Value& b) {
  if (a->is_number() && b->is_number()) {
    if (as_double(*b) == 0) return cannot(*a, *b, "divided because the divisor is zero");
    return Value::scalar(divide_numbers(*a, *b));
  }
  if (a->is_string() && b->is_string()) return split(meter, a->get_string(), b->get_string());
  return cannot(*a, *b, "divided");
}

Outcome modulo(const Value& a, const Value& b) {
  if (!a->is_number() || !b->is_number()) return cannot(*a, *b, "divided");
  if (truncates_to_zero(*b)) return cannot(*a, *b, "divided because the divisor is zero");
  return Value::scalar(modulo_numbers(*a, *b));
}

Outcome negate(const Value& a) {
  if (!a->is_number()) return refuse(fmt::format("{} cannot be negated", describe(*a)));
  return Value::scalar(subtract_numbers(Json(0), *a));
}

}  // namespace skein::workflow::expression
