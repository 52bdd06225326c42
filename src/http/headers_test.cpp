#include "http/headers.hpp"

#include <gtest/gtest.h>

namespace skein::http {
namespace {

TEST(Headers, NamesCompareWithoutCaseAndKeepEveryValue) {
  Headers headers{{"X-Many", "one"}, {"x-many", "two"}, {"Other", "3"}};
  EXPECT_EQ(headers.get("X-MANY"), "one");
  EXPECT_EQ(headers.get_all("x-Many"), (std::vector<std::string_view>{"one", "two"}));
  headers.set("x-MANY", "three");
  EXPECT_EQ(headers.get_all("X-Many"), std::vector<std::string_view>{"three"});
  headers.remove("OTHER");
  EXPECT_FALSE(headers.has("Other"));
  EXPECT_EQ(headers.size(), 1U);
}

TEST(RequestHeaders, InjectionIsRefusedWithoutShowingTheValue) {
  for (const char* value : {"a\r\nX-Evil: 1", "a\nb", "a\rb", "a\x01"}) {
    const auto r = check_request_headers(Headers{{"X-Test", value}});
    ASSERT_FALSE(r) << value;
    EXPECT_EQ(r.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(r.error().message.find("Evil"), std::string::npos);
    EXPECT_NE(r.error().message.find("X-Test"), std::string::npos);
  }
  EXPECT_FALSE(check_request_headers(Headers{{"X-Nul", std::string("a\0b", 3)}}));
  for (const char* name : {"", "X Y", "X:Y", "X\r\nY", "X\nEvil: 1", "Ü"})
    EXPECT_FALSE(check_request_headers(Headers{{name, "v"}})) << name;
}

TEST(RequestHeaders, WhatTheClientDecidesIsRefused) {
  for (const char* name : {"content-length", "Transfer-Encoding", "Connection", "upgrade"}) {
    EXPECT_FALSE(check_request_headers(Headers{{name, "1"}})) << name;
  }
  EXPECT_TRUE(check_request_headers(Headers{{"Content-Type", "text/plain; charset=utf-8"}, {"X-Tab", "a\tb"}, {"X-Empty", ""}}));
}

TEST(ContentType, MediaTypeAndJson) {
  EXPECT_EQ(media_type(" Application/JSON ; charset=utf-8"), "application/json");
  EXPECT_TRUE(is_json_type("application/problem+json"));
  EXPECT_TRUE(is_json_type("application/json"));
  EXPECT_FALSE(is_json_type("text/plain"));
  EXPECT_FALSE(is_json_type("application/jsonlines"));
}

}  // namespace
}  // namespace skein::http
