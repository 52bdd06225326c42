// Any bytes: parsing, evaluating and rendering must end within the limits, with a value or an error.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "workflow/expression/expression.hpp"

namespace {

using namespace skein;

class OneDocument : public workflow::Scope {
 public:
  Result<const Json*> find(std::string_view head, std::string_view field, Json& scratch) const override {
    static const Json document =
        parse_json(
            R"({"n":3,"s":"héllo, wörld","a":[3,1,2],"o":{"b":1,"a":{"c":[{}]}},"l":[{"k":"x","v":1},{"k":"y","v":2.5}],"t":true,
            "big":18446744073709551615,"z":null,"j":"[1,{\"a\":2}]"})")
            .value();
    if (head == "unknown") return fail(ErrorCode::not_found, "unknown name");
    const auto* value = document.as_object().if_contains(head);
    if (value == nullptr) return &document;
    if (field.empty()) return value;
    const auto* member = value->is_object() ? value->get_object().if_contains(field) : nullptr;
    if (member == nullptr) scratch = nullptr;
    return member == nullptr ? &scratch : member;
  }
};

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const OneDocument scope;
  const workflow::ExpressionLimits limits{.max_steps = 20'000, .max_bytes = 1 << 20};

  const auto expression = workflow::Expression::parse(text);
  if (expression) {
    const auto first = expression->evaluate(scope, limits);
    const auto second = expression->evaluate(scope, limits);
    check(first.has_value() == second.has_value());
    if (first) check(to_json(*first) == to_json(*second));
    if (first) check(is_utf8(to_json(*first)));
    for (const auto& reference : expression->references()) check(reference.offset < size && !reference.head.empty());
  } else {
    check(expression.error().offset <= size && !expression.error().message.empty());
  }

  JsonObject source;
  source["text"] = text;
  source["whole"] = "{{" + std::string(text) + "}}";
  const auto compiled = workflow::Template::compile(source);
  if (compiled) {
    const auto rendered = compiled->render(scope, limits);
    check(!rendered || is_utf8(to_json(**rendered)) || !is_utf8(text));
  } else {
    check(!compiled.error().empty());
  }
  return 0;
}
