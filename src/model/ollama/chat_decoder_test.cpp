#include "model/ollama/chat_decoder.hpp"

#include <gtest/gtest.h>

#include "model/body_feed_test.hpp"
#include "model/ollama/chat_codec.hpp"

namespace skein::model::ollama {
namespace {

using model::testing::expect_equal_however_split;
using model::testing::expect_heard;
using model::testing::feed_chunks;
using model::testing::Heard;
using model::testing::json;
using model::testing::line_body;

const ChatCodec codec;

std::string piece(const std::string& message) {
  return R"({"model":"m","created_at":"2025-10-01T00:00:00.1Z","message":)" + message + R"(,"done":false})";
}
std::string last(const std::string& message, const std::string& more) {
  return R"({"model":"m","created_at":"2025-10-01T00:00:00.9Z","message":)" + message + R"(,"done":true)" + more + "}";
}

const std::string counts =
    R"(,"total_duration":9,"load_duration":1,"prompt_eval_count":26,"prompt_eval_duration":2,"eval_count":12,"eval_duration":3)";
const std::string nothing = R"({"role":"assistant","content":""})";

struct Fixture {
  const char* what;
  std::vector<std::string> lines;
  std::string answer;
  Finish finish;
  std::optional<Usage> usage;
};

/// Written by hand from the API's reference.
std::vector<Fixture> fixtures() {
  const Usage counted{.input = 26, .cached_input = 0, .cache_write = 0, .output = 12, .reasoning = 0};
  return {
      {"text",
       {piece(R"({"role":"assistant","content":"Hel"})"), piece(R"({"role":"assistant","content":"lo €"})"),
        last(nothing, R"(,"done_reason":"stop")" + counts)},
       last(R"({"role":"assistant","content":"Hello €"})", R"(,"done_reason":"stop")" + counts),
       Finish::stop,
       counted},
      {"thinking, then calls without ids",
       {piece(R"({"role":"assistant","content":"","thinking":"Let me"})"), piece(R"({"role":"assistant","content":"","thinking":" see."})"),
        piece(R"({"role":"assistant","content":"","tool_calls":[{"function":{"name":"add","arguments":{"a":1,"b":"x"}}}]})"),
        piece(R"({"role":"assistant","content":"","tool_calls":[{"function":{"name":"add","arguments":{"a":1,"b":"x"}}}]})"),
        last(nothing, R"(,"done_reason":"stop")" + counts)},
       last(R"({"role":"assistant","content":"","thinking":"Let me see.","tool_calls":[
         {"function":{"name":"add","arguments":{"a":1,"b":"x"}}},{"function":{"name":"add","arguments":{"a":1,"b":"x"}}}]})",
            R"(,"done_reason":"stop")" + counts),
       Finish::tool_calls,
       counted},
      {"calls with ids and places, arguments missing or as a text",
       {piece(R"({"tool_calls":[{"id":"call_1","function":{"index":0,"name":"now"}},
                                {"id":"call_2","function":{"index":1,"name":"add","arguments":"{\"a\": 1}"}}]})"),
        last(nothing, R"(,"done_reason":"stop")")},
       last(R"({"tool_calls":[{"id":"call_1","function":{"index":0,"name":"now","arguments":null}},
                              {"id":"call_2","function":{"index":1,"name":"add","arguments":"{\"a\": 1}"}}]})",
            R"(,"done_reason":"stop")"),
       Finish::tool_calls,
       std::nullopt},
      {"cut off, the whole prompt still in memory",
       {piece(R"({"content":"Once"})"), last("null", R"(,"done_reason":"length","eval_count":1)")},
       last(R"({"content":"Once"})", R"(,"done_reason":"length","eval_count":1)"),
       Finish::length,
       Usage{.input = 0, .cached_input = 0, .cache_write = 0, .output = 1, .reasoning = 0}},
      {"a call that was cut off",
       {last(R"({"tool_calls":[{"function":{"name":"add","arguments":"{\"a\": "}}]})", "")},
       last(R"({"tool_calls":[{"function":{"name":"add","arguments":"{\"a\": "}}]})", ""),
       Finish::length,
       std::nullopt},
      {"no reason, members of wrong types",
       {piece("7"), piece(R"({"content":7,"thinking":[],"tool_calls":{}})"), piece(R"({"content":"4","tool_calls":[null,{},7]})"),
        last("[]", "")},
       last(R"({"content":"4"})", ""),
       Finish::stop,
       std::nullopt},
  };
}

TEST(OllamaDecoder, StreamedAndWholeAnswersAreEqualHoweverTheStreamIsSplit) {
  for (const auto& [what, lines, answer, finish, usage] : fixtures()) {
    SCOPED_TRACE(what);
    const auto expected = codec.decode(json(answer));
    ASSERT_TRUE(expected) << expected.error().message;
    EXPECT_EQ(expected->finish, finish);
    EXPECT_EQ(expected->usage, usage);
    EXPECT_EQ(expected->model, "m");
    std::vector<std::string> single;
    for (const auto& line : lines) single.push_back(to_json(json(line)));
    Heard heard;
    const auto whole = feed_chunks(codec, {line_body(single)}, &heard);
    ASSERT_TRUE(whole) << whole.error().message;
    expect_heard(heard, *whole);
    expect_equal_however_split(codec, line_body(single), *expected);
  }
}

TEST(OllamaDecoder, CallsGetNamesThatTellThemApart) {
  const auto answer = codec.decode(json(fixtures()[1].answer));
  ASSERT_TRUE(answer);
  const auto calls = calls_of(answer->message);
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_TRUE(calls[0].id.starts_with("call_") && calls[0].id.ends_with("_0")) << calls[0].id;
  EXPECT_NE(calls[0].id, calls[1].id);
  EXPECT_EQ(calls[0].arguments, R"({"a":1,"b":"x"})");
  EXPECT_EQ(answer->message.parts.front(),
            Part(Reasoning{.text = "Let me see.", .provider = "ollama", .kept = JsonObject{{"field", "thinking"}}}));
  const auto named = calls_of(codec.decode(json(fixtures()[2].answer))->message);
  EXPECT_EQ(named[0], (ToolCall{.id = "call_1", .name = "now", .arguments = "{}", .kept = nullptr}));
}

TEST(OllamaDecoder, BrokenStreamsAreErrors) {
  const auto error_of = [](const std::vector<std::string>& lines) {
    const auto response = feed_chunks(codec, {line_body(lines)});
    if (response) ADD_FAILURE() << "an answer came of it";
    return response ? Error{} : response.error();
  };
  EXPECT_EQ(error_of({}).code, ErrorCode::bad_response);
  EXPECT_TRUE(error_of({piece(R"({"content":"Hel"})")}).retryable);
  EXPECT_EQ(error_of({"{\"model\""}).code, ErrorCode::bad_response);
  EXPECT_EQ(error_of({"[1]"}).code, ErrorCode::bad_response);
  EXPECT_NE(error_of({last(nothing, R"(,"done_reason":"load")")}).message.find("only loaded the model"), std::string::npos);
  const auto missing = error_of({R"({"error":"model 'x' not found"})"});
  EXPECT_EQ(missing.code, ErrorCode::not_found);
  EXPECT_FALSE(missing.retryable);
  EXPECT_NE(missing.message.find("model 'x' not found"), std::string::npos);
  const auto crashed = error_of({piece(R"({"content":"Hel"})"), R"({"error":"model runner has unexpectedly stopped"})"});
  EXPECT_EQ(crashed.code, ErrorCode::http_status);
  EXPECT_TRUE(crashed.retryable);
}

TEST(OllamaDecoder, BodiesThatAreNoAnswersAreErrors) {
  for (const auto* text : {"7", "[]", "{}", R"({"message":null,"done":true})", R"({"message":{"content":"x"},"done":false})",
                           R"({"message":{"content":"x"}})"}) {
    const auto answer = codec.decode(json(text));
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().code, ErrorCode::bad_response) << text;
  }
  EXPECT_EQ(codec.decode(json(R"({"error":"invalid model name"})")).error().code, ErrorCode::http_status);
}

}  // namespace
}  // namespace skein::model::ollama
