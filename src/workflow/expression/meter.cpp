#include "workflow/expression/meter.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace skein::workflow::expression {

std::unexpected<Failure> refuse(std::string message) {
  return std::unexpected(Failure{Failure::Kind::value, fail(ErrorCode::expression_failed, std::move(message)).error()});
}

bool Meter::take(std::size_t n) {
  constexpr std::size_t bytes_per_step = 64;
  if (!fits(n) || !spend(n / bytes_per_step)) return false;
  bytes_ += n;
  return true;
}

Failure Meter::failure() const {
  const auto* message = exhausted_ ? "it takes more steps than are allowed; work on less data at once"
                                   : "its values take more memory than is allowed; work on less data at once";
  return {Failure::Kind::fatal, fail(ErrorCode::expression_failed, message).error()};
}

Measure measure(const Json& value) {  // NOLINT(misc-no-recursion): values nest at most max_json_depth
  Measure sum{.bytes = sizeof(Json), .depth = 0};
  const auto inside = [&sum](const Json& item) {
    const auto m = measure(item);
    sum.bytes += m.bytes;
    sum.depth = std::max(sum.depth, m.depth + 1);
  };
  if (const auto* text = value.if_string()) {
    sum.bytes += text->size();
  } else if (const auto* array = value.if_array()) {
    sum.depth = 1;
    for (const auto& item : *array) inside(item);
  } else if (const auto* object = value.if_object()) {
    sum.depth = 1;
    for (const auto& member : *object) {
      sum.bytes += member_bytes(member.key().size());
      inside(member.value());
    }
  }
  return sum;
}

}  // namespace skein::workflow::expression
