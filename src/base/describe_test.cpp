#include "base/describe.hpp"

#include <array>

#include <gtest/gtest.h>

namespace skein {
namespace {

struct Inner {
  std::uint32_t count = 2;
  std::vector<double> numbers;
};
struct Outer {
  std::string name;
  Inner inner;
  std::optional<bool> flag;
  microseconds wait = seconds{5};
  describe::Named<Inner> named;
  Json any;
};

constexpr std::array<std::string_view, 1> later{"later"};

}  // namespace

template <>
const describe::Table<Inner>& describe::table_of<Inner>() {
  static const Table<Inner> table({.name = "inner", .about = "Inside."},
                                  {field("count", &Inner::count, {.about = "How many.", .minimum = 1}),
                                   field("numbers", &Inner::numbers, {.about = "Some.", .maximum = 10, .min_items = 2})});
  return table;
}
template <>
const describe::Table<Outer>& describe::table_of<Outer>() {
  static const Table<Outer> table(
      {.name = "outer", .about = "Outside.", .refused = later},
      {field("name", &Outer::name, {.about = "Its name.", .example = "x", .required = true, .min_items = 1}),
       field("inner", &Outer::inner, {.about = "In."}), field("flag", &Outer::flag, {.about = "Yes or no."}),
       field("wait", &Outer::wait, {.about = "How long.", .maximum = 3600}), field("named", &Outer::named, {.about = "Several."}),
       field("any", &Outer::any, {.about = "Anything."})});
  return table;
}

namespace {

struct Parsed {
  Outer value;
  std::string problems;
};

Parsed parsed(std::string_view json) {
  Parsed out;
  describe::Problems problems;
  describe::parse_object(out.value, parse_json(json).value(), describe::Path(), problems);
  for (const auto& problem : problems) out.problems += problem.pointer + " " + problem.message + "\n";
  return out;
}

TEST(Describe, ParsesWithDefaults) {
  const auto [value, problems] =
      parsed(R"({"name": "n", "inner": {"numbers": [1, 2.5]}, "flag": true, "wait": "1m", "named": {"a": {"count": 3.0}}, "any": [1]})");
  EXPECT_EQ(problems, "");
  EXPECT_EQ(value.name, "n");
  EXPECT_EQ(value.inner.count, 2U);
  EXPECT_EQ(value.inner.numbers, (std::vector<double>{1, 2.5}));
  EXPECT_EQ(value.flag, true);
  EXPECT_EQ(value.wait, seconds{60});
  EXPECT_EQ(value.named.at(0).second.count, 3U);
  EXPECT_EQ(to_json(value.any), "[1]");
}

TEST(Describe, CollectsAllProblems) {
  EXPECT_EQ(
      parsed(
          R"({"nam": 1, "later": 1, "inner": {"count": 0, "numbers": [11]}, "wait": "2h", "named": {"a": {"numbers": [1, 20]}}, "flag": null})")
          .problems,
      "/nam unknown key 'nam' in outer; did you mean 'name'?\n"
      "/later 'later' is not supported by this version; remove it\n"
      " missing key 'name' in outer; add it, as in 'name: x'\n"
      "/inner/count 'count' must be at least 1, got 0; raise it\n"
      "/inner/numbers 'numbers' needs at least 2 items; add one\n"
      "/wait 'wait' must be at most 3600 s, got 7200 s; lower it\n"
      "/named/a/numbers/1 item 2 of 'numbers' must be at most 10, got 20; lower it\n");
  EXPECT_EQ(parsed(R"({"name": "", "inner": 5})").problems,
            "/name 'name' must not be empty; write a text\n/inner 'inner' must be an object, got the number 5; write its keys below it\n");
}

TEST(Describe, MakesASchema) {
  describe::SchemaDefinitions definitions;
  EXPECT_EQ(to_json(describe::schema_of(describe::table_of<Outer>().view, definitions)), R"({"$ref":"#/definitions/outer"})");
  EXPECT_EQ(
      to_json(definitions.at("inner")),
      R"({"type":"object","description":"Inside.","properties":{"count":{"type":"integer","description":"How many.","minimum":1,"default":2},)"
      R"("numbers":{"type":"array","description":"Some.","items":{"type":"number","maximum":10},"minItems":2}},"additionalProperties":false})");
  EXPECT_EQ(to_json(definitions.at("outer").at("required")), R"(["name"])");
  EXPECT_EQ(to_json(definitions.at("outer").at("properties").at("wait").at("default")), "5");
}

TEST(Describe, DescribesValues) {
  EXPECT_EQ(describe::describe_value(Json(nullptr)), "null");
  EXPECT_EQ(describe::describe_value(Json(true)), "true");
  EXPECT_EQ(describe::describe_value(Json(1.5)), "the number 1.5");
  EXPECT_EQ(describe::describe_value(parse_json("{}").value()), "an empty object");
}

}  // namespace
}  // namespace skein
