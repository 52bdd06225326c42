#include "model/anthropic/messages_codec.hpp"

#include <gtest/gtest.h>

#include "model/stream_feed_test.hpp"

namespace skein::model::anthropic {
namespace {

using model::testing::json;

const MessagesCodec codec;

Request hello() {
  Request request;
  request.model = "claude-opus-4-8";
  request.messages = {user_says("Hello")};
  return request;
}

Json body_of(const Request& request, const Profile& profile = {.prompt_cache = false}, Streaming streaming = Streaming::off) {
  auto wire = codec.encode(request, profile, streaming);
  EXPECT_TRUE(wire) << (wire ? "" : wire.error().message);
  return wire ? Json(wire->body) : Json();
}

ToolSpec tool(std::string name) { return {.name = name, .description = "Does " + name, .parameters = json(R"({"type":"object"})")}; }

TEST(MessagesEncode, PlainQuestion) {
  const auto wire = codec.encode(hello(), {.prompt_cache = false}, Streaming::off);
  ASSERT_TRUE(wire);
  EXPECT_EQ(wire->path, "/v1/messages");
  EXPECT_EQ(wire->headers.get("Anthropic-Version"), "2023-06-01");
  EXPECT_EQ(
      Json(wire->body),
      json(R"({"model":"claude-opus-4-8","max_tokens":4096,"messages":[{"role":"user","content":[{"type":"text","text":"Hello"}]}]})"));
}

TEST(MessagesEncode, EverySetting) {
  auto request = hello();
  request.instructions = "Be short.";
  request.max_output_tokens = 100;
  request.temperature = 0.5;
  request.top_p = 0.9;
  request.stop = {"END"};
  request.output = OutputSchema{.name = "answer", .schema = json(R"({"type":"object"})")};
  request.reasoning_effort = "high";
  request.extra = JsonObject{{"top_p", 0.1}, {"metadata", JsonObject{{"user_id", "u"}}}};
  EXPECT_EQ(body_of(request, {.prompt_cache = false}, Streaming::on),
            json(R"({"model":"claude-opus-4-8","max_tokens":100,"system":"Be short.",
    "messages":[{"role":"user","content":[{"type":"text","text":"Hello"}]}],
    "thinking":{"type":"adaptive","display":"summarized"},
    "output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object"}}},
    "temperature":0.5,"top_p":0.1,"stop_sequences":["END"],"stream":true,"metadata":{"user_id":"u"}})"));
}

TEST(MessagesEncode, ConversationWithThoughtsCallsAndPictures) {
  auto request = hello();
  request.messages.front().parts.emplace_back(Image{.media_type = "image/png", .data = "AAAA", .url = {}});
  request.messages.front().parts.emplace_back(Image{.media_type = {}, .data = {}, .url = "https://x.test/a.png"});
  request.messages.front().parts.emplace_back(Image{.media_type = {}, .data = {}, .url = "data:image/gif;base64,BBBB"});
  request.messages.push_back(
      {.role = Role::assistant,
       .parts = {Reasoning{.text = "hm", .provider = "anthropic", .kept = JsonObject{{"signature", "s1"}}},
                 Reasoning{.text = {}, .provider = "anthropic", .kept = JsonObject{{"type", "redacted_thinking"}, {"data", "xyz"}}},
                 Reasoning{.text = "foreign", .provider = "openai_responses", .kept = JsonObject{{"id", "rs"}}},
                 Reasoning{.text = "unsigned", .provider = "anthropic", .kept = nullptr}, Text{""},
                 ToolCall{.id = "t1", .name = "add", .arguments = R"({"a": 1})", .kept = nullptr},
                 ToolCall{.id = "functions.add:1", .name = "add", .arguments = R"({"a": )", .kept = nullptr},
                 ToolCall{.id = "t3", .name = "now", .arguments = "", .kept = nullptr}}});
  request.messages.push_back({.role = Role::user, .parts = {Text{"and?"}, ToolResult{.call_id = "t1", .name = "add", .text = "2"}}});
  request.messages.push_back({.role = Role::user,
                              .parts = {ToolResult{.call_id = "functions.add:1", .name = "add", .text = "bad", .failed = true},
                                        ToolResult{.call_id = "t3", .name = "now", .text = ""}}});
  EXPECT_EQ(body_of(request).at("messages"), json(R"([
    {"role":"user","content":[{"type":"text","text":"Hello"},
      {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
      {"type":"image","source":{"type":"url","url":"https://x.test/a.png"}},
      {"type":"image","source":{"type":"base64","media_type":"image/gif","data":"BBBB"}}]},
    {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s1"},{"type":"redacted_thinking","data":"xyz"},
      {"type":"tool_use","id":"t1","name":"add","input":{"a":1}},
      {"type":"tool_use","id":"functions_add_1","name":"add","input":{"malformed_arguments":"{\"a\": "}},
      {"type":"tool_use","id":"t3","name":"now","input":{}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"2"},
      {"type":"tool_result","tool_use_id":"functions_add_1","content":"bad","is_error":true},
      {"type":"tool_result","tool_use_id":"t3"},{"type":"text","text":"and?"}]}])"));
}

TEST(MessagesEncode, ToolsAreSortedAndChosen) {
  auto request = hello();
  request.tools = {tool("zip"), tool("add")};
  request.tools.front().parameters = nullptr;
  const auto body = body_of(request, {.strict_tools = true, .prompt_cache = false});
  EXPECT_EQ(body.at("tools"), json(R"([{"name":"add","description":"Does add","input_schema":{"type":"object"},"strict":true},
                                       {"name":"zip","description":"Does zip","input_schema":{"type":"object"},"strict":true}])"));
  EXPECT_FALSE(body.as_object().contains("tool_choice"));

  request.parallel_tool_calls = false;
  EXPECT_EQ(body_of(request).at("tool_choice"), json(R"({"type":"auto","disable_parallel_tool_use":true})"));
  request.tool_choice = ToolChoice::required;
  EXPECT_EQ(body_of(request).at("tool_choice"), json(R"({"type":"any","disable_parallel_tool_use":true})"));
  EXPECT_EQ(body_of(request, {.parallel_tool_calls = false, .prompt_cache = false}).at("tool_choice"), json(R"({"type":"any"})"));
  EXPECT_FALSE(body_of(request, {.tool_choice = false, .prompt_cache = false}).as_object().contains("tool_choice"));
  request.tool_choice = ToolChoice::none;
  EXPECT_EQ(body_of(request).at("tool_choice"), json(R"({"type":"none"})"));
}

TEST(MessagesEncode, CacheMarksStandAtTheEndOfWhatStaysTheSame) {
  auto request = hello();
  request.tools = {tool("b"), tool("a")};
  request.messages.push_back({.role = Role::assistant, .parts = {ToolCall{.id = "t1", .name = "a", .arguments = "{}", .kept = nullptr}}});
  request.messages.push_back({.role = Role::user, .parts = {ToolResult{.call_id = "t1", .name = "a", .text = "2"}}});
  const auto mark = json(R"({"type":"ephemeral"})");
  auto body = body_of(request, {});
  EXPECT_EQ(*at_pointer(body, "/tools/1/cache_control"), mark);
  EXPECT_EQ(at_pointer(body, "/tools/0/cache_control"), nullptr);
  EXPECT_EQ(*at_pointer(body, "/messages/2/content/0/cache_control"), mark);
  EXPECT_EQ(at_pointer(body, "/messages/0/content/0/cache_control"), nullptr);

  request.instructions = "Be short.";
  body = body_of(request, {});
  EXPECT_EQ(body.at("system"), json(R"([{"type":"text","text":"Be short.","cache_control":{"type":"ephemeral"}}])"));
  EXPECT_EQ(at_pointer(body, "/tools/1/cache_control"), nullptr);  // the system prompt's covers them
}

TEST(MessagesEncode, AMarkNeverStandsOnThinking) {
  auto request = hello();
  request.messages.push_back(
      {.role = Role::assistant,
       .parts = {Text{"so far"}, Reasoning{.text = "hm", .provider = "anthropic", .kept = JsonObject{{"signature", "s"}}}}});
  const auto body = body_of(request, {});
  EXPECT_NE(at_pointer(body, "/messages/1/content/0/cache_control"), nullptr);
  EXPECT_EQ(at_pointer(body, "/messages/1/content/1/cache_control"), nullptr);
}

TEST(MessagesEncode, EffortIsSaidAsTheModelUnderstandsIt) {
  auto request = hello();
  request.reasoning_effort = "minimal";
  EXPECT_EQ(body_of(request).at("output_config"), json(R"({"effort":"low"})"));
  request.reasoning_effort = "none";
  EXPECT_EQ(body_of(request).at("thinking"), json(R"({"type":"disabled"})"));
  request.reasoning_effort = "medium";
  for (const auto* old : {"claude-haiku-4-5", "claude-sonnet-4-5-20250929", "claude-opus-4-20250514", "claude-3-7-sonnet-latest"}) {
    request.model = old;
    EXPECT_EQ(body_of(request).at("thinking"), json(R"({"type":"enabled","budget_tokens":2048})")) << old;
    EXPECT_FALSE(body_of(request).as_object().contains("output_config"));
  }
  request.max_output_tokens = 1024;
  const auto refused = codec.encode(request, {}, Streaming::off);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
}

TEST(MessagesEncode, WhatTheApiCannotSayIsRefused) {
  auto request = hello();
  request.seed = 7;
  EXPECT_EQ(codec.encode(request, {}, Streaming::off).error().code, ErrorCode::unsupported);
  request = hello();
  request.messages.front().parts.emplace_back(Image{.media_type = {}, .data = {}, .url = "https://x.test/a.png"});
  EXPECT_EQ(codec.encode(request, {.image_urls = false}, Streaming::off).error().code, ErrorCode::unsupported);
  request.messages = {user_says(" ")};
  EXPECT_EQ(codec.encode(request, {}, Streaming::off).error().code, ErrorCode::invalid_argument);
}

TEST(MessagesDecode, EveryKindOfBlock) {
  const auto response = codec.decode(json(R"({"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-4-8","content":[
    {"type":"thinking","thinking":"hm","signature":"s1"},{"type":"redacted_thinking","data":"xyz"},
    {"type":"text","text":"I add.","citations":null},{"type":"text","text":""},
    {"type":"tool_use","id":"t1","name":"add","input":{"b":1,"a":2}},{"type":"tool_use","name":"now","input":{}}],
    "stop_reason":"tool_use","stop_sequence":null,
    "usage":{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,"output_tokens":7}})"));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->id, "msg_1");
  EXPECT_EQ(response->model, "claude-opus-4-8");
  EXPECT_EQ(response->finish, Finish::tool_calls);
  EXPECT_EQ(response->usage, (Usage{.input = 60, .cached_input = 30, .cache_write = 20, .output = 7, .reasoning = 0}));
  const Message expected{
      .role = Role::assistant,
      .parts = {Reasoning{.text = "hm", .provider = "anthropic", .kept = JsonObject{{"signature", "s1"}}},
                Reasoning{.text = {}, .provider = "anthropic", .kept = JsonObject{{"type", "redacted_thinking"}, {"data", "xyz"}}},
                Text{"I add."}, ToolCall{.id = "t1", .name = "add", .arguments = R"({"b":1,"a":2})", .kept = nullptr},
                ToolCall{.id = "msg_1_1", .name = "now", .arguments = "{}", .kept = nullptr}}};
  EXPECT_EQ(response->message, expected);
}

TEST(MessagesDecode, WhatIsKeptGoesBackAsItCame) {
  const auto content = json(R"([{"type":"thinking","thinking":"","signature":"s1"},{"type":"redacted_thinking","data":"xyz"},
    {"type":"server_tool_use","id":"st1","name":"web_search","input":{"query":"geese"}},
    {"type":"web_search_tool_result","tool_use_id":"st1","content":[]},{"type":"text","text":"Found."}])");
  const auto response = codec.decode(JsonObject{{"content", content}, {"stop_reason", "pause_turn"}});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->finish, Finish::paused);
  auto request = hello();
  request.messages.push_back(response->message);
  EXPECT_EQ(*at_pointer(body_of(request), "/messages/1/content"), content);
}

TEST(MessagesDecode, StopReasons) {
  const auto finish = [](std::string_view reason, std::string_view content = R"([{"type":"text","text":"x"}])") {
    auto body = JsonObject{{"content", json(content)}};
    body.emplace("stop_reason", reason.empty() ? Json() : Json(reason));
    const auto response = codec.decode(Json(std::move(body)));
    return response ? response->finish : Finish::content_filter;
  };
  const auto* call = R"([{"type":"tool_use","id":"t","name":"n","input":{}}])";
  EXPECT_EQ(finish("end_turn"), Finish::stop);
  EXPECT_EQ(finish("stop_sequence"), Finish::stop);
  EXPECT_EQ(finish("max_tokens"), Finish::length);
  EXPECT_EQ(finish("model_context_window_exceeded"), Finish::length);
  EXPECT_EQ(finish("pause_turn"), Finish::paused);
  EXPECT_EQ(finish("refusal"), Finish::refusal);
  EXPECT_EQ(finish(""), Finish::stop);
  EXPECT_EQ(finish("tool_use"), Finish::stop);  // it says so, but there is none
  EXPECT_EQ(finish("tool_use", call), Finish::tool_calls);
  EXPECT_EQ(finish("end_turn", call), Finish::tool_calls);
  EXPECT_EQ(finish("max_tokens", call), Finish::length);
}

TEST(MessagesDecode, LyingServersAreBadResponses) {
  for (const auto* text : {"7", "{}", R"({"content":"hi"})", R"({"choices":[]})"}) {
    const auto response = codec.decode(json(text));
    ASSERT_FALSE(response) << text;
    EXPECT_EQ(response.error().code, ErrorCode::bad_response) << text;
  }
  const auto odd = codec.decode(json(R"({"content":[7,null,{"type":"text"},{"type":"tool_use","name":5,"input":"{\"a\": 1}"},{}],
                                         "usage":{"input_tokens":-5,"output_tokens":1e300},"id":9})"));
  ASSERT_TRUE(odd);
  ASSERT_EQ(odd->message.parts.size(), 1U);
  EXPECT_EQ(std::get<ToolCall>(odd->message.parts.front()).arguments, R"({"a":1})");
  EXPECT_EQ(std::get<ToolCall>(odd->message.parts.front()).id, "call_0");
  EXPECT_EQ(odd->usage->input, 0U);
}

TEST(MessagesDecode, ErrorsAreReportedAsWhatTheyAre) {
  const auto error = codec.decode(json(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})")).error();
  EXPECT_EQ(error.code, ErrorCode::http_status);
  EXPECT_TRUE(error.retryable);
  EXPECT_EQ(error.message, "the model's server reports overloaded_error: Overloaded");
  EXPECT_EQ(codec.complaint(json(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})")),
            "overloaded_error: Overloaded");
  const auto code = [](std::string_view type) {
    return codec.decode(JsonObject{{"type", "error"}, {"error", JsonObject{{"type", type}}}}).error();
  };
  EXPECT_EQ(code("rate_limit_error").code, ErrorCode::rate_limited);
  EXPECT_TRUE(code("rate_limit_error").retryable);
  EXPECT_EQ(code("authentication_error").code, ErrorCode::unauthenticated);
  EXPECT_FALSE(code("invalid_request_error").retryable);
  EXPECT_FALSE(code("billing_error").retryable);
}

}  // namespace
}  // namespace skein::model::anthropic
