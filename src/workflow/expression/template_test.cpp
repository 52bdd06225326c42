#include <boost/json/array.hpp>
#include <gtest/gtest.h>

#include "workflow/expression/expression.hpp"
#include "workflow/expression/test_scope.hpp"

namespace skein::workflow {
namespace {

std::string render(const Json& source, const ExpressionLimits& limits = {}) {
  const auto compiled = Template::compile(source);
  if (!compiled) return "does not compile: " + compiled.error().front().message;
  const auto value = compiled->render(test::JsonScope(test::names()), limits);
  return value ? to_json(**value) : "error: " + value.error().message;
}
std::string render_text(std::string_view text) { return render(Json(text)); }

TEST(Template, AWholeExpressionKeepsItsType) {
  EXPECT_EQ(render_text("{{inputs.n}}"), "4");
  EXPECT_EQ(render_text("{{ fetch.result.items }}"), "[3,1,2]");
  EXPECT_EQ(render_text("{{ inputs.three }}"), "3.0");
  EXPECT_EQ(render_text(" {{ inputs.n }}"), R"(" 4")");
  EXPECT_EQ(render_text("{{inputs.n}}{{inputs.n}}"), R"("44")");
}

TEST(Template, ResultsAreInsertedAsText) {
  EXPECT_EQ(render_text("In {{city}}: {{ fetch.result.items }}, {{ {a: null} }} and {{ inputs.three }}."),
            R"("In Oslo: [3,1,2], {\"a\":null} and 3.")");
  EXPECT_EQ(render_text("no braces } } { {"), R"("no braces } } { {")");
  EXPECT_EQ(render_text(""), R"("")");
}

TEST(Template, BracesOfTheExpressionDoNotEndIt) {
  EXPECT_EQ(render_text("{{ {a: {b: 1}} }}"), R"({"a":{"b":1}})");
  EXPECT_EQ(render_text("{{ {a:{b:1}}}}"), R"({"a":{"b":1}})");
  EXPECT_EQ(render_text("{{{a:{b:1}}}}"), R"({"a":{"b":1}})");
  EXPECT_EQ(render_text(R"({{ "}}" }})"), R"("}}")");
  EXPECT_EQ(render_text(R"~({{ "a\("}}")b" }}x)~"), R"("a}}bx")");
}

TEST(Template, AnEscapedOpeningIsLiteral) {
  EXPECT_EQ(render_text(R"(\{{ not an expression }})"), R"("{{ not an expression }}")");
  EXPECT_EQ(render_text(R"(a \{{ {{inputs.n}} \ \x)"), R"("a {{ 4 \\ \\x")");
  EXPECT_EQ(render_text("{{1}}\\{{"), R"("1{{")");
  const auto escaped = Template::compile(Json("\\{{")).value();
  EXPECT_FALSE(escaped.is_literal()) << "the backslash has to go";
}

TEST(Template, FillsWholeValues) {
  const auto source = parse_json(R"({"a": ["{{inputs.n}}", 1, {"b": "x{{city}}"}], "{{k}}": "plain", "c": {"d": []}})").value();
  EXPECT_EQ(render(source), R"({"a":[4,1,{"b":"xOslo"}],"{{k}}":"plain","c":{"d":[]}})");
  const auto compiled = Template::compile(source).value();
  EXPECT_EQ(compiled.source(), source);
  EXPECT_FALSE(compiled.is_literal());
}

TEST(Template, ALiteralIsShared) {
  EXPECT_TRUE(Template().is_literal());
  EXPECT_TRUE(Template().source().is_null());
  const test::JsonScope scope(test::names());
  const auto literal = Template::literal(Json("{{ not an expression"));
  EXPECT_EQ(literal.render(scope)->get(), &literal.source());
  const auto plain = Template::compile(parse_json(R"({"a":[1,{"b":"c"}]})").value()).value();
  EXPECT_TRUE(plain.is_literal());
  EXPECT_EQ(plain.render(scope)->get(), &plain.source());
  EXPECT_TRUE(plain.references().empty());
}

TEST(Template, ListsReferencesWithTheirPlaces) {
  const auto compiled =
      Template::compile(parse_json(R"({"a/b": ["x {{ fetch.result }} {{tasks[\"t\"]}}"], "c": "{{city}}"})").value()).value();
  const auto references = compiled.references();
  ASSERT_EQ(references.size(), 3U);
  EXPECT_EQ(references[0].pointer, "/a~1b/0");
  EXPECT_EQ(references[0].reference, (Reference{"fetch", "result", 5}));
  EXPECT_EQ(references[1].reference, (Reference{"tasks", "t", 23}));
  EXPECT_EQ(references[2].pointer, "/c");
  EXPECT_EQ(references[2].reference, (Reference{"city", "", 2}));
}

TEST(Template, GivesAllErrorsAtOnce) {
  const auto compiled = Template::compile(
      parse_json(R"({"a": "{{ 1 + }} {{ 2 2 }}", "b": ["ok {{city}}", "x {{ city"], "c": "{{}}", "d": "{{ \"}} }}", "e": "{{ ( "})")
          .value());
  ASSERT_FALSE(compiled);
  const auto& errors = compiled.error();
  ASSERT_EQ(errors.size(), 6U);
  EXPECT_EQ(errors[0].pointer, "/a");
  EXPECT_EQ(errors[0].offset, 7U);
  EXPECT_EQ(errors[0].message, "expected a value, but found '}'");
  EXPECT_EQ(errors[1].offset, 15U);
  EXPECT_EQ(errors[1].message, "expected an operator or '}}', but found '2'");
  EXPECT_EQ(errors[2].pointer, "/b/1");
  EXPECT_EQ(errors[2].offset, 2U);
  EXPECT_EQ(errors[2].message, R"('{{' is not closed; add '}}', or write '\{{' for the characters themselves)");
  EXPECT_EQ(errors[3].pointer, "/c");
  EXPECT_EQ(errors[3].message, "the expression is empty; write a value such as inputs.name");
  EXPECT_EQ(errors[4].message, "the string is not closed; add '\"'");
  EXPECT_EQ(errors[5].pointer, "/e");
}

TEST(Template, AfterAnErrorAtTheEndNothingFollows) {
  const auto compiled = Template::compile(Json("{{ \"}} ")).error();
  ASSERT_EQ(compiled.size(), 1U);
  EXPECT_EQ(Template::compile(Json("{{ } }}{{ ( }")).error().size(), 2U);
  EXPECT_EQ(Template::compile(Json("{{ \"}}\" + ")).error().size(), 1U);
}

TEST(Template, ErrorsNameTheExpressionAndThePlace) {
  EXPECT_EQ(render(parse_json(R"({"a": [1, "{{ inputs.n.x }}"]})").value()),
            "error: cannot index number with \"x\" (in the expression 'inputs.n.x') at /a/1");
  EXPECT_EQ(render_text("x {{ nowhere }}"), "error: unknown name 'nowhere' (in the expression 'nowhere')");
}

TEST(Template, ExpressionsShareTheLimits) {
  const Json source = JsonArray{"{{ [range(500)] | length }}", "{{ [range(500)] | length }}"};
  EXPECT_EQ(render(source, {.max_steps = 3000, .max_bytes = 100'000}), "[500,500]");
  EXPECT_EQ(render(source, {.max_steps = 1200, .max_bytes = 100'000}),
            "error: it takes more steps than are allowed; work on less data at once (in the expression '[range(500)] | length') at /1");
  const Json large = JsonArray{"{{ \"a\" * 60000 }}", "{{ \"a\" * 60000 }}"};
  EXPECT_TRUE(render(large, {.max_steps = 100'000, .max_bytes = 100'000}).starts_with("error: its values take more memory"));
}

TEST(Template, BoundsTheDepthOfItsSource) {
  Json deep = "{{1}}";
  for (int i = 0; i < 200; ++i) {
    JsonArray outer;
    outer.push_back(std::move(deep));
    deep = std::move(outer);
  }
  EXPECT_EQ(render(deep), "does not compile: values may nest at most 128 levels deep");
}

}  // namespace
}  // namespace skein::workflow
