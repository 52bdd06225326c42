#include "model/ollama/chat_codec.hpp"

#include <gtest/gtest.h>

#include "model/stream_feed_test.hpp"

namespace skein::model::ollama {
namespace {

using model::testing::json;

const ChatCodec codec;

Request asking(std::string text) {
  Request request;
  request.model = "qwen3:8b";
  request.messages = {user_says(std::move(text))};
  return request;
}

JsonObject body_of(const Request& request, Streaming streaming = Streaming::off) {
  const auto wire = codec.encode(request, {}, streaming);
  if (!wire) ADD_FAILURE() << wire.error().message;
  return wire ? wire->body : JsonObject();
}

void expect_json(const Json& value, std::string_view expected) { EXPECT_EQ(value, json(expected)) << to_json(value); }

TEST(OllamaCodec, AShortRequestSaysNoMoreThanItMust) {
  const auto wire = codec.encode(asking("Hi"), {}, Streaming::on);
  ASSERT_TRUE(wire);
  EXPECT_EQ(wire->path, "/api/chat");
  expect_json(wire->body, R"({"model":"qwen3:8b","messages":[{"role":"user","content":"Hi"}],"stream":true})");
  EXPECT_EQ(body_of(asking("Hi")).at("stream"), Json(false));
  EXPECT_EQ(codec.framing(), Framing::lines);
}

TEST(OllamaCodec, EverySettingHasItsPlace) {
  auto request = asking("Hi");
  request.instructions = "Be brief.";
  request.tools = {{.name = "now", .description = "The time", .parameters = nullptr},
                   {.name = "add", .description = "", .parameters = json(R"({"type":"object"})")}};
  request.output = OutputSchema{.name = "sum", .schema = json(R"({"type":"object"})"), .strict = true};
  request.max_output_tokens = 100;
  request.temperature = 0.5;
  request.top_p = 0.9;
  request.stop = {"END"};
  request.seed = 7;
  request.extra = {{"num_ctx", 32768}, {"keep_alive", "5m"}, {"options", {{"top_k", 40}, {"seed", 8}}}};
  expect_json(body_of(request),
              R"({"model":"qwen3:8b","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],
                  "tools":[{"type":"function","function":{"name":"add","description":"","parameters":{"type":"object"}}},
                           {"type":"function","function":{"name":"now","description":"The time","parameters":{"type":"object"}}}],
                  "format":{"type":"object"},"stream":false,"keep_alive":"5m",
                  "options":{"num_predict":100,"temperature":0.5,"top_p":0.9,"stop":["END"],"seed":8,"top_k":40,"num_ctx":32768}})");
}

TEST(OllamaCodec, OnlySomeModelsAreToldHowMuchToThink) {
  auto request = asking("Hi");
  EXPECT_FALSE(body_of(request).contains("think"));
  request.reasoning_effort = "low";
  EXPECT_EQ(body_of(request).at("think"), Json(true));
  request.model = "gpt-oss:20b";
  EXPECT_EQ(body_of(request).at("think"), Json("low"));
  request.reasoning_effort = "medium";
  EXPECT_EQ(body_of(request).at("think"), Json("medium"));
  request.reasoning_effort = "xhigh";
  EXPECT_EQ(body_of(request).at("think"), Json("high"));
  request.reasoning_effort = "none";
  EXPECT_EQ(body_of(request).at("think"), Json(false));
}

TEST(OllamaCodec, AConversationWithToolsAndPictures) {
  auto request = asking("x");
  request.messages = {{.role = Role::user,
                       .parts = {Text{"What is this?"}, Image{.media_type = "image/png", .data = "AAAA", .url = {}},
                                 Image{.media_type = {}, .data = {}, .url = "data:image/png;base64,BBBB"}}},
                      {.role = Role::assistant,
                       .parts = {Reasoning{.text = "Hm", .provider = "ollama", .kept = JsonObject{{"field", "thinking"}}},
                                 Reasoning{.text = "no", .provider = "anthropic", .kept = nullptr},
                                 ToolCall{.id = "c1", .name = "look", .arguments = R"({"at": 1})", .kept = nullptr},
                                 ToolCall{.id = "", .name = "look", .arguments = "{a", .kept = nullptr}}},
                      {.role = Role::user, .parts = {ToolResult{.call_id = "c1", .name = "look", .text = "a cat", .failed = false}}}};
  const auto expected = R"([{"role":"user","content":"What is this?","images":["AAAA","BBBB"]},
    {"role":"assistant","content":"","thinking":"Hm","tool_calls":[
      {"id":"c1","function":{"name":"look","arguments":{"at":1}}},
      {"function":{"name":"look","arguments":{"malformed_arguments":"{a"}}}]},
    {"role":"tool","content":"a cat","tool_name":"look","tool_call_id":"c1"}])";
  expect_json(body_of(request)["messages"], expected);
  request.messages.push_back(user_says("Thanks."));
  EXPECT_FALSE(body_of(request)["messages"].at(1).as_object().contains("thinking"));
}

TEST(OllamaCodec, WhatCannotBeSentIsRefused) {
  auto request = asking("Hi");
  request.messages[0].parts.emplace_back(Image{.media_type = {}, .data = {}, .url = "https://x.test/a.png"});
  EXPECT_EQ(codec.encode(request, {}, Streaming::off).error().code, ErrorCode::unsupported);
  request = asking("Hi");
  request.tools = {{.name = "now", .description = "", .parameters = nullptr}};
  request.tool_choice = ToolChoice::required;
  EXPECT_EQ(codec.encode(request, {}, Streaming::off).error().code, ErrorCode::unsupported);
  request.tool_choice = ToolChoice::none;
  EXPECT_FALSE(body_of(request).contains("tools"));
  request.extra = {{"stream", true}};
  EXPECT_EQ(codec.encode(request, {}, Streaming::off).error().code, ErrorCode::invalid_argument);
  request = asking("Hi");
  request.messages[0].parts.clear();
  EXPECT_EQ(codec.encode(request, {}, Streaming::off).error().code, ErrorCode::invalid_argument);
}

TEST(OllamaCodec, ComplaintsAreRead) { EXPECT_EQ(codec.complaint(json(R"({"error":"model 'x' not found"})")), "model 'x' not found"); }

}  // namespace
}  // namespace skein::model::ollama
