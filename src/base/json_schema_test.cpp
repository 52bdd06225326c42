#include "base/json_schema.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace skein {
namespace {

std::string said(std::string_view schema, const Json& value) {
  std::string out;
  for (const auto& one : schema_violations("it", parse_json(schema).value(), value)) out += one + "\n";
  return out;
}

TEST(JsonSchema, AnIntegerIsOneWhateverItsSign) {
  const auto* schema = R"({"type": "object", "properties": {"n": {"type": "array", "items": {"type": "integer", "maximum": 7}}}})";
  EXPECT_EQ(said(schema, Json{{"n", {std::uint64_t{7}, 7, -7}}}), "");
  EXPECT_EQ(said(schema, Json{{"n", {std::uint64_t{8}}}}), "'it.n[0]' must be an integer, at most 7, got the number 8\n");
}

TEST(JsonSchema, SchemasMayReferToThemselves) {
  const auto* tree = R"({"type": "object", "properties": {"child": {"$ref": "#"}}, "additionalProperties": false})";
  EXPECT_EQ(said(tree, parse_json(R"({"child": {"child": {}}})").value()), "");
  EXPECT_NE(said(tree, parse_json(R"({"child": {"chill": {}}})").value()), "");
}

TEST(JsonSchema, AReferenceThatLeadsNowhereFitsNothing) {
  for (const auto* schema : {R"({"$ref": "#"})", R"({"properties": {"a": {"$ref": "#/definitions/a"}},
                                                   "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}})",
                             R"({"anyOf": [{"$ref": "#/anyOf/0"}]})"}) {
    EXPECT_NE(said(schema, parse_json(R"({"a": 1})").value()), "") << schema;
  }
}

Json json(std::string_view text) { return parse_json(text).value(); }

TEST(JsonSchema, OrdinaryReferencesAreFollowed) {
  const auto* schema =
      R"({"properties": {"a": {"$ref": "#/definitions/n"}, "b": {"$ref": 5}, "c": 7}, "definitions": {"n": {"type": "integer"}}})";
  EXPECT_NE(said(schema, json(R"({"a": "x"})")), "") << "b makes no sense, so nothing fits";
  for (const auto* nowhere :
       {R"({"$ref": "#/definitions/none"})", R"({"$ref": "elsewhere.json"})", R"({"$ref": "https://example.com/s"})", R"({"$ref": "#a"})",
        R"({"properties": {"a": {"$ref": "#/properties/a/"}}})", R"({"properties": {"a b": {"$ref": "#/properties/a%20b"}}})"}) {
    EXPECT_NE(said(nowhere, 1), "") << nowhere;
  }
  const auto* named = R"({"properties": {"x": {"$ref": "#/definitions/a%20b%2F%7e"}}, "definitions": {"a b/~": {"type": "integer"}}})";
  EXPECT_EQ(said(named, json(R"({"x": 1})")), "");
  EXPECT_NE(said(named, json(R"({"x": "1"})")), "");
  EXPECT_NE(said(R"({"$ref": "#/definitions/%zz", "definitions": {"%zz": true}})", 1), "");
}

TEST(JsonSchema, NumbersAreIntegersWhateverHoldsThem) {
  Json value = JsonObject{{"n", JsonArray{JsonObject{{"m", std::uint64_t{7}}}}}};
  EXPECT_EQ(said(R"({"properties": {"n": {"items": {"properties": {"m": {"type": "integer"}}}}}})", value), "");
  value.get_object()["n"] = std::uint64_t{1} << 63U;
  EXPECT_EQ(said(R"({"properties": {"n": {"type": "string"}}})", value), "'it.n' must be a string, got the number 9223372036854775808\n");
}

TEST(JsonSchema, NotesAreNoConstraints) {
  const auto* schema = R"({"title": 1, "description": 2, "default": 3, "examples": 4, "minimum": null, "type": "integer"})";
  EXPECT_EQ(said(schema, 1), "");
  EXPECT_EQ(said(R"({"const": null})", nullptr), "");
  EXPECT_NE(said(R"({"const": null})", 1), "");
}

TEST(JsonSchema, PlacesThatOtherKeysSpeakOfAreNamedToo) {
  EXPECT_EQ(said(R"({"patternProperties": {"^a": {"type": "integer"}}})", json(R"({"ab": "x"})")),
            "'it.ab' must be as its schema says, got the string \"x\"\n");
  EXPECT_EQ(said(R"({"patternProperties": {"^a": {"properties": {"b": {"type": "integer"}}}}})", json(R"({"ab": {"b": "x"}})")),
            "'it.ab.b' must be as its schema says, got the string \"x\"\n");
  EXPECT_EQ(said(R"({"properties": {"a": true}, "allOf": [{"properties": {"a": {"properties": {"b": {"type": "integer"}}}}}]})",
                 json(R"({"a": {"b": "x"}})")),
            "'it.a.b' must be as its schema says, got the string \"x\"\n");
  EXPECT_EQ(said(R"({"properties": {"[x]": {"type": "integer"}, "": {"type": "integer"}}})", json(R"({"[x]": "y", "": "z"})")),
            "'it.' must be an integer, got the string \"z\"\n'it.[x]' must be an integer, got the string \"y\"\n");
}

TEST(JsonSchema, TextsAreCheckedAsFarAsTheSchemaMakesSense) {
  for (const auto* schema : {R"({"pattern": "("})", R"({"pattern": 5})", R"({"format": 5})", R"({"format": "binary"})"})
    EXPECT_EQ(said(schema, "x"), "") << schema;
  EXPECT_EQ(said(R"({"properties": {"a": {"pattern": "^y"}}})", json(R"({"a": "y", "b": "x"})")), "");
  EXPECT_EQ(said(R"({"properties": 5})", json(R"({"a": "y"})")), "'it' must be a value, got an object\n");
}

TEST(JsonSchema, NothingIsAMultipleOfNothing) {
  for (const auto* schema : {R"({"multipleOf": 0})", R"({"multipleOf": -1})", R"({"multipleOf": 0.0})", R"({"items": {"multipleOf": 0}})"})
    EXPECT_NE(said(schema, json("4")), "") << schema;
  EXPECT_EQ(said(R"({"multipleOf": 2})", json("4")), "");
  EXPECT_NE(said(R"({"multipleOf": "two"})", json("4")), "");
  EXPECT_NE(said(R"({"multipleOf": 2})", json("-9223372036854775807")), "");
}

TEST(JsonSchema, WordsLeaveOutWhatMakesNoSense) {
  EXPECT_EQ(schema_in_words(5), "a value");
  EXPECT_EQ(schema_in_words(json(R"({"type": ["string", 5], "minimum": null, "enum": 7, "required": true})")), "a string");
}

}  // namespace
}  // namespace skein
