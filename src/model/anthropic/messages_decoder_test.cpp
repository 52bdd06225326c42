#include "model/anthropic/messages_decoder.hpp"

#include <gtest/gtest.h>

#include "model/anthropic/messages_codec.hpp"
#include "model/body_feed_test.hpp"

namespace skein::model::anthropic {
namespace {

using model::testing::expect_equal;
using model::testing::expect_equal_however_split;
using model::testing::feed;
using model::testing::Frame;
using model::testing::Heard;
using model::testing::json;
using model::testing::sse_body;

const MessagesCodec codec;

/// Written by hand from the documentation of streaming; each with the answer as it looks unstreamed.
struct Fixture {
  const char* name;
  std::vector<Frame> frames;
  const char* whole;
};

const Frame start{.event = "message_start",
                  .data = R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],
  "model":"claude-opus-4-8","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"cache_read_input_tokens":5,"output_tokens":1}}})"};
const Frame stop{.event = "message_stop", .data = R"({"type":"message_stop"})"};

Frame block_start(int index, const std::string& block) {
  return {.event = "content_block_start",
          .data = R"({"type":"content_block_start","index":)" + std::to_string(index) + R"(,"content_block":)" + block + "}"};
}
Frame delta(int index, const std::string& piece) {
  return {.event = "content_block_delta",
          .data = R"({"type":"content_block_delta","index":)" + std::to_string(index) + R"(,"delta":)" + piece + "}"};
}
Frame block_stop(int index) {
  return {.event = "content_block_stop", .data = R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}"};
}
Frame ending(const std::string& reason, int tokens) {
  return {.event = "message_delta",
          .data = R"({"type":"message_delta","delta":{"stop_reason":")" + reason + R"(","stop_sequence":null},"usage":{"output_tokens":)" +
                  std::to_string(tokens) + "}}"};
}

std::vector<Fixture> fixtures() {
  return {
      {.name = "text",
       .frames = {start,
                  block_start(0, R"({"type":"text","text":""})"),
                  {.event = "ping", .data = R"({"type":"ping"})"},
                  delta(0, R"({"type":"text_delta","text":"Hel"})"),
                  delta(0, R"({"type":"text_delta","text":"lo €"})"),
                  block_stop(0),
                  ending("end_turn", 15),
                  stop},
       .whole = R"({"id":"msg_1","model":"claude-opus-4-8","content":[{"type":"text","text":"Hello €"}],"stop_reason":"end_turn",
                    "usage":{"input_tokens":25,"cache_read_input_tokens":5,"output_tokens":15}})"},
      {.name = "thinking and two calls",
       .frames = {start, block_start(0, R"({"type":"thinking","thinking":"","signature":""})"),
                  delta(0, R"({"type":"thinking_delta","thinking":"Let me "})"), delta(0, R"({"type":"thinking_delta","thinking":"see."})"),
                  delta(0, R"({"type":"signature_delta","signature":"EqQB"})"), block_stop(0),
                  block_start(1, R"({"type":"redacted_thinking","data":"opaque"})"), block_stop(1),
                  block_start(2, R"({"type":"tool_use","id":"toolu_1","name":"get_weather","input":{}})"),
                  delta(2, R"({"type":"input_json_delta","partial_json":""})"),
                  delta(2, R"({"type":"input_json_delta","partial_json":"{\"location\":"})"),
                  delta(2, R"({"type":"input_json_delta","partial_json":" \"Paris\"}"})"), block_stop(2),
                  block_start(3, R"({"type":"tool_use","id":"toolu_2","name":"now","input":{}})"), block_stop(3), ending("tool_use", 89),
                  stop},
       .whole = R"({"id":"msg_1","model":"claude-opus-4-8","content":[{"type":"thinking","thinking":"Let me see.","signature":"EqQB"},
                    {"type":"redacted_thinking","data":"opaque"},
                    {"type":"tool_use","id":"toolu_1","name":"get_weather","input":{"location":"Paris"}},
                    {"type":"tool_use","id":"toolu_2","name":"now","input":{}}],"stop_reason":"tool_use",
                    "usage":{"input_tokens":25,"cache_read_input_tokens":5,"output_tokens":89}})"},
      {.name = "server tool, paused",
       .frames = {start, block_start(0, R"({"type":"server_tool_use","id":"srv_1","name":"web_search","input":{}})"),
                  delta(0, R"({"type":"input_json_delta","partial_json":"{\"query\":\"geese\"}"})"), block_stop(0),
                  block_start(
                      1, R"({"type":"web_search_tool_result","tool_use_id":"srv_1","content":[{"type":"web_search_result","url":"u"}]})"),
                  block_stop(1), block_start(2, R"({"type":"text","text":""})"),
                  delta(2, R"({"type":"citations_delta","citation":{"type":"char_location"}})"),
                  delta(2, R"({"type":"text_delta","text":"So"})"), block_stop(2), ending("pause_turn", 9), stop},
       .whole = R"({"id":"msg_1","model":"claude-opus-4-8","content":[
                    {"type":"server_tool_use","id":"srv_1","name":"web_search","input":{"query":"geese"}},
                    {"type":"web_search_tool_result","tool_use_id":"srv_1","content":[{"type":"web_search_result","url":"u"}]},
                    {"type":"text","text":"So"}],"stop_reason":"pause_turn",
                    "usage":{"input_tokens":25,"cache_read_input_tokens":5,"output_tokens":9}})"},
      {.name = "a call announced whole, text before it",
       .frames = {start, block_start(0, R"({"type":"text","text":"I "})"), delta(0, R"({"type":"text_delta","text":"add."})"),
                  block_stop(0), block_start(1, R"({"type":"tool_use","id":"toolu_1","name":"add","input":{"a":1}})"), block_stop(1),
                  ending("tool_use", 3), stop},
       .whole = R"({"id":"msg_1","model":"claude-opus-4-8","content":[{"type":"text","text":"I add."},
                    {"type":"tool_use","id":"toolu_1","name":"add","input":{"a":1}}],"stop_reason":"tool_use",
                    "usage":{"input_tokens":25,"cache_read_input_tokens":5,"output_tokens":3}})"},
  };
}

TEST(MessagesDecoder, StreamedAndUnstreamedFormsAreEqualHoweverTheStreamIsSplit) {
  for (const auto& fixture : fixtures()) {
    SCOPED_TRACE(fixture.name);
    const auto streamed = feed(codec, fixture.frames);
    const auto whole = codec.decode(json(fixture.whole));
    ASSERT_TRUE(streamed) << streamed.error().message;
    ASSERT_TRUE(whole) << whole.error().message;
    expect_equal(*streamed, *whole);
    expect_equal_however_split(codec, sse_body(fixture.frames), *whole);
  }
}

TEST(MessagesDecoder, TellsWhatItHearsOnTheWay) {
  Heard heard;
  ASSERT_TRUE(feed(codec, fixtures()[1].frames, &heard));
  EXPECT_EQ(heard.text, "");
  EXPECT_EQ(heard.reasoning, "Let me see.");
  ASSERT_EQ(heard.calls.size(), 2U);
  EXPECT_EQ(heard.calls[0], (std::pair<std::string, std::string>{"get_weather", R"({"location": "Paris"})"}));
  EXPECT_EQ(heard.calls[1], (std::pair<std::string, std::string>{"now", "{}"}));
  heard = {};
  ASSERT_TRUE(feed(codec, fixtures()[3].frames, &heard));
  EXPECT_EQ(heard.text, "I add.");
  EXPECT_EQ(heard.calls.at(0).second, R"({"a":1})");
}

TEST(MessagesDecoder, EveryPrefixOfAStreamIsAnErrorAndNotAnAnswer) {
  for (const auto& fixture : fixtures()) {
    for (std::size_t length = 0; length < fixture.frames.size(); ++length) {
      const auto cut = feed(codec, {fixture.frames.begin(), fixture.frames.begin() + static_cast<std::ptrdiff_t>(length)});
      ASSERT_FALSE(cut) << fixture.name << " " << length;
      EXPECT_EQ(cut.error().code, ErrorCode::bad_response);
      EXPECT_TRUE(cut.error().retryable);
    }
  }
}

TEST(MessagesDecoder, ACutOffCallIsKeptAsItWasWrittenAndSaysLength) {
  const auto response = feed(codec, {start, block_start(0, R"({"type":"tool_use","id":"t","name":"write","input":{}})"),
                                     delta(0, R"({"type":"input_json_delta","partial_json":"{\"text\": \"abc"})"), block_stop(0),
                                     ending("max_tokens", 4096), stop});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->finish, Finish::length);
  EXPECT_EQ(calls_of(response->message).at(0).arguments, R"({"text": "abc)");
}

TEST(MessagesDecoder, ErrorsInTheMiddleEndTheStream) {
  const auto overloaded =
      feed(codec, {start, {.event = "error", .data = R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"}});
  ASSERT_FALSE(overloaded);
  EXPECT_EQ(overloaded.error().code, ErrorCode::http_status);
  EXPECT_TRUE(overloaded.error().retryable);
  for (const auto& bad :
       {Frame{.event = "message_delta", .data = "{\"type\":"}, Frame{.event = "x", .data = "[]"}, delta(0, "{}"), block_start(0, "7")}) {
    const auto broken = feed(codec, {start, bad, stop});
    ASSERT_FALSE(broken) << bad.data;
    EXPECT_EQ(broken.error().code, ErrorCode::bad_response);
  }
  EXPECT_FALSE(feed(codec, {start, block_start(0, R"({"type":"text"})"), block_start(0, R"({"type":"text"})"), stop}));
}

TEST(MessagesDecoder, TypesComeFromTheDataAndElseFromTheEventsName) {
  const auto response = feed(codec, {{.event = "message_start", .data = R"({"message":{"id":"m"}})"},
                                     {.event = "content_block_start", .data = R"({"index":0,"content_block":{"type":"text","text":"hi"}})"},
                                     {.event = "news", .data = R"({"type":"something_new"})"},
                                     {.event = "message_stop", .data = "{}"},
                                     {.event = "after", .data = "not read"}});
  ASSERT_TRUE(response);
  EXPECT_EQ(text_of(response->message), "hi");
  EXPECT_FALSE(response->usage);
}

}  // namespace
}  // namespace skein::model::anthropic
