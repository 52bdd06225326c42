#pragma once

#include "workflow/expression/value.hpp"

namespace skein::workflow::expression {

/// jq's arithmetic on every type; docs/expressions.md has the table.
[[nodiscard]] Outcome add(Meter& meter, Value a, const Value& b);
[[nodiscard]] Outcome subtract(Meter& meter, const Value& a, const Value& b);
[[nodiscard]] Outcome multiply(Meter& meter, const Value& a, const Value& b);
[[nodiscard]] Outcome divide(Meter& meter, const Value& a, const Value& b);
[[nodiscard]] Outcome modulo(const Value& a, const Value& b);
[[nodiscard]] Outcome negate(const Value& a);

/// A sum that grows in place, so that adding n strings or arrays takes linear time.
class Sum {
 public:
  explicit Sum(Meter& meter) : meter_(meter), charge_(meter) {}
  /// Starts with a copy of `first` (or itself, where nobody else holds it).
  [[nodiscard]] std::expected<void, Failure> start(Value first);
  [[nodiscard]] std::expected<void, Failure> add(const Json& next);
  [[nodiscard]] Outcome finish();

 private:
  Meter& meter_;
  Charge charge_;
  Json total_;
  std::size_t depth_ = 0;
};

/// `.[key]` for every kind of value and key; null where there is nothing.
[[nodiscard]] Outcome index(Meter& meter, const Value& target, const Json& key);
/// `.[from:to]`, either of which may be null.
[[nodiscard]] Outcome slice(Meter& meter, const Value& target, const Json& from, const Json& to);
/// The positions of `needle` (an item or a run of items) in an array, or of a string in a string, in code points.
[[nodiscard]] Outcome indices(Meter& meter, const Json& target, const Json& needle);

[[nodiscard]] Outcome split(Meter& meter, std::string_view text, std::string_view separator);
/// Number of code points.
[[nodiscard]] std::size_t code_points(std::string_view text);
/// Bytes of the first `count` code points.
[[nodiscard]] std::size_t bytes_of(std::string_view text, std::size_t count);

}  // namespace skein::workflow::expression
