#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "workflow/expression/expression.hpp"

namespace skein::workflow::test {

/// Names with the members of one object as their values.
class JsonScope : public Scope {
 public:
  explicit JsonScope(const Json& names) : names_(names) {}

  Result<const Json*> find(std::string_view head, std::string_view field, Json& scratch) const override {
    const auto* value = names_.as_object().if_contains(head);
    if (value == nullptr) return fail(ErrorCode::not_found, "unknown name '" + std::string(head) + "'");
    if (field.empty()) return value;
    if (value->is_object()) {
      const auto* member = value->get_object().if_contains(field);
      if (member != nullptr) return member;
    }
    scratch = nullptr;
    return &scratch;
  }

 private:
  const Json& names_;
};

/// What the tests' expressions can name.
inline const Json& names() {
  static const Json all = parse_json(R"({
    "fetch": {"result": {"items": [3, 1, 2], "name": "a"}, "status": "completed"},
    "tasks": {"my-task": {"result": 5}, "length": {"result": 6}},
    "my-task": {"result": 5},
    "inputs": {"city": "Oslo", "n": 4, "big": 9007199254740993, "half": 0.5, "three": 3.0, "none": null},
    "city": "Oslo",
    "env": {"HOME": "/root"}
  })")
                              .value();
  return all;
}

/// The result as JSON, or "error: " and the message.
inline std::string evaluate(std::string_view text, const ExpressionLimits& limits = {}) {
  const auto parsed = Expression::parse(text);
  if (!parsed) return "error: " + parsed.error().message + " @" + std::to_string(parsed.error().offset);
  const auto value = parsed->evaluate(JsonScope(names()), limits);
  return value ? to_json(*value) : "error: " + value.error().message;
}

/// The message of the error without its tail, or "none".
inline std::string error_of(std::string_view text, const ExpressionLimits& limits = {}) {
  auto message = evaluate(text, limits);
  if (!message.starts_with("error: ")) return "none";
  message.erase(0, 7);
  if (const auto tail = message.find(" (in the expression"); tail != std::string::npos) message.erase(tail);
  return message;
}

}  // namespace skein::workflow::test
