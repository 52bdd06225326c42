#include <fmt/format.h>

#include "base/text.hpp"
#include "tool/builtin/arithmetic.hpp"
#include "tool/builtin/builtin.hpp"

namespace skein::tool {
namespace {

Spec make_spec() {
  auto parameters = parse_json(R"({
    "type": "object",
    "properties": {"expression": {"type": "string", "description": "The calculation, such as (1200 - 350) * 1.19 or sqrt(2) / 3"}},
    "required": ["expression"],
    "additionalProperties": false})");
  parameters->at("properties").at("expression").get_object()["maxLength"] = std::int64_t{longest_arithmetic};
  return {.name = "calculator",
          .description =
              "Computes an arithmetic expression and returns the number. Operators: + - * / % (remainder) ^ (power) and parentheses. "
              "Functions: abs, ceil, cos, exp, floor, ln, log (natural, or with a base as second value), log10, log2, max, min, pow, round "
              "(with digits as second value), sin, sqrt, tan. Constants: pi, e. Angles are in radians. Integers are exact up to 64 bits.",
          .parameters = std::move(*parameters),
          .effect = Effect::pure};
}

class Calculator final : public Tool {
 public:
  [[nodiscard]] const Spec& spec() const override { return spec_; }

  [[nodiscard]] asio::awaitable<Outcome> call(const Call& call, const Services&) const override {
    const auto& text = call.arguments->at("expression").get_string();
    auto value = calculate({text.data(), text.size()});
    if (!value)
      co_return Outcome::failure(fmt::format("cannot compute '{}': {}", shorten({text.data(), text.size()}, 100), value.error().message));
    co_return Outcome::ok(std::move(*value));
  }

 private:
  Spec spec_ = make_spec();
};

}  // namespace

ToolPtr calculator() { return std::make_shared<const Calculator>(); }

}  // namespace skein::tool
