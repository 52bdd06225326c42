#include "base/json.hpp"

#include <limits>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include "base/random.hpp"

namespace skein {
namespace {

TEST(ParseJson, RoundTripsEveryKindExactly) {
  for (const std::string text : {"null", "true", "false", "0", "-9223372036854775808", "18446744073709551615", "1.5", "1e+300", "3.0",
                                 R"("a\"b\\c\nd\u0001é😀")", "[]", "{}", R"([1,[2,{"a":[]}]])", R"({"b":1,"a":{"c":null}})"}) {
    const auto value = parse_json(text);
    ASSERT_TRUE(value) << text << ": " << value.error().message;
    EXPECT_EQ(to_json(*value), text);
  }
}

TEST(ParseJson, SaysWhereItIsWrong) {
  const auto value = parse_json("{\"a\": 1,\n \"b\": }");
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().message.find("line 2"), std::string::npos) << value.error().message;
  for (const std::string text : {"", "  ", "{", "[1,]", "nul", "1 2", "{\"a\" 1}", "\"\xff\""}) EXPECT_FALSE(parse_json(text)) << text;
}

TEST(ParseJson, BoundsTheDepth) {
  const std::string deep(100'000, '[');
  EXPECT_FALSE(parse_json(deep));
  const std::string fine = std::string(100, '[') + std::string(100, ']');
  EXPECT_TRUE(parse_json(fine));
}

TEST(ToJson, WhatJsonCannotSayIsNull) {
  EXPECT_EQ(to_json(Json(std::numeric_limits<double>::infinity())), "null");
  EXPECT_EQ(to_json(Json(std::numeric_limits<double>::quiet_NaN())), "null");
}

TEST(ToJson, PrettyIsIndentedAndTheSameValue) {
  const auto value = parse_json(R"({"a":[1,{"b":true}],"c":[],"d":{},"e":"x\ty\r"})").value();
  const auto pretty = to_pretty_json(value);
  EXPECT_NE(pretty.find("\n  \"a\": ["), std::string::npos) << pretty;
  EXPECT_EQ(parse_json(pretty).value(), value);
}

TEST(Pointers, EscapeAndFind) {
  EXPECT_EQ(pointer_to("/tasks", "a/b~c"), "/tasks/a~1b~0c");
  EXPECT_EQ(pointer_to("/tasks", 3), "/tasks/3");
  const auto value = parse_json(R"({"tasks":[{"a/b":7}]})").value();
  ASSERT_NE(at_pointer(value, "/tasks/0/a~1b"), nullptr);
  EXPECT_EQ(*at_pointer(value, "/tasks/0/a~1b"), Json(7));
  EXPECT_EQ(at_pointer(value, "/nothing"), nullptr);
}

TEST(TypeName, UsesTheWordsOfJsonSchema) {
  EXPECT_EQ(type_name(Json(nullptr)), "null");
  EXPECT_EQ(type_name(Json(true)), "boolean");
  EXPECT_EQ(type_name(Json(1)), "number");
  EXPECT_EQ(type_name(Json(1U)), "number");
  EXPECT_EQ(type_name(Json(1.0)), "number");
  EXPECT_EQ(type_name(Json("s")), "string");
  EXPECT_EQ(type_name(Json(JsonArray{})), "array");
  EXPECT_EQ(type_name(Json(JsonObject{})), "object");
}

TEST(Json, KeepsFloatingPointNumbersExactly) {
  SeededRandom random(7);
  for (int i = 0; i < 20'000; ++i) {
    const double value = random.unit() * (i % 3 == 0 ? 1e-30 : i % 3 == 1 ? 1e25 : 1.0);
    const auto text = to_json(Json(value));
    ASSERT_EQ(parse_json(text).value(), Json(value)) << text;
  }
  EXPECT_EQ(to_json(parse_json("212345678901234567890123456789").value()), to_json(Json(212345678901234567890123456789.0)));
  EXPECT_EQ(to_json(parse_json("[1.0,-0.5e-3,18446744073709551615,-7]").value()), "[1.0,-5e-04,18446744073709551615,-7]");
}

}  // namespace
}  // namespace skein
