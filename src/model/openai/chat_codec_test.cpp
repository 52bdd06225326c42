#include "model/openai/chat_codec.hpp"

#include <gtest/gtest.h>

#include "model/stream_feed_test.hpp"

namespace skein::model::openai {
namespace {

using model::testing::json;

const ChatCodec codec;

Request asking(std::string text) {
  Request request;
  request.model = "gpt-x";
  request.messages = {user_says(std::move(text))};
  return request;
}

JsonObject body_of(const Request& request, const Profile& profile = {}, Streaming streaming = Streaming::off) {
  const auto wire = codec.encode(request, profile, streaming);
  if (!wire) ADD_FAILURE() << wire.error().message;
  return wire ? wire->body : JsonObject();
}

std::string messages_of(const Request& request, const Profile& profile = {}) { return to_json(body_of(request, profile)["messages"]); }

/// Compared as values.
void expect_json(const Json& value, std::string_view expected) { EXPECT_EQ(value, json(expected)) << to_json(value); }

TEST(ChatCodec, AShortRequestSaysNoMoreThanItMust) {
  const auto wire = codec.encode(asking("Hi"), {}, Streaming::off);
  ASSERT_TRUE(wire);
  EXPECT_EQ(wire->path, "/chat/completions");
  expect_json(wire->body, R"({"model":"gpt-x","messages":[{"role":"user","content":"Hi"}]})");
}

TEST(ChatCodec, EverySettingHasItsPlace) {
  auto request = asking("Hi");
  request.instructions = "Be brief.";
  request.output = OutputSchema{.name = "sum", .schema = json(R"({"type":"object"})"), .strict = true};
  request.max_output_tokens = 100;
  request.temperature = 0.5;
  request.top_p = 0.9;
  request.stop = {"END"};
  request.seed = 7;
  request.reasoning_effort = "low";
  request.extra = {{"prompt_cache_key", "k"}, {"temperature", 1}};
  expect_json(body_of(request, {}, Streaming::on),
              R"({"model":"gpt-x","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],
                  "response_format":{"type":"json_schema","json_schema":{"name":"sum","schema":{"type":"object"},"strict":true}},
                  "max_completion_tokens":100,"temperature":1,"top_p":0.9,"stop":["END"],"seed":7,"reasoning_effort":"low",
                  "stream":true,"stream_options":{"include_usage":true},"prompt_cache_key":"k"})");

  Profile other;
  other.output_limit = Profile::OutputLimit::max_tokens;
  other.nested_json_schema = false;
  other.stream_usage = false;
  const auto body = body_of(request, other, Streaming::on);
  EXPECT_EQ(body.at("max_tokens"), Json(100));
  EXPECT_FALSE(body.contains("max_completion_tokens"));
  EXPECT_FALSE(body.contains("stream_options"));
  expect_json(body.at("response_format"), R"({"type":"json_schema","schema":{"type":"object"}})");
}

TEST(ChatCodec, ToolsAreSortedByName) {
  auto request = asking("Hi");
  request.tools = {{.name = "now", .description = "The time", .parameters = json(R"({"type":"object","properties":{}})")},
                   {.name = "add", .description = "", .parameters = nullptr}};
  request.parallel_tool_calls = false;
  request.tool_choice = ToolChoice::required;
  auto body = body_of(request);
  expect_json(body["tools"],
              R"([{"type":"function","function":{"name":"add","parameters":{"type":"object"}}},
                  {"type":"function","function":{"name":"now","description":"The time","parameters":{"type":"object","properties":{}}}}])");
  EXPECT_EQ(body.at("tool_choice"), Json("required"));
  EXPECT_EQ(body.at("parallel_tool_calls"), Json(false));

  request.tool_choice = ToolChoice::automatic;
  request.parallel_tool_calls = true;
  Profile strict;
  strict.strict_tools = true;
  body = body_of(request, strict);
  EXPECT_FALSE(body.contains("tool_choice"));
  EXPECT_FALSE(body.contains("parallel_tool_calls"));
  EXPECT_EQ(*at_pointer(body["tools"], "/0/function/strict"), Json(true));
}

TEST(ChatCodec, AServerWithoutToolChoiceIsNotAskedForIt) {
  auto request = asking("Hi");
  request.tools = {{.name = "now", .description = "", .parameters = nullptr}};
  request.parallel_tool_calls = false;
  Profile ollama;
  ollama.tool_choice = false;
  ollama.parallel_tool_calls = false;
  request.tool_choice = ToolChoice::none;
  EXPECT_FALSE(body_of(request, ollama).contains("tools"));
  EXPECT_EQ(body_of(request).at("tool_choice"), Json("none"));
  request.tool_choice = ToolChoice::automatic;
  const auto body = body_of(request, ollama);
  EXPECT_TRUE(body.contains("tools"));
  EXPECT_FALSE(body.contains("parallel_tool_calls"));
  request.tool_choice = ToolChoice::required;
  const auto refused = codec.encode(request, ollama, Streaming::off);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
}

TEST(ChatCodec, ToolResultsFollowTheirCalls) {
  auto request = asking("What is 1 + 2, and when?");
  request.messages.push_back(
      {.role = Role::assistant,
       .parts = {Text{"Let me see."}, ToolCall{.id = "a", .name = "add", .arguments = R"({"a": 1})", .kept = nullptr},
                 ToolCall{.id = "b", .name = "now", .arguments = "{}", .kept = nullptr}}});
  request.messages.push_back({.role = Role::user,
                              .parts = {Text{"Hurry up."}, ToolResult{.call_id = "b", .name = "now", .text = "noon", .failed = false},
                                        ToolResult{.call_id = "a", .name = "add", .text = "no", .failed = true}}});
  expect_json(body_of(request)["messages"],
              R"([{"role":"user","content":"What is 1 + 2, and when?"},
                  {"role":"assistant","content":"Let me see.","tool_calls":[
                    {"type":"function","id":"a","function":{"name":"add","arguments":"{\"a\": 1}"}},
                    {"type":"function","id":"b","function":{"name":"now","arguments":"{}"}}]},
                  {"role":"tool","tool_call_id":"b","content":"noon"},
                  {"role":"tool","tool_call_id":"a","content":"no"},
                  {"role":"user","content":"Hurry up."}])");
}

TEST(ChatCodec, NoToolCallIdIsEverEmpty) {
  auto request = asking("Go");
  request.messages.push_back({.role = Role::assistant,
                              .parts = {ToolCall{.id = "", .name = "x", .arguments = "{}", .kept = nullptr},
                                        ToolCall{.id = "", .name = "y", .arguments = "{}", .kept = nullptr}}});
  request.messages.push_back({.role = Role::user,
                              .parts = {ToolResult{.call_id = "", .name = "x", .text = "1", .failed = false},
                                        ToolResult{.call_id = "", .name = "y", .text = "2", .failed = false},
                                        ToolResult{.call_id = "", .name = "z", .text = "3", .failed = false}}});
  expect_json(body_of(request)["messages"],
              R"([{"role":"user","content":"Go"},
                  {"role":"assistant","content":null,"tool_calls":[
                    {"type":"function","id":"call_1_0","function":{"name":"x","arguments":"{}"}},
                    {"type":"function","id":"call_1_1","function":{"name":"y","arguments":"{}"}}]},
                  {"role":"tool","tool_call_id":"call_1_0","content":"1"},
                  {"role":"tool","tool_call_id":"call_1_1","content":"2"},
                  {"role":"tool","tool_call_id":"call","content":"3"}])");
}

TEST(ChatCodec, ArgumentsThatAreNoObjectAreToldAsSuch) {
  auto request = asking("Go");
  request.messages.push_back({.role = Role::assistant,
                              .parts = {ToolCall{.id = "a", .name = "x", .arguments = R"({"text": "hal)", .kept = nullptr},
                                        ToolCall{.id = "b", .name = "x", .arguments = "", .kept = nullptr}}});
  const auto calls = body_of(request)["messages"].at(1).at("tool_calls");
  EXPECT_EQ(calls.at(0).at("function").at("arguments"), Json(R"({"malformed_arguments":"{\"text\": \"hal"})"));
  EXPECT_EQ(calls.at(1).at("function").at("arguments"), Json("{}"));
}

TEST(ChatCodec, PicturesGoAsUrls) {
  auto request = asking("x");
  request.messages = {{.role = Role::user,
                       .parts = {Text{"What is this?"}, Image{.media_type = "image/png", .data = "AAAA", .url = {}},
                                 Image{.media_type = {}, .data = {}, .url = "https://x.test/a.png"}}}};
  expect_json(body_of(request)["messages"],
              R"([{"role":"user","content":[{"type":"text","text":"What is this?"},
                    {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
                    {"type":"image_url","image_url":{"url":"https://x.test/a.png"}}]}])");
  Profile ollama;
  ollama.image_urls = false;
  const auto refused = codec.encode(request, ollama, Streaming::off);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
  EXPECT_NE(refused.error().message.find("https://x.test/a.png"), std::string::npos);
  request.messages[0].parts.pop_back();
  EXPECT_TRUE(codec.encode(request, ollama, Streaming::off));
  request.messages[0].role = Role::assistant;
  EXPECT_FALSE(codec.encode(request, {}, Streaming::off));
}

TEST(ChatCodec, ThoughtsGoBackBesideTheirCallsUntilTheUserSpeaksAgain) {
  const Message thinking{
      .role = Role::assistant,
      .parts = {Reasoning{.text = "Hm", .provider = "openai_chat", .kept = JsonObject{{"field", "reasoning_content"}}},
                Reasoning{.text = "secret", .provider = "anthropic", .kept = JsonObject{{"signature", "s"}}},
                ToolCall{.id = "a", .name = "now", .arguments = "{}", .kept = JsonObject{{"extra_content", JsonObject{}}}}}};
  const Message result{.role = Role::user, .parts = {ToolResult{.call_id = "a", .name = "now", .text = "noon", .failed = false}}};
  auto request = asking("When?");
  request.messages.push_back(thinking);
  request.messages.push_back(result);
  Profile deepseek;
  deepseek.reasoning_replay = true;
  const auto during = body_of(request, deepseek)["messages"].at(1);
  EXPECT_EQ(during.at("reasoning_content"), Json("Hm"));
  EXPECT_TRUE(during.at("tool_calls").at(0).as_object().contains("extra_content"));
  EXPECT_EQ(to_json(during).find("secret"), std::string::npos);

  EXPECT_EQ(messages_of(request).find("reasoning_content"), std::string::npos);
  EXPECT_EQ(messages_of(request).find("extra_content"), std::string::npos);
  request.messages.push_back(user_says("Thanks. And now?"));
  EXPECT_EQ(messages_of(request, deepseek).find("reasoning_content"), std::string::npos);
}

TEST(ChatCodec, WhatCannotBeSentIsRefused) {
  Request empty;
  empty.instructions = "Be brief.";
  empty.messages = {{.role = Role::user, .parts = {}},
                    {.role = Role::assistant, .parts = {Reasoning{.text = "Hm", .provider = "anthropic", .kept = nullptr}}}};
  EXPECT_EQ(codec.encode(empty, {}, Streaming::off).error().code, ErrorCode::invalid_argument);

  auto request = asking("Hi");
  request.extra = {{"stream", true}};
  EXPECT_EQ(codec.encode(request, {}, Streaming::off).error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(codec.encode(request, {}, Streaming::on));
  request.extra = {{"n", 2}};
  EXPECT_EQ(codec.encode(request, {}, Streaming::off).error().code, ErrorCode::invalid_argument);
}

TEST(ChatCodec, BodiesThatAreNoAnswersAreErrors) {
  for (const auto* text : {"7", "[]", "{}", R"({"choices":null})", R"({"choices":[]})", R"({"choices":[null]})", R"({"choices":[{}]})",
                           R"({"choices":[{"message":null}]})"}) {
    const auto answer = codec.decode(json(text));
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().code, ErrorCode::bad_response) << text;
    EXPECT_TRUE(answer.error().retryable) << text;
  }
  const auto reported = codec.decode(json(R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})"));
  ASSERT_FALSE(reported);
  EXPECT_TRUE(reported.error().retryable);
  EXPECT_NE(reported.error().message.find("Loading model"), std::string::npos);
}

}  // namespace
}  // namespace skein::model::openai
