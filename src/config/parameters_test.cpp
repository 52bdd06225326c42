#include "config/parameters.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include "workflow/expression/expression.hpp"

namespace skein::config {
namespace {

Arguments some() {
  return {{"n", Json(3)},
          {"text", Json("a \"b\"")},
          {"list", parse_json(R"([1, {"x": "y"}])").value()},
          {"minus", Json(-2)},
          {"nothing", Json(nullptr)},
          {"later", Json("{{ inputs.city }}")},
          {"mixed", Json("to {{ inputs.city }}, \\{{ literally }} {{ 1 + 1 }}")},
          {"deep", parse_json(R"({"all": ["{{ inputs.city }}", {"k": 1}]})").value()},
          {"my-name", Json("dashed")}};
}

std::string filled(std::string_view json) {
  auto value = parse_json(json).value();
  std::size_t bytes = 10'000;
  describe::Problems problems;
  const auto arguments = some();
  Substitution(arguments, bytes, problems).apply(value, describe::Path());
  for (const auto& problem : problems) ADD_FAILURE() << problem.pointer << ": " << problem.message;
  return to_json(value);
}

/// Knows `inputs.city` and nothing else.
class City final : public workflow::Scope {
 public:
  Result<const Json*> find(std::string_view head, std::string_view field, Json& scratch) const override {
    if (head != "inputs" || field != "city") return fail(ErrorCode::expression_failed, "unknown");
    scratch = Json("Rome");
    return &scratch;
  }
};

/// What comes of it in a run.
std::string rendered(std::string_view text) {
  Json value(text);
  std::size_t bytes = 10'000;
  describe::Problems problems;
  const auto arguments = some();
  Substitution(arguments, bytes, problems).apply(value, describe::Path());
  auto compiled = workflow::Template::compile(value);
  if (!compiled) return "not understood: " + to_json(value) + " " + compiled.error().front().message;
  const auto result = compiled->render(City());
  return result ? to_json(**result) : result.error().message;
}

TEST(Parameters, AWholeTemplateBecomesTheValue) {
  EXPECT_EQ(filled(R"("{{ parameters.n }}")"), "3");
  EXPECT_EQ(filled(R"(["{{parameters.list}}", {"a": "{{ parameters[\"my-name\"] }}"}])"), R"([[1,{"x":"y"}],{"a":"dashed"}])");
  EXPECT_EQ(filled(R"("{{ parameters.nothing }}")"), "null");
  EXPECT_EQ(filled(R"("{{ parameters.later }}")"), R"("{{ inputs.city }}")");
}

TEST(Parameters, WithTextAroundThemTheyAreText) {
  EXPECT_EQ(filled(R"("send_{{ parameters.n }}")"), R"("send_3")");
  EXPECT_EQ(filled(R"(" {{ parameters.list }}")"), R"(" [1,{\"x\":\"y\"}]")");
  EXPECT_EQ(filled(R"("{{ parameters.n }}{{ parameters.n }}")"), R"("33")");
  EXPECT_EQ(filled(R"("Hello {{ parameters.mixed }}")"), R"("Hello to {{ inputs.city }}, \\{{ literally }} {{ 1 + 1 }}")");
}

TEST(Parameters, InLargerExpressionsTheyAreExpressions) {
  EXPECT_EQ(rendered("{{ parameters.n + 1 }}"), "4");
  EXPECT_EQ(rendered("{{ 5 - parameters.minus }}"), "7");
  EXPECT_EQ(rendered("{{ parameters.text | length }}"), "5");
  EXPECT_EQ(rendered("{{ parameters.list[1].x }} and {{ parameters.list | length }}"), "\"y and 2\"");
  EXPECT_EQ(rendered("{{ [1, 2] | map(. * parameters.n) }}"), "[3,6]");
  EXPECT_EQ(rendered("{{ parameters.later | ascii_upcase }}"), "\"ROME\"");
  EXPECT_EQ(rendered("{{ parameters.mixed | ascii_upcase }}"), "\"TO ROME, {{ LITERALLY }} 2\"");
  EXPECT_EQ(rendered("{{ parameters.deep.all | length }}"), "2");
  EXPECT_EQ(rendered("{{ [parameters.deep] }}"), R"([{"all":["Rome",{"k":1}]}])");
  EXPECT_EQ(rendered("{{ \"n is \\(parameters.n)\" }}"), "\"n is 3\"");
  EXPECT_EQ(rendered("{{ parameters['my-name'] + 'x' }}"), "\"dashedx\"");
  EXPECT_EQ(rendered("{{ if parameters.nothing then 1 else parameters.n end }}"), "3");
}

TEST(Parameters, OtherTextStaysAsItIs) {
  for (const auto* text : {R"("{{ inputs.parameters }}")", R"("parameters.n")", R"("\\{{ parameters.n }}")", R"("{{ 'parameters.n' }}")",
                           R"("{{ parameters.n")", R"("{{ parameters.n + }}")", R"({"{{ parameters.n }}":1})", "7"}) {
    EXPECT_EQ(filled(text), to_json(parse_json(text).value()));
  }
}

TEST(Parameters, UnknownOnesAreToldWithTheirPlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"{{ parameters.tex }}", "there is no parameter 'tex'; did you mean 'text'?"},
      {"{{ parameters.zzzzzz + 1 }}", "there is no parameter 'zzzzzz'; declare it under 'parameters'"},
      {"{{ parameters }}", "'parameters' needs the name of one here; write parameters.NAME"},
      {"{{ parameters | length }}", "'parameters' needs the name of one here; write parameters.NAME"},
      {"{{ parameters[inputs.city] }}", "'parameters' needs the name of one here; write parameters.NAME"},
      {"{{ {parameters} }}", "'parameters' needs the name of one here; write parameters.NAME"},
  };
  for (const auto& [text, message] : cases) {
    Json value = JsonArray{Json(text)};
    std::size_t bytes = 10'000;
    describe::Problems problems;
    const auto arguments = some();
    Substitution(arguments, bytes, problems).apply(value, describe::Path());
    ASSERT_EQ(problems.size(), 1U) << text;
    EXPECT_EQ(problems[0].message, message);
    EXPECT_EQ(problems[0].pointer, "/0");
    EXPECT_EQ(problems[0].offset, std::string_view(text).find("parameters"));
  }
}

TEST(Parameters, TheyEndWhereTheyWouldGrowWithoutBound) {
  Json value = JsonArray(1000, Json("x{{ parameters.text }}{{ parameters.text }}"));
  const Arguments arguments{{"text", Json(std::string(1000, 'a'))}};
  std::size_t bytes = 100'000;
  describe::Problems problems;
  Substitution substitution(arguments, bytes, problems);
  substitution.apply(value, describe::Path());
  EXPECT_TRUE(substitution.too_large());
  EXPECT_LT(to_json(value).size(), 200'000U);
}

}  // namespace
}  // namespace skein::config
