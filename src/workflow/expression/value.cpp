#include "workflow/expression/value.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace skein::workflow::expression {
namespace {

std::unexpected<Failure> too_deep() {
  auto stop = refuse(fmt::format("a value may nest at most {} levels deep", max_json_depth));
  stop.error().kind = Failure::Kind::fatal;
  return stop;
}

bool is_scalar(const Json& json) { return !json.is_string() && !json.is_structured(); }

}  // namespace

Outcome keep(Meter& meter, Json&& json) {
  if (is_scalar(json)) return Value::scalar(std::move(json));
  const auto size = measure(json);
  if (size.depth > max_json_depth) return too_deep();
  Charge charge(meter);
  if (!charge.add(size.bytes)) return meter.refusal();
  return Value::own(std::move(json), std::move(charge));
}

Outcome keep(Meter& meter, std::string_view text) {
  Charge charge(meter);
  if (!charge.add(string_bytes(text.size()))) return meter.refusal();
  return Value::own(Json(text), std::move(charge));
}

std::expected<Json, Failure> copy_out(Value&& value, Charge& charge) {
  if (!charge.add(measure(*value).bytes)) return charge.meter().refusal();
  if (value.unique()) return value.steal();
  return *value;
}

bool ArrayBuilder::push(Value value) {
  const auto size = measure(*value);
  if (!meter_.spend() || !charge_.add(size.bytes)) return false;
  depth_ = std::max(depth_, size.depth);
  items_.push_back(value.unique() ? value.steal() : *value);
  return true;
}

bool ArrayBuilder::push_text(std::string_view text) {
  if (!meter_.spend() || !charge_.add(string_bytes(text.size()))) return false;
  items_.emplace_back(text);
  return true;
}

Outcome ArrayBuilder::finish() {
  if (depth_ + 1 > max_json_depth) return too_deep();
  return Value::own(std::move(items_), std::move(charge_));
}

}  // namespace skein::workflow::expression
