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

}  // namespace
}  // namespace skein
