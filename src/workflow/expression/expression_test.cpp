#include "workflow/expression/expression.hpp"

#include <gtest/gtest.h>

#include "workflow/expression/test_scope.hpp"

namespace skein::workflow {
namespace {

using test::error_of;
using test::evaluate;

struct Case {
  std::string_view text;
  std::string_view result;
};

void expect_all(std::initializer_list<Case> cases) {
  for (const auto& [text, result] : cases) EXPECT_EQ(evaluate(text), result) << text;
}

TEST(Names, AreLookedUpInTheScope) {
  expect_all({
      {"fetch.result.items | length", "3"},
      {"inputs.city", R"("Oslo")"},
      {"city", R"("Oslo")"},
      {".city", R"("Oslo")"},
      {".inputs.city", R"("Oslo")"},
      {"inputs", R"({"city":"Oslo","n":4,"big":9007199254740993,"half":0.5,"three":3.0,"none":null})"},
      {R"(["my-task"].result)", "5"},
      {R"(["my-task"]["result"])", "5"},
      {R"(.["my-task"].result)", "5"},
      {R"(.["my-task"])", R"({"result":5})"},
      {R"(."my-task".result)", "5"},
      {R"(tasks["my-task"].result)", "5"},
      {"tasks.length.result", "6"},
      {R"(tasks["length"].result)", "6"},
      {R"(fetch["result"].name)", R"("a")"},
      {R"(fetch."result"."name")", R"("a")"},
      {"fetch.result.absent.deeper", "null"},
      {"inputs.absent", "null"},
      {"fetch.[\"status\"]", R"("completed")"},
      {"{city, n: inputs.n}", R"({"city":"Oslo","n":4})"},
      {R"({"city"})", R"({"city":"Oslo"})"},
      {"[.city, .inputs.n]", R"(["Oslo",4])"},
      {"[inputs.n, inputs.n]", "[4,4]"},
      {"fetch.result.items | map(. + inputs.n)", "[7,5,6]"},
      {"env.HOME", R"("/root")"},
      {"inputs.big", "9007199254740993"},
      {"inputs.three", "3.0"},
      {"inputs.three + 0", "3"},
      {R"(["a"] | length)", "1"},
      {R"(["my-task"].["result"])", "5"},
      {R"(inputs[("ci" + "ty")])", R"("Oslo")"},
      {R"(inputs[""])", "null"},
      {"(fetch).result.name", R"("a")"},
      {"fetch.result.items[0] as $x | $x + .inputs.n", "7"},
  });
  EXPECT_EQ(error_of("nowhere.result"), "unknown name 'nowhere'");
  EXPECT_EQ(error_of("match.result"), "unknown name 'match'");  // of jq's functions only those without arguments keep their names
  // A name that does not exist is a mistake, not an absent value.
  EXPECT_EQ(error_of("nowhere.result // 1"), "unknown name 'nowhere'");
  EXPECT_EQ(error_of("[nowhere?]"), "unknown name 'nowhere'");
  EXPECT_EQ(error_of("[nowhere | .[]] // 1"), "unknown name 'nowhere'");
  EXPECT_EQ(error_of("(inputs.n, nowhere) // 1"), "unknown name 'nowhere'");
}

TEST(References, AreListedInOrder) {
  const auto parsed =
      Expression::parse(R"(a.b + inputs["c d"] | map(tasks["my-task"].result, e) | .f + ["g-h"].i.j + k[inputs.x])").value();
  const std::vector<Reference> expected{{"a", "b", 0},    {"inputs", "c d", 6}, {"tasks", "my-task", 26}, {"e", "", 51},
                                        {"g-h", "i", 61}, {"k", "", 75},        {"inputs", "x", 77}};
  EXPECT_EQ(std::vector(parsed.references().begin(), parsed.references().end()), expected);
  EXPECT_EQ(Expression::parse("  .a.b ").value().references()[0], (Reference{"a", "b", 3}));
  EXPECT_EQ(Expression::parse("  .a.b ").value().text(), ".a.b");
  EXPECT_NE((Reference{"a", "b", 3}), (Reference{"c", "b", 3}));
  EXPECT_NE((Reference{"a", "b", 3}), (Reference{"a", "c", 3}));
  EXPECT_NE((Reference{"a", "b", 3}), (Reference{"a", "b", 4}));
}

}  // namespace
}  // namespace skein::workflow
