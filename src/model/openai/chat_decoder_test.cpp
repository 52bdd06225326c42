#include "model/openai/chat_decoder.hpp"

#include <gtest/gtest.h>

#include "model/body_feed_test.hpp"
#include "model/openai/chat_codec.hpp"

namespace skein::model::openai {
namespace {

using model::testing::expect_equal;
using model::testing::expect_equal_however_split;
using model::testing::expect_heard;
using model::testing::feed_chunks;
using model::testing::Heard;
using model::testing::json;
using model::testing::sse_body;

const ChatCodec codec;

/// One event: `delta`, and what else stands in the choice.
std::string piece(const std::string& delta, const std::string& finish = "null") {
  return R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":)" + delta +
         R"(,"logprobs":null,"finish_reason":)" + finish + "}]}";
}
std::string call_piece(const std::string& call) { return piece(R"({"tool_calls":[)" + call + "]}"); }
std::string usage_piece(const std::string& usage) { return R"({"id":"chatcmpl-1","model":"m-1","choices":[],"usage":)" + usage + "}"; }
std::string whole(const std::string& message, const std::string& finish, const std::string& more = "") {
  return R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m-1","choices":[{"index":0,"message":)" + message +
         R"(,"finish_reason":)" + finish + "}]" + more + "}";
}

const std::string usage = R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4},
  "completion_tokens_details":{"reasoning_tokens":2}})";
const std::string add_and_now = R"({"role":"assistant","content":null,"tool_calls":[
  {"id":"call_a","type":"function","function":{"name":"add","arguments":"{\"a\": 1}"}},
  {"id":"call_b","type":"function","function":{"name":"now","arguments":"{}"}}]})";

struct Fixture {
  const char* what;
  std::vector<std::string> stream;
  std::string answer;  ///< the same, unstreamed
  Finish finish;
};

/// Written by hand from the API's reference, and from what compatible servers are known to send instead.
std::vector<Fixture> fixtures() {
  return {
      {.what = "OpenAI: text with usage",
       .stream = {piece(R"({"role":"assistant","content":"","refusal":null})"), piece(R"({"content":"Hel"})"),
                  piece(R"({"content":"lo, \u20ac\ud83e\udda2"})"), piece("{}", R"("stop")"), usage_piece(usage), "[DONE]"},
       .answer = whole(R"({"role":"assistant","content":"Hello, €🦢","refusal":null})", R"("stop")", R"(,"usage":)" + usage),
       .finish = Finish::stop},
      {.what = "OpenAI: two calls, arguments by index",
       .stream = {piece(R"({"role":"assistant","content":null})"),
                  call_piece(R"({"index":0,"id":"call_a","type":"function","function":{"name":"add","arguments":""}})"),
                  call_piece(R"({"index":0,"function":{"arguments":"{\"a\""}})"),
                  call_piece(R"({"index":0,"function":{"arguments":": 1}"}})"),
                  call_piece(R"({"index":1,"id":"call_b","type":"function","function":{"name":"now","arguments":""}})"),
                  call_piece(R"({"index":1,"function":{"arguments":"{}"}})"), piece("{}", R"("tool_calls")"), "[DONE]"},
       .answer = whole(add_and_now, R"("tool_calls")"),
       .finish = Finish::tool_calls},
      {.what = "vLLM: two calls at index 0 with different ids, later ids empty",
       .stream = {call_piece(R"({"index":0,"id":"call_a","type":"function","function":{"name":"add","arguments":""}})"),
                  call_piece(R"({"index":0,"id":"","function":{"name":"","arguments":"{\"a\""}})"),
                  call_piece(R"({"index":0,"id":"","function":{"arguments":": 1}"}})"),
                  call_piece(R"({"index":0,"id":"call_b","type":"function","function":{"name":"now"}})"),
                  call_piece(R"({"index":0,"id":"","function":{"name":null,"arguments":"{}"}})"), piece("{}", R"("tool_calls")"), "[DONE]"},
       .answer = whole(add_and_now, R"("tool_calls")"),
       .finish = Finish::tool_calls},
      {.what = "whole calls, each in one delta",
       .stream = {call_piece(R"({"index":0,"id":"call_a","type":"function","function":{"name":"add","arguments":"{\"a\": 1}"}})"),
                  call_piece(R"({"index":1,"id":"call_b","type":"function","function":{"name":"now","arguments":"{}"}})"),
                  piece("{}", R"("tool_calls")"), "[DONE]"},
       .answer = whole(add_and_now, R"("tool_calls")"),
       .finish = Finish::tool_calls},
      {.what = "whole calls, both in one delta, without an index",
       .stream = {piece(R"({"tool_calls":[{"id":"call_a","function":{"name":"add","arguments":"{\"a\": 1}"}},
                                          {"id":"call_b","function":{"name":"now","arguments":"{}"}}]})",
                        R"("tool_calls")"),
                  "[DONE]"},
       .answer = whole(add_and_now, R"("tool_calls")"),
       .finish = Finish::tool_calls},
      {.what = "id and name again with every piece",
       .stream = {call_piece(R"({"index":0,"id":"call_a","function":{"name":"add","arguments":"{\"a\""}})"),
                  call_piece(R"({"index":0,"id":"call_a","function":{"name":"add","arguments":": 1}"}})"),
                  call_piece(R"({"index":1,"id":"call_b","function":{"name":"now","arguments":"{}"}})"),
                  call_piece(R"({"index":1,"id":"call_b","function":{"name":"now","arguments":""}})"), piece("{}", R"("tool_calls")"),
                  "[DONE]"},
       .answer = whole(add_and_now, R"("tool_calls")"),
       .finish = Finish::tool_calls},
      {.what = "pieces of two calls in turns",
       .stream = {call_piece(R"({"index":0,"id":"call_a","function":{"name":"add","arguments":"{\"a\""}})"),
                  call_piece(R"({"index":1,"id":"call_b","function":{"name":"now","arguments":"{"}})"),
                  call_piece(R"({"index":0,"function":{"arguments":": 1}"}})"), call_piece(R"({"index":1,"function":{"arguments":"}"}})"),
                  piece("{}", R"("tool_calls")"), "[DONE]"},
       .answer = whole(add_and_now, R"("tool_calls")"),
       .finish = Finish::tool_calls},
      {.what = "calls without ids, all at index 0, get names",
       .stream = {call_piece(R"({"index":0,"function":{"name":"add","arguments":"{\"a\": 1}"}})"),
                  call_piece(R"({"index":0,"function":{"name":"add","arguments":"{\"a\": 2}"}})"),
                  call_piece(R"({"index":0,"id":null,"function":{"name":"now","arguments":""}})"), piece("{}", R"("tool_calls")"),
                  "[DONE]"},
       .answer = whole(R"({"content":"","tool_calls":[{"function":{"name":"add","arguments":"{\"a\": 1}"}},
                           {"id":null,"function":{"name":"add","arguments":"{\"a\": 2}"}},{"id":"","function":{"name":"now"}}]})",
                       R"("tool_calls")"),
       .finish = Finish::tool_calls},
      {.what = "arguments as an object",
       .stream = {call_piece(R"({"index":0,"id":"c","function":{"name":"add","arguments":{"a":1,"b":[2]}}})"), piece("{}", R"("stop")"),
                  "[DONE]"},
       .answer = whole(R"({"tool_calls":[{"id":"c","function":{"name":"add","arguments":{"a":1,"b":[2]}}}]})", R"("stop")"),
       .finish = Finish::tool_calls},
      {.what = "the older function_call",
       .stream = {piece(R"({"function_call":{"name":"add","arguments":""}})"), piece(R"({"function_call":{"arguments":"{\"a\":1}"}})"),
                  piece("{}", R"("function_call")"), "[DONE]"},
       .answer = whole(R"({"content":null,"function_call":{"name":"add","arguments":"{\"a\":1}"}})", R"("function_call")"),
       .finish = Finish::tool_calls},
      {.what = "llama-server: reasoning_content, timings instead of usage, no [DONE]",
       .stream = {piece(R"({"role":"assistant","content":null})"), piece(R"({"reasoning_content":"Let me"})"),
                  piece(R"({"reasoning_content":" see."})"), piece(R"({"content":"4"})"),
                  R"({"id":"chatcmpl-1","model":"m-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],
                    "timings":{"cache_n":7,"prompt_n":3,"predicted_n":9,"predicted_ms":1.5}})"},
       .answer = whole(R"({"role":"assistant","reasoning_content":"Let me see.","content":"4"})", R"("stop")",
                       R"(,"timings":{"cache_n":7,"prompt_n":3,"predicted_n":9,"predicted_ms":1.5})"),
       .finish = Finish::stop},
      {.what = "Ollama: reasoning, and calls that end with \"stop\"",
       .stream = {piece(R"({"role":"assistant","content":"","reasoning":"Hm"})"), piece(R"({"content":"","reasoning":"…"})"),
                  call_piece(R"({"id":"call_x","index":0,"type":"function","function":{"name":"now","arguments":"{}"}})"),
                  piece(R"({"role":"assistant","content":""})", R"("stop")"), "[DONE]"},
       .answer = whole(R"({"role":"assistant","content":"","reasoning":"Hm…",
                           "tool_calls":[{"id":"call_x","index":0,"function":{"name":"now","arguments":"{}"}}]})",
                       R"("stop")"),
       .finish = Finish::tool_calls},
      {.what = "both names for the same thoughts",
       .stream = {piece(R"({"reasoning":"Hm","reasoning_content":"Hm"})"), piece(R"({"content":"4"})", R"("stop")"), "[DONE]"},
       .answer = whole(R"({"reasoning":"Hm","reasoning_content":"Hm","content":"4"})", R"("stop")"),
       .finish = Finish::stop},
      {.what = "content in parts",
       .stream = {piece(R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]})"),
                  piece(R"({"content":[{"type":"text","text":"4"}]})", R"("stop")"), "[DONE]"},
       .answer =
           whole(R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]},{"type":"text","text":"4"}]})", R"("stop")"),
       .finish = Finish::stop},
      {.what = "null choices and null deltas",
       .stream = {R"({"id":"chatcmpl-1","model":"m-1","choices":null})", piece("null"), piece(R"({"content":"4","tool_calls":null})"),
                  R"({"choices":[null]})", piece("null", R"("stop")"), R"({"choices":null,"usage":null})", "[DONE]"},
       .answer = whole(R"({"content":"4","tool_calls":null})", R"("stop")", R"(,"usage":null,"error":null)"),
       .finish = Finish::stop},
      {.what = "no finish reason, text",
       .stream = {piece(R"({"content":"4"})"), "[DONE]"},
       .answer = whole(R"({"content":"4"})", "null"),
       .finish = Finish::stop},
      {.what = "no finish reason, a whole call",
       .stream = {call_piece(R"({"index":0,"id":"c","function":{"name":"add","arguments":"{\"a\":1}"}})"), "[DONE]"},
       .answer = whole(R"({"tool_calls":[{"id":"c","function":{"name":"add","arguments":"{\"a\":1}"}}]})", "null"),
       .finish = Finish::tool_calls},
      {.what = "no finish reason, a call that was cut off",
       .stream = {call_piece(R"({"index":0,"id":"c","function":{"name":"add","arguments":"{\"a\":"}})"), "[DONE]"},
       .answer = whole(R"({"tool_calls":[{"id":"c","function":{"name":"add","arguments":"{\"a\":"}}]})", "null"),
       .finish = Finish::length},
      {.what = "a call that was cut off, reported as tool_calls",
       .stream = {call_piece(R"({"index":0,"id":"c","function":{"name":"write","arguments":"{\"text\": \"half a sen"}})"),
                  piece("{}", R"("tool_calls")"), "[DONE]"},
       .answer =
           whole(R"({"tool_calls":[{"id":"c","function":{"name":"write","arguments":"{\"text\": \"half a sen"}}]})", R"("tool_calls")"),
       .finish = Finish::length},
      {.what = "malformed arguments are the caller's to complain about",
       .stream = {call_piece(R"({"index":0,"id":"c","function":{"name":"add","arguments":"{a: 1}"}})"), piece("{}", R"("tool_calls")"),
                  "[DONE]"},
       .answer = whole(R"({"tool_calls":[{"id":"c","function":{"name":"add","arguments":"{a: 1}"}}]})", R"("tool_calls")"),
       .finish = Finish::tool_calls},
      {.what = "cut off by the limit",
       .stream = {piece(R"({"content":"Once upon"})"), piece("{}", R"("length")"), "[DONE]"},
       .answer = whole(R"({"content":"Once upon"})", R"("length")"),
       .finish = Finish::length},
      {.what = "cut off by the limit before the arguments came",
       .stream = {call_piece(R"({"index":0,"id":"c","function":{"name":"add","arguments":""}})"), piece("{}", R"("length")"), "[DONE]"},
       .answer = whole(R"({"tool_calls":[{"id":"c","function":{"name":"add","arguments":""}}]})", R"("length")"),
       .finish = Finish::length},
      {.what = "withheld",
       .stream = {piece(R"({"content":""})"), piece("{}", R"("content_filter")"), "[DONE]"},
       .answer = whole(R"({"content":""})", R"("content_filter")"),
       .finish = Finish::content_filter},
      {.what = "a refusal",
       .stream = {piece(R"({"role":"assistant","refusal":"I can"})"), piece(R"({"refusal":"not."})"), piece("{}", R"("stop")"), "[DONE]"},
       .answer = whole(R"({"content":null,"refusal":"I cannot."})", R"("stop")"),
       .finish = Finish::refusal},
      {.what = "tool_calls without a call",
       .stream = {piece(R"({"content":"4"})"), piece("{}", R"("tool_calls")"), "[DONE]"},
       .answer = whole(R"({"content":"4","tool_calls":[]})", R"("tool_calls")"),
       .finish = Finish::stop},
      {.what = "reasoning that the server left out of the output's count, and usage in the last choice's event",
       .stream = {piece(R"({"content":"4"})"),
                  R"({"id":"chatcmpl-1","model":"m-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],
                    "usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":45,"prompt_cache_hit_tokens":99,
                             "completion_tokens_details":{"reasoning_tokens":30}}})",
                  "[DONE]"},
       .answer = whole(R"({"content":"4"})", R"("stop")",
                       R"(,"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":45,"prompt_cache_hit_tokens":99,
                             "completion_tokens_details":{"reasoning_tokens":30}})"),
       .finish = Finish::stop},
      {.what = "Gemini: a thought signature beside the call",
       .stream = {call_piece(
                      R"({"id":"c","function":{"name":"now","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}})"),
                  piece("{}", R"("tool_calls")"), "[DONE]"},
       .answer = whole(R"({"tool_calls":[{"id":"c","function":{"name":"now","arguments":"{}"},
                           "extra_content":{"google":{"thought_signature":"s"}}}]})",
                       R"("tool_calls")"),
       .finish = Finish::tool_calls},
      {.what = "a whole message as the only event",
       .stream = {whole(add_and_now, R"("tool_calls")"), "[DONE]"},
       .answer = whole(add_and_now, R"("tool_calls")"),
       .finish = Finish::tool_calls},
      {.what = "further choices are not read",
       .stream =
           {R"({"id":"chatcmpl-1","model":"m-1","choices":[{"index":1,"delta":{"content":"no"}},{"index":0,"delta":{"content":"yes"}}]})",
            piece("{}", R"("stop")"), "[DONE]"},
       .answer = whole(R"({"content":"yes"})", R"("stop")"),
       .finish = Finish::stop},
  };
}

TEST(ChatDecoder, StreamedAndWholeAnswersAreEqualHoweverTheStreamIsSplit) {
  for (const auto& [what, stream, answer, finish] : fixtures()) {
    SCOPED_TRACE(what);
    const auto expected = codec.decode(json(answer));
    ASSERT_TRUE(expected) << expected.error().message;
    EXPECT_EQ(expected->finish, finish);
    EXPECT_EQ(expected->model, "m-1");
    EXPECT_EQ(expected->id, "chatcmpl-1");
    const auto body = sse_body(stream);
    Heard heard;
    const auto whole_stream = feed_chunks(codec, {body}, &heard);
    ASSERT_TRUE(whole_stream) << whole_stream.error().message;
    expect_heard(heard, *whole_stream);
    expect_equal_however_split(codec, body, *expected);
  }
}

Response answer_of(std::string_view what) {
  for (const auto& fixture : fixtures()) {
    if (fixture.what != what) continue;
    auto response = feed_chunks(codec, {sse_body(fixture.stream)});
    if (response) return *response;
  }
  ADD_FAILURE() << "no fixture '" << what << "'";
  return {};
}

TEST(ChatDecoder, UsageIsReadAndKeptConsistent) {
  EXPECT_EQ(answer_of("OpenAI: text with usage").usage,
            (Usage{.input = 10, .cached_input = 4, .cache_write = 0, .output = 5, .reasoning = 2}));
  EXPECT_EQ(answer_of("llama-server: reasoning_content, timings instead of usage, no [DONE]").usage,
            (Usage{.input = 10, .cached_input = 7, .cache_write = 0, .output = 9, .reasoning = 0}));
  EXPECT_EQ(answer_of("reasoning that the server left out of the output's count, and usage in the last choice's event").usage,
            (Usage{.input = 10, .cached_input = 10, .cache_write = 0, .output = 35, .reasoning = 30}));
  EXPECT_EQ(answer_of("no finish reason, text").usage, std::nullopt);
}

TEST(ChatDecoder, CallsAndThoughtsCarryWhatMustGoBack) {
  const auto calls = calls_of(answer_of("vLLM: two calls at index 0 with different ids, later ids empty").message);
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0], (ToolCall{.id = "call_a", .name = "add", .arguments = R"({"a": 1})", .kept = nullptr}));
  EXPECT_EQ(calls[1], (ToolCall{.id = "call_b", .name = "now", .arguments = "{}", .kept = nullptr}));

  const auto nameless = calls_of(answer_of("calls without ids, all at index 0, get names").message);
  ASSERT_EQ(nameless.size(), 3U);
  EXPECT_EQ(nameless[0].id, "chatcmpl-1_0");
  EXPECT_EQ(nameless[2], (ToolCall{.id = "chatcmpl-1_2", .name = "now", .arguments = "{}", .kept = nullptr}));

  const auto thought = answer_of("Ollama: reasoning, and calls that end with \"stop\"").message.parts.front();
  EXPECT_EQ(thought, Part(Reasoning{.text = "Hm…", .provider = "openai_chat", .kept = JsonObject{{"field", "reasoning"}}}));
  const auto signed_call = calls_of(answer_of("Gemini: a thought signature beside the call").message);
  EXPECT_EQ(to_json(signed_call.front().kept), R"({"extra_content":{"google":{"thought_signature":"s"}}})");
  EXPECT_EQ(calls_of(answer_of("cut off by the limit before the arguments came").message).front().arguments, "");
}

TEST(ChatDecoder, TwoCallsOfOneNameAreToldApart) {
  const auto answer = codec.decode(json(R"({"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"now"}},
    {"id":"c","function":{"name":"now"}},{"id":"","function":{"name":"now"}}]}}]})"));
  ASSERT_TRUE(answer);
  const auto calls = calls_of(answer->message);
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[0].id, "c");
  EXPECT_NE(calls[1].id, "c");
  EXPECT_NE(calls[1].id, calls[2].id);
  EXPECT_TRUE(calls[1].id.starts_with("call_")) << calls[1].id;
}

struct Failure {
  const char* what;
  std::vector<std::string> stream;
  ErrorCode code;
  bool retryable;
  const char* says;
};

TEST(ChatDecoder, BrokenStreamsAreErrors) {
  const std::vector<Failure> failures = {
      {"nothing", {}, ErrorCode::bad_response, true, "broke its answer off"},
      {"broken off", {piece(R"({"content":"Hel"})")}, ErrorCode::bad_response, true, "broke its answer off"},
      {"nothing said", {"[DONE]"}, ErrorCode::bad_response, true, "without having said anything"},
      {"usage only", {usage_piece(usage), "[DONE]"}, ErrorCode::bad_response, true, "without having said anything"},
      {"no JSON", {"{\"choices\":["}, ErrorCode::bad_response, true, "not JSON"},
      {"no object", {"[1]"}, ErrorCode::bad_response, true, "not a JSON object"},
      {"given up", {piece("{}", R"("error")"), "[DONE]"}, ErrorCode::bad_response, true, "gave the answer up"},
      {"OpenAI",
       {piece(R"({"content":"H"})"), R"({"error":{"message":"Oops","type":"server_error","code":null}})"},
       ErrorCode::http_status,
       true,
       "server_error: Oops"},
      {"no credit",
       {R"({"error":{"message":"You exceeded","type":"insufficient_quota","code":"insufficient_quota"}})"},
       ErrorCode::rate_limited,
       false,
       "insufficient_quota: You exceeded"},
      {"llama-server",
       {R"({"error":{"code":500,"message":"slot unavailable","type":"server_error"}})"},
       ErrorCode::http_status,
       true,
       "slot unavailable"},
      {"too long a prompt",
       {R"({"error":{"code":400,"message":"the request exceeds the context","type":"exceed_context_size_error"}})"},
       ErrorCode::invalid_argument,
       false,
       "exceeds the context"},
      {"vLLM",
       {R"({"object":"error","message":"bad sampling","type":"BadRequestError","param":null,"code":400})"},
       ErrorCode::invalid_argument,
       false,
       "BadRequestError: bad sampling"},
      {"slow down", {R"({"error":{"code":429,"message":"slow down"}})"}, ErrorCode::rate_limited, true, "slow down"},
      {"a text", {R"({"error":"model 'x' not found"})"}, ErrorCode::http_status, false, "model 'x' not found"},
      {"neither", {R"({"error":true})"}, ErrorCode::http_status, false, "true"},
  };
  for (const auto& [what, stream, code, retryable, says] : failures) {
    const auto response = feed_chunks(codec, {sse_body(stream)});
    ASSERT_FALSE(response) << what;
    EXPECT_EQ(response.error().code, code) << what;
    EXPECT_EQ(response.error().retryable, retryable) << what;
    EXPECT_NE(response.error().message.find(says), std::string::npos) << what << ": " << response.error().message;
  }
  const auto named = feed_chunks(codec, {"event: error\ndata: {\"message\":\"gone\",\"code\":503}\n\n"});
  ASSERT_FALSE(named);
  EXPECT_NE(named.error().message.find("gone"), std::string::npos);
  EXPECT_TRUE(named.error().retryable);
}

TEST(ChatDecoder, NothingIsReadAfterTheEnd) {
  const auto body = sse_body({piece(R"({"content":"4"})", R"("stop")"), "[DONE]", "not JSON", piece(R"({"content":"5"})")});
  const auto response = feed_chunks(codec, {body});
  ASSERT_TRUE(response);
  EXPECT_EQ(text_of(response->message), "4");
  const auto decoder = codec.decoder();
  ASSERT_TRUE(decoder->frame("", " [DONE] ", nullptr));
  EXPECT_TRUE(decoder->done());
  EXPECT_TRUE(decoder->frame("", "not JSON", nullptr));
}

TEST(ChatDecoder, TheNumberOfCallsIsLimited) {
  std::vector<std::string> stream;
  for (int i = 0; i <= 1024; ++i) {
    stream.push_back(call_piece(R"({"index":)" + std::to_string(i) + R"(,"function":{"name":"now","arguments":"{}"}})"));
  }
  const auto response = feed_chunks(codec, {sse_body(stream)});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::bad_response);
}

}  // namespace
}  // namespace skein::model::openai
