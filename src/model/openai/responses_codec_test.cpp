#include "model/openai/responses_codec.hpp"

#include <gtest/gtest.h>

#include "model/stream_feed_test.hpp"

namespace skein::model::openai {
namespace {

using model::testing::json;

const ResponsesCodec codec;

Request hello() {
  Request request;
  request.model = "gpt-5.4";
  request.messages = {user_says("Hello")};
  return request;
}

Json body_of(const Request& request, const Profile& profile = {}, Streaming streaming = Streaming::off) {
  auto wire = codec.encode(request, profile, streaming);
  EXPECT_TRUE(wire) << (wire ? "" : wire.error().message);
  return wire ? Json(wire->body) : Json();
}

ToolSpec tool(std::string name) { return {.name = name, .description = "Does " + name, .parameters = json(R"({"type":"object"})")}; }

TEST(ResponsesEncode, PlainQuestion) {
  const auto wire = codec.encode(hello(), {}, Streaming::off);
  ASSERT_TRUE(wire);
  EXPECT_EQ(wire->path, "/responses");
  EXPECT_TRUE(wire->headers.empty());
  EXPECT_EQ(Json(wire->body), json(R"({"model":"gpt-5.4","store":false,"include":["reasoning.encrypted_content"],
    "input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Hello"}]}]})"));
}

TEST(ResponsesEncode, EverySetting) {
  auto request = hello();
  request.instructions = "Be short.";
  request.max_output_tokens = 100;
  request.temperature = 0.5;
  request.top_p = 0.9;
  request.output = OutputSchema{.name = "verdict", .schema = json(R"({"type":"object"})"), .strict = false};
  request.reasoning_effort = "high";
  request.tools = {tool("zip"), tool("add")};
  request.tool_choice = ToolChoice::required;
  request.parallel_tool_calls = false;
  request.extra = JsonObject{{"top_p", 0.1}, {"truncation", "auto"}};
  EXPECT_EQ(body_of(request, {}, Streaming::on), json(R"({"model":"gpt-5.4","store":false,"include":["reasoning.encrypted_content"],
    "instructions":"Be short.","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Hello"}]}],
    "tools":[{"type":"function","name":"add","description":"Does add","parameters":{"type":"object"},"strict":false},
             {"type":"function","name":"zip","description":"Does zip","parameters":{"type":"object"},"strict":false}],
    "tool_choice":"required","parallel_tool_calls":false,
    "text":{"format":{"type":"json_schema","name":"verdict","schema":{"type":"object"},"strict":false}},
    "reasoning":{"effort":"high"},"max_output_tokens":100,"temperature":0.5,"top_p":0.1,"truncation":"auto","stream":true})"));
  EXPECT_EQ(*at_pointer(body_of(request, {.strict_tools = true}), "/tools/0/strict"), Json(true));
  const auto plain = body_of(request, {.tool_choice = false, .parallel_tool_calls = false}).as_object();
  EXPECT_FALSE(plain.contains("tool_choice"));
  EXPECT_FALSE(plain.contains("parallel_tool_calls"));
}

TEST(ResponsesEncode, ModelsThatDoNotThinkAreNotAskedForThoughts) {
  auto request = hello();
  request.model = "gpt-4o-mini";
  EXPECT_FALSE(body_of(request).as_object().contains("include"));
  EXPECT_EQ(body_of(request).at("store"), Json(false));
}

TEST(ResponsesEncode, ConversationWithThoughtsCallsAndPictures) {
  auto request = hello();
  request.messages.front().parts.emplace_back(Image{.media_type = "image/png", .data = "AAAA", .url = {}});
  request.messages.front().parts.emplace_back(Image{.media_type = {}, .data = {}, .url = "https://x.test/a.png"});
  const auto thought = json(R"({"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"})");
  request.messages.push_back(
      {.role = Role::assistant,
       .parts = {Reasoning{.text = "hm", .provider = "openai_responses", .kept = thought},
                 Reasoning{.text = "foreign", .provider = "anthropic", .kept = JsonObject{{"signature", "s"}}}, Text{"I "}, Text{"add."},
                 ToolCall{.id = "call_1", .name = "add", .arguments = R"({"a": 1})", .kept = JsonObject{{"item_id", "fc_1"}}},
                 ToolCall{.id = "call_2", .name = "now", .arguments = "", .kept = JsonObject{{"item_id", "other"}}}}});
  request.messages.push_back({.role = Role::user,
                              .parts = {ToolResult{.call_id = "call_1", .name = "add", .text = "2"},
                                        ToolResult{.call_id = "call_2", .name = "now", .text = "no", .failed = true}, Text{"and?"}}});
  EXPECT_EQ(body_of(request).at("input"), json(R"([
    {"type":"message","role":"user","content":[{"type":"input_text","text":"Hello"},
      {"type":"input_image","image_url":"data:image/png;base64,AAAA"},{"type":"input_image","image_url":"https://x.test/a.png"}]},
    {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"},
    {"type":"message","role":"assistant","content":[{"type":"output_text","text":"I "},{"type":"output_text","text":"add."}]},
    {"type":"function_call","id":"fc_1","call_id":"call_1","name":"add","arguments":"{\"a\": 1}"},
    {"type":"function_call","call_id":"call_2","name":"now","arguments":"{}"},
    {"type":"function_call_output","call_id":"call_1","output":"2"},{"type":"function_call_output","call_id":"call_2","output":"no"},
    {"type":"message","role":"user","content":[{"type":"input_text","text":"and?"}]}])"));
}

TEST(ResponsesEncode, ReasoningThatNothingFollowsStaysBehind) {
  auto request = hello();
  const auto thought = json(R"({"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"})");
  request.messages.push_back({.role = Role::assistant, .parts = {Reasoning{.text = {}, .provider = "openai_responses", .kept = thought}}});
  request.messages.push_back(user_says("Go on"));
  EXPECT_EQ(body_of(request).at("input").as_array().size(), 2U);
}

TEST(ResponsesEncode, WhatTheApiCannotSayIsRefused) {
  auto request = hello();
  request.seed = 7;
  EXPECT_EQ(codec.encode(request, {}, Streaming::off).error().code, ErrorCode::unsupported);
  request = hello();
  request.stop = {"END"};
  EXPECT_EQ(codec.encode(request, {}, Streaming::off).error().code, ErrorCode::unsupported);
  request = hello();
  request.messages.front().parts.emplace_back(Image{.media_type = {}, .data = {}, .url = "https://x.test/a.png"});
  EXPECT_EQ(codec.encode(request, {.image_urls = false}, Streaming::off).error().code, ErrorCode::unsupported);
  request.messages.clear();
  EXPECT_EQ(codec.encode(request, {}, Streaming::off).error().code, ErrorCode::invalid_argument);
}

TEST(ResponsesDecode, EveryKindOfItem) {
  const auto response =
      codec.decode(json(R"({"id":"resp_1","object":"response","status":"completed","error":null,"model":"gpt-5.4-2026-03-05",
    "incomplete_details":null,"output":[
      {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"One."},{"type":"summary_text","text":"Two."}],
       "encrypted_content":"gAAA","status":null},
      {"type":"message","id":"msg_1","role":"assistant","status":"completed",
       "content":[{"type":"output_text","text":"I add.","annotations":[]}]},
      {"type":"function_call","id":"fc_1","call_id":"call_1","name":"add","arguments":"{\"a\": 1}","status":"completed"},
      {"type":"function_call","name":"now","arguments":""}],
    "usage":{"input_tokens":60,"input_tokens_details":{"cached_tokens":30,"cache_write_tokens":20},
             "output_tokens":7,"output_tokens_details":{"reasoning_tokens":5},"total_tokens":67}})"));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->id, "resp_1");
  EXPECT_EQ(response->model, "gpt-5.4-2026-03-05");
  EXPECT_EQ(response->finish, Finish::tool_calls);
  EXPECT_EQ(response->usage, (Usage{.input = 60, .cached_input = 30, .cache_write = 20, .output = 7, .reasoning = 5}));
  const auto thought = json(R"({"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"One."},
    {"type":"summary_text","text":"Two."}],"encrypted_content":"gAAA"})");
  const Message expected{
      .role = Role::assistant,
      .parts = {Reasoning{.text = "One.\n\nTwo.", .provider = "openai_responses", .kept = thought}, Text{"I add."},
                ToolCall{.id = "call_1", .name = "add", .arguments = R"({"a": 1})", .kept = JsonObject{{"item_id", "fc_1"}}},
                ToolCall{.id = "resp_1_1", .name = "now", .arguments = "{}", .kept = nullptr}}};
  EXPECT_EQ(response->message, expected);
}

TEST(ResponsesDecode, CallsAreUntiedFromReasoningThatCannotGoBack) {
  const auto response = codec.decode(json(R"({"status":"completed","output":[{"type":"reasoning","id":"rs_1","summary":[]},
    {"type":"function_call","id":"fc_1","call_id":"call_1","name":"add","arguments":"{}"}]})"));
  ASSERT_TRUE(response);
  auto request = hello();
  request.messages.push_back(response->message);
  EXPECT_EQ(*at_pointer(body_of(request), "/input/1"),
            json(R"({"type":"function_call","call_id":"call_1","name":"add","arguments":"{}"})"));
  EXPECT_EQ(at_pointer(body_of(request), "/input/2"), nullptr);
}

TEST(ResponsesDecode, UnknownItemsGoBackAsTheyCame) {
  const auto search = json(R"({"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"geese"}})");
  const auto response = codec.decode(JsonObject{{"output", JsonArray{search}}});
  ASSERT_TRUE(response);
  auto request = hello();
  request.messages.push_back(response->message);
  EXPECT_EQ(*at_pointer(body_of(request), "/input/1"), search);
}

TEST(ResponsesDecode, WhyItStopped) {
  const auto finish = [](std::string_view members) {
    const auto response = codec.decode(json("{" + std::string(members) + "}"));
    EXPECT_TRUE(response);
    return response ? response->finish : Finish::paused;
  };
  const std::string text = R"("output":[{"type":"message","content":[{"type":"output_text","text":"x"}]}])";
  EXPECT_EQ(finish(text), Finish::stop);
  EXPECT_EQ(finish(R"("status":"completed",)" + text), Finish::stop);
  EXPECT_EQ(finish(R"("status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},)" + text), Finish::length);
  EXPECT_EQ(finish(R"("status":"incomplete","incomplete_details":{"reason":"content_filter"},)" + text), Finish::content_filter);
  EXPECT_EQ(finish(R"("status":"incomplete",)" + text), Finish::length);
  EXPECT_EQ(finish(R"("status":"completed","output":[{"type":"message","content":[{"type":"refusal","refusal":"No."}]}])"),
            Finish::refusal);
  EXPECT_EQ(finish(R"("status":"incomplete","output":[{"type":"function_call","name":"n","arguments":"{\"a"}])"), Finish::length);
}

TEST(ResponsesDecode, LyingServersAreBadResponses) {
  for (const auto* text : {"7", "{}", R"({"output":"hi"})", R"({"choices":[]})", R"({"status":"in_progress","output":[]})"}) {
    const auto response = codec.decode(json(text));
    ASSERT_FALSE(response) << text;
    EXPECT_EQ(response.error().code, ErrorCode::bad_response) << text;
  }
  const auto odd = codec.decode(json(R"({"output":[7,null,{},{"type":"message","content":[7,{"type":"output_text"}]},{"type":"message"},
    {"type":"function_call","call_id":5,"arguments":{"a":1}}],"usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":9}}})"));
  ASSERT_TRUE(odd);
  ASSERT_EQ(odd->message.parts.size(), 1U);
  EXPECT_EQ(std::get<ToolCall>(odd->message.parts.front()),
            (ToolCall{.id = "call_0", .name = {}, .arguments = R"({"a":1})", .kept = nullptr}));
  EXPECT_EQ(odd->usage->cached_input, 5U);
}

TEST(ResponsesDecode, ErrorsAreReportedAsWhatTheyAre) {
  const auto error = [](std::string_view code) {
    return codec.decode(JsonObject{{"status", "failed"}, {"error", JsonObject{{"code", code}, {"message", "m"}}}}).error();
  };
  EXPECT_EQ(error("server_error").code, ErrorCode::http_status);
  EXPECT_TRUE(error("server_error").retryable);
  EXPECT_EQ(error("server_error").message, "the model's server reports server_error: m");
  EXPECT_EQ(error("rate_limit_exceeded").code, ErrorCode::rate_limited);
  EXPECT_TRUE(error("rate_limit_exceeded").retryable);
  EXPECT_FALSE(error("insufficient_quota").retryable);
  EXPECT_EQ(error("context_length_exceeded").code, ErrorCode::too_large);
  EXPECT_EQ(error("invalid_prompt").code, ErrorCode::invalid_argument);
  EXPECT_FALSE(codec.decode(json(R"({"status":"cancelled"})")));
}

}  // namespace
}  // namespace skein::model::openai
