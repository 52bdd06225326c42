#include <cmath>

#include <fmt/format.h>
#include <skein/describe.hpp>

namespace skein::described {
namespace {

std::string text_of(const Place& at) {
  if (at.outer == nullptr) return {};
  auto out = text_of(*at.outer);
  if (at.name.empty()) return out + fmt::format("[{}]", at.index);
  if (!out.empty()) out += '.';
  return out.append(at.name);
}

/// Bounds of counts and of integers are written as integers.
Json number(double n) { return std::trunc(n) == n && std::abs(n) < 9e15 ? Json(static_cast<std::int64_t>(n)) : Json(n); }

}  // namespace

std::unexpected<Error> misfit(const Place& at, std::string_view wanted) {
  const auto place = text_of(at);
  return fail(ErrorCode::invalid_argument, fmt::format("{} must be {}", place.empty() ? "the value" : "'" + place + "'", wanted));
}

std::unexpected<Error> missing(const Place& at, std::string_view name) {
  const Place member{.outer = &at, .name = name};
  return fail(ErrorCode::invalid_argument, fmt::format("'{}' is missing; give it", text_of(member)));
}

void set_bounds(JsonObject& schema, const MemberMark& mark) {
  const auto* type = schema.if_contains("type");
  const bool text = type != nullptr && *type == Json("string");
  const bool list = type != nullptr && *type == Json("array");
  if (mark.least) schema[text ? "minLength" : list ? "minItems" : "minimum"] = number(*mark.least);
  if (mark.most) schema[text ? "maxLength" : list ? "maxItems" : "maximum"] = number(*mark.most);
}

}  // namespace skein::described
