#include <gtest/gtest.h>

#include "config/config.hpp"
#include "config/validate.hpp"

namespace skein::config {
namespace {

workflow::DefinitionPtr with_inputs(const std::string& inputs) {
  auto loaded =
      load_workflow_text("name: w\ntasks: [{name: t, agent_name: local, action: transform}]\ninputs:\n" + inputs, "w.yaml", Format::yaml);
  EXPECT_TRUE(loaded) << to_string(loaded.error().front());
  return loaded ? loaded->definition : nullptr;
}

std::string checked(const workflow::DefinitionPtr& definition, std::string_view given) {
  const auto result = check_inputs(*definition, parse_json(given).value().as_object());
  return result ? to_json(*result) : result.error().message;
}

TEST(Inputs, TakeDefaultsAndKeepWhatIsGiven) {
  const auto definition = with_inputs(
      "  city: string\n  days: {type: integer, default: 3}\n  note: {type: string, required: false}\n  free: {default: null}\n");
  EXPECT_EQ(checked(definition, R"({"city": "Bonn"})"), R"({"city":"Bonn","days":3,"free":null})");
  EXPECT_EQ(checked(definition, R"({"city": "Bonn", "days": 5, "note": "x", "free": [1]})"),
            R"({"city":"Bonn","days":5,"note":"x","free":[1]})");
  EXPECT_EQ(checked(definition, R"({"city": "Bonn", "days": null, "note": null})"), R"({"city":"Bonn","days":3,"free":null})");
}

TEST(Inputs, SayEverythingThatIsWrong) {
  const auto definition = with_inputs(
      "  city: {type: string, minLength: 2}\n  days: {type: integer, default: 3, maximum: 14}\n  must: {default: 1, required: true}\n");
  EXPECT_EQ(
      checked(definition, R"({"citi": "x", "zzzzzz": 1, "days": 20})"),
      "unknown input 'citi'; did you mean 'city'?\nunknown input 'zzzzzz'; the inputs are city, days and must\n"
      "missing input 'city'; give it a string, at least 2 characters\ninput 'days' must be an integer, at most 14, got the number 20\n"
      "missing input 'must'; give it a value");
  EXPECT_EQ(checked(definition, R"({"city": null, "must": 2})"), "input 'city' must be a string, at least 2 characters, got null");
  EXPECT_EQ(checked(load_workflow_text("name: w\ntasks: [{name: t, agent_name: local, action: x}]", "w", Format::yaml)->definition,
                    R"({"a": 1})"),
            "unknown input 'a'; this workflow has none");
}

TEST(Inputs, ComeFromACommandLine) {
  const auto definition = with_inputs(
      "  s: string\n  n: number\n  b: boolean\n  o: object\n  any: {}\n  either: {type: [integer, string]}\n  list: {type: [array, "
      "\"null\"]}\n");
  const auto value = [&](std::size_t input, std::string_view text) {
    const auto result = parse_input_value(definition->inputs[input], text);
    return result ? to_json(*result) : result.error().message;
  };
  EXPECT_EQ(value(0, "5"), "\"5\"");
  EXPECT_EQ(value(1, "5"), "5");
  EXPECT_EQ(value(1, "five"), "input 'n' must be a number, got 'five'; write it as JSON");
  EXPECT_EQ(value(2, "true"), "true");
  EXPECT_EQ(value(3, R"({"a": [1]})"), R"({"a":[1]})");
  EXPECT_EQ(value(4, "5"), "5");
  EXPECT_EQ(value(4, "Bonn"), "\"Bonn\"");
  EXPECT_EQ(value(5, "5"), "\"5\"");
  EXPECT_EQ(value(6, "[]"), "[]");
  EXPECT_EQ(value(0, "\xff"), "input 's' is not UTF-8; give it as UTF-8 text");
}

std::string violations(std::string_view schema, std::string_view value) {
  std::string out;
  for (const auto& one : schema_violations("x", parse_json(schema).value(), parse_json(value).value())) out += one + "\n";
  return out;
}

TEST(Schemas, NameTheInnermostPlace) {
  constexpr std::string_view schema =
      R"({"type": "object", "required": ["a"], "properties": {"a": {"type": "array", "items": {"type": "integer"}}},
    "additionalProperties": {"type": "string"}})";
  EXPECT_EQ(violations(schema, R"({"a": [1, 2]})"), "");
  EXPECT_EQ(violations(schema, R"({"a": [1, "2"], "b": 5})"),
            "'x.a[1]' must be an integer, got the string \"2\"\n'x.b' must be a string, got the number 5\n");
  EXPECT_EQ(violations(schema, "{}"), "'x' must be an object, with the members \"a\", got an empty object\n");
  EXPECT_EQ(violations(schema, "[]"), "'x' must be an object, with the members \"a\", got an empty list\n");
  EXPECT_EQ(violations(R"({"additionalProperties": false, "properties": {"a": true}})", R"({"b": 1, "a": 2})"),
            "'x' must be a value, without members that are not declared, got an object\n");
}

TEST(Schemas, CheckPatternsAndFormatsInLinearTime) {
  EXPECT_EQ(violations(R"({"pattern": "^(a+)+$"})", "\"" + std::string(50'000, 'a') + "!\"").substr(0, 41),
            "'x' must be a value, matching /^(a+)+$/, ");
  EXPECT_EQ(violations(R"({"pattern": "b"})", "\"abc\""), "");
  EXPECT_EQ(violations(R"({"pattern": "b"})", "5"), "");
  EXPECT_EQ(violations(R"({"properties": {"d": {"format": "date"}}, "additionalProperties": {"pattern": "^x"}})",
                       R"({"d": "2026-13-01", "e": "y"})"),
            "'x.d' must be a value, in the format date, got the string \"2026-13-01\"\n'x.e' must be a value, matching /^x/, got the "
            "string \"y\"\n");
  EXPECT_EQ(violations(R"({"items": {"format": "email"}})", R"(["a@b.example", "nobody"])"),
            "'x[1]' must be a value, in the format email, got the string \"nobody\"\n");
  const std::pair<const char*, const char*> fine[] = {
      {"date", "2026-01-31"}, {"time", "12:30:00Z"},           {"date-time", "2026-01-31T12:30:00.5+01:00"},
      {"email", "a@b.c"},     {"uri", "https://example.com/"}, {"uuid", "0190163d-8694-739b-aea5-966c26f8ad91"}};
  for (const auto& [format, text] : fine) {
    EXPECT_EQ(violations(R"({"format": ")" + std::string(format) + "\"}", "\"" + std::string(text) + "\""), "") << format;
    EXPECT_NE(violations(R"({"format": ")" + std::string(format) + "\"}", "\"?\""), "") << format;
  }
}

TEST(Schemas, SpeakInWords) {
  const auto words = [](std::string_view schema) { return schema_in_words(parse_json(schema).value()); };
  EXPECT_EQ(words("{}"), "a value");
  EXPECT_EQ(words("true"), "a value");
  EXPECT_EQ(words("false"), "left out");
  EXPECT_EQ(words(R"({"type": ["string", "null"]})"), "a string or null");
  EXPECT_EQ(words(R"({"enum": ["a", 2]})"), "one of \"a\" or 2");
  EXPECT_EQ(words(R"({"const": {"a": 1}})"), R"({"a":1})");
  EXPECT_EQ(words(R"({"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true})"),
            "an array, at least 1 items, at most 2 items, no item twice");
}

TEST(Schemas, ThatContradictThemselvesFitNothing) {
  EXPECT_EQ(violations(R"({"type": "nonsense"})", "1"), "'x' must be a nonsense, got the number 1\n");
}

TEST(Schemas, AreReadWhereSomebodyGivesOne) {
  const auto read = read_schema(parse_json(R"({"type": "integer", "maximum": 3})").value());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(in_words(*read), "an integer, at most 3");
  EXPECT_EQ(config::violations("answer", *read, 4), std::vector<std::string>{"'answer' must be an integer, at most 3, got the number 4"});
  const auto refused = read_schema(parse_json(R"({"type": "number", "maximun": 3})").value());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("maximun"), std::string::npos) << refused.error().message;
}

}  // namespace
}  // namespace skein::config
