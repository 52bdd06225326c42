#include "model/token_bound.hpp"

#include <functional>

#include <gtest/gtest.h>

namespace skein::model {
namespace {

Request asking(std::string text) {
  Request request;
  request.messages = {user_says(std::move(text))};
  return request;
}

ToolSpec add_tool() {
  return {
      .name = "add",
      .description = "Adds two numbers",
      .parameters = *parse_json(R"({"type":"object","properties":{"a":{"type":"number","description":"größer"},"b":{"type":"number"}}})")};
}

/// How much a change adds to the bound.
std::uint64_t added(const std::function<void(Request&)>& change) {
  auto request = asking("x");
  const auto before = prompt_token_bound(request);
  change(request);
  return prompt_token_bound(request) - before;
}

TEST(TokenBound, IsNeverBelowOneTokenForEachByte) {
  for (const std::string& text : {std::string(), std::string("hello world"), std::string("日本語のテキスト"), std::string(100'000, 'a')}) {
    EXPECT_GE(prompt_token_bound(asking(text)), text.size());
    EXPECT_LE(prompt_token_bound(asking(text)), text.size() + 200);  // a bound that is of use
  }
  EXPECT_EQ(added([](Request& request) { request.instructions = std::string(1000, 'i'); }), 1000U);
}

TEST(TokenBound, EverythingThatIsSentCounts) {
  const auto text = std::string(1000, 't');
  EXPECT_GE(added([&](Request& request) { request.messages.push_back(user_says(text)); }), 1000U);
  const auto part = [&](const Part& one) { return added([&](Request& request) { request.messages.front().parts.push_back(one); }); };
  EXPECT_GE(part(ToolCall{.id = "c", .name = "add", .arguments = text, .kept = nullptr}), 1000U);
  EXPECT_GE(part(ToolResult{.call_id = "c", .name = "add", .text = text}), 1000U);
  EXPECT_GE(part(Reasoning{.text = text, .provider = "anthropic", .kept = JsonObject{{"signature", text}}}), 2000U);
  EXPECT_GE(added([&](Request& request) { request.extra = JsonObject{{"system", text}}; }), 1000U);
  EXPECT_GE(added([&](Request& request) { request.output = OutputSchema{.name = "answer", .schema = JsonObject{{"description", text}}}; }),
            1000U);
}

TEST(TokenBound, PicturesCountByAConstantAndNotByTheirBytes) {
  EXPECT_EQ(added([](Request& request) {
              request.messages.front().parts.emplace_back(Image{.media_type = "image/png", .data = std::string(1'000'000, 'A'), .url = {}});
            }),
            most_tokens_of_image);
}

TEST(TokenBound, SchemasCountAsTheLongestFormThatATemplatePrints) {
  // python: json.dumps(schema, indent=4), with ensure_ascii as by default
  const std::string printed = R"({
    "type": "object",
    "properties": {
        "a": {
            "type": "number",
            "description": "gr\u00f6\u00dfer"
        },
        "b": {
            "type": "number"
        }
    }
})";
  const auto tool = add_tool();
  const auto size = added([&](Request& request) { request.tools.push_back(tool); });
  EXPECT_GE(size, printed.size() + tool.name.size() + tool.description.size());
  auto other = tool;
  other.name = "mul";
  const auto two = added([&](Request& request) { request.tools = {tool, other}; });
  EXPECT_LT(two, 2 * size);  // what providers add where there are tools comes once
  EXPECT_GE(two - size, printed.size());
}

TEST(TokenBound, EstimateIsATokenForThreeAndAHalfBytes) {
  EXPECT_EQ(prompt_token_estimate(asking(std::string(3500, 'a'))), 1004U);
  EXPECT_EQ(prompt_token_estimate(asking("a")), 5U);
  auto request = asking("");
  request.messages.front().parts.emplace_back(Image{.media_type = "image/png", .data = "AAAA", .url = {}});
  EXPECT_EQ(prompt_token_estimate(request), usual_tokens_of_image + 4);
}

TEST(TokenBound, EstimateStaysBelowTheBound) {
  auto request = asking("What is 2 + 2?");
  request.instructions = "Be short.";
  request.tools = {add_tool()};
  request.output = OutputSchema{.name = "answer", .schema = add_tool().parameters};
  request.messages.push_back({.role = Role::assistant,
                              .parts = {Reasoning{.text = "hm", .provider = "x", .kept = nullptr},
                                        ToolCall{.id = "c", .name = "add", .arguments = R"({"a":2,"b":2})", .kept = nullptr}}});
  request.messages.push_back({.role = Role::user, .parts = {ToolResult{.call_id = "c", .name = "add", .text = "4"}}});
  EXPECT_LT(prompt_token_estimate(request), prompt_token_bound(request));
  EXPECT_GT(prompt_token_estimate(request), 50U);
}

TEST(TokenBound, WhatJsonEscapesCountsEscaped) {
  const auto description = [](std::string text) {
    return added([&](Request& request) { request.tools = {{.name = "f", .description = std::move(text), .parameters = nullptr}}; });
  };
  const auto plain = description(std::string(100, 'x'));
  EXPECT_EQ(description(std::string(100, '\\')), plain + 100);
  EXPECT_EQ(description(std::string(100, '"')), plain + 100);
  EXPECT_EQ(description(std::string(100, '\n')), plain + 500) << "\\u000a in the longest form";
  EXPECT_EQ(description(std::string(100, '\x7f')), plain + 500);
  EXPECT_EQ(description(std::string(100, ' ')), plain);
}

}  // namespace
}  // namespace skein::model
