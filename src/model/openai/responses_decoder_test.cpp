#include "model/openai/responses_decoder.hpp"

#include <gtest/gtest.h>

#include "model/body_feed_test.hpp"
#include "model/openai/responses_codec.hpp"

namespace skein::model::openai {
namespace {

using model::testing::expect_equal;
using model::testing::expect_equal_however_split;
using model::testing::feed;
using model::testing::Frame;
using model::testing::Heard;
using model::testing::json;
using model::testing::sse_body;

const ResponsesCodec codec;

Frame event(const std::string& type, const std::string& members) {
  return {.event = type, .data = R"({"type":")" + type + R"(",)" + members + "}"};
}
Frame created() { return event("response.created", R"("response":{"id":"resp_1","status":"in_progress","model":"gpt-5.4","output":[]})"); }
Frame added(int index, const std::string& item) {
  return event("response.output_item.added", R"("output_index":)" + std::to_string(index) + R"(,"item":)" + item);
}
Frame item_done(int index, const std::string& item) {
  return event("response.output_item.done", R"("output_index":)" + std::to_string(index) + R"(,"item":)" + item);
}
Frame delta(const std::string& kind, int index, const std::string& text, const std::string& more = R"("content_index":0)") {
  return event("response." + kind + ".delta",
               R"("output_index":)" + std::to_string(index) + "," + more + R"(,"delta":)" + to_json(Json(text)));
}
Frame ended(const std::string& type, const std::string& output, const std::string& more) {
  return event("response." + type, R"("response":{"id":"resp_1","model":"gpt-5.4","output":)" + output + "," + more + "}");
}

const std::string usage = R"("usage":{"input_tokens":25,"output_tokens":15})";
const std::string thought = R"({"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Let me see."},
  {"type":"summary_text","text":"Add."}],"encrypted_content":"gAAA"})";
const std::string call =
    R"({"type":"function_call","id":"fc_1","call_id":"call_1","name":"add","arguments":"{\"a\": 1}","status":"completed"})";
const std::string second_call =
    R"({"type":"function_call","id":"fc_2","call_id":"call_2","name":"now","arguments":"{}","status":"completed"})";
const std::string words = R"({"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"Hello €"}]})";

/// Written by hand from the API's reference; `output` is what the unstreamed answer holds.
struct Fixture {
  const char* name;
  std::vector<Frame> frames;  ///< without the last
  std::string output;
  std::string ending;         ///< kind of the last
  std::string rest;           ///< of the response object
};

std::vector<Fixture> fixtures() {
  return {
      {.name = "text",
       .frames = {created(), added(0, R"({"type":"message","id":"msg_1","role":"assistant","content":[]})"),
                  event("response.content_part.added", R"("output_index":0,"content_index":0,"part":{"type":"output_text","text":""})"),
                  delta("output_text", 0, "Hel"), delta("output_text", 0, "lo €"),
                  event("response.output_text.done", R"("output_index":0,"content_index":0,"text":"Hello €")"), item_done(0, words)},
       .output = "[" + words + "]",
       .ending = "completed",
       .rest = R"("status":"completed",)" + usage},
      {.name = "reasoning and two calls",
       .frames = {created(), added(0, R"({"type":"reasoning","id":"rs_1","summary":[]})"),
                  event("response.reasoning_summary_part.added", R"("output_index":0,"summary_index":0,"part":{})"),
                  delta("reasoning_summary_text", 0, "Let me see.", R"("summary_index":0)"),
                  event("response.reasoning_summary_part.added", R"("output_index":0,"summary_index":1,"part":{})"),
                  delta("reasoning_summary_text", 0, "Add.", R"("summary_index":1)"), item_done(0, thought),
                  added(1, R"({"type":"function_call","id":"fc_1","call_id":"call_1","name":"add","arguments":""})"),
                  delta("function_call_arguments", 1, R"({"a":)"), delta("function_call_arguments", 1, " 1}"),
                  event("response.function_call_arguments.done", R"("output_index":1,"arguments":"{\"a\": 1}")"), item_done(1, call),
                  added(2, R"({"type":"function_call","id":"fc_2","call_id":"call_2","name":"now","arguments":""})"),
                  item_done(2, second_call)},
       .output = "[" + thought + "," + call + "," + second_call + "]",
       .ending = "completed",
       .rest = R"("status":"completed",)" + usage},
      {.name = "refusal",
       .frames = {created(), added(0, R"({"type":"message","id":"msg_1","role":"assistant","content":[]})"), delta("refusal", 0, "I can"),
                  delta("refusal", 0, "not.")},
       .output = R"([{"type":"message","id":"msg_1","role":"assistant","content":[{"type":"refusal","refusal":"I cannot."}]}])",
       .ending = "completed",
       .rest = R"("status":"completed",)" + usage},
      {.name = "cut off in a call",
       .frames = {created(), added(0, R"({"type":"function_call","id":"fc_1","call_id":"call_1","name":"write","arguments":""})"),
                  delta("function_call_arguments", 0, R"({"text": "ab)")},
       .output =
           R"([{"type":"function_call","id":"fc_1","call_id":"call_1","name":"write","arguments":"{\"text\": \"ab","status":"incomplete"}])",
       .ending = "incomplete",
       .rest = R"("status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},)" + usage},
      {.name = "open reasoning, cut off",
       .frames = {created(), added(0, R"({"type":"reasoning","id":"rs_1","summary":[]})"), delta("reasoning_text", 0, "Hm"),
                  delta("reasoning_text", 0, "m")},
       .output = R"([{"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"Hmm"}]}])",
       .ending = "incomplete",
       .rest = R"("status":"incomplete")"},
  };
}

std::vector<Frame> whole_stream(const Fixture& fixture, const std::string& output) {
  auto frames = fixture.frames;
  frames.push_back(ended(fixture.ending, output, fixture.rest));
  return frames;
}

TEST(ResponsesDecoder, StreamedAndUnstreamedFormsAreEqualHoweverTheStreamIsSplit) {
  for (const auto& fixture : fixtures()) {
    SCOPED_TRACE(fixture.name);
    const auto whole = codec.decode(json(R"({"id":"resp_1","model":"gpt-5.4","output":)" + fixture.output + "," + fixture.rest + "}"));
    ASSERT_TRUE(whole) << whole.error().message;
    const auto streamed = feed(codec, whole_stream(fixture, fixture.output));
    ASSERT_TRUE(streamed) << streamed.error().message;
    expect_equal(*streamed, *whole);
    const auto pieced = feed(codec, whole_stream(fixture, "[]"));  // a server that leaves the items out of the end
    ASSERT_TRUE(pieced) << pieced.error().message;
    expect_equal(*pieced, *whole);
    expect_equal_however_split(codec, sse_body(whole_stream(fixture, fixture.output)), *whole);
    expect_equal_however_split(codec, sse_body(whole_stream(fixture, "[]")), *whole);
  }
}

TEST(ResponsesDecoder, TellsWhatItHearsOnTheWay) {
  Heard heard;
  ASSERT_TRUE(feed(codec, whole_stream(fixtures()[1], "[]"), &heard));
  EXPECT_EQ(heard.reasoning, "Let me see.\n\nAdd.");
  ASSERT_EQ(heard.calls.size(), 2U);
  EXPECT_EQ(heard.calls[0], (std::pair<std::string, std::string>{"add", R"({"a": 1})"}));
  EXPECT_EQ(heard.calls[1], (std::pair<std::string, std::string>{"now", "{}"}));
  heard = {};
  ASSERT_TRUE(feed(codec, whole_stream(fixtures()[0], "[]"), &heard));
  EXPECT_EQ(heard.text, "Hello €");
  heard = {};
  ASSERT_TRUE(feed(codec, whole_stream(fixtures()[2], "[]"), &heard));
  EXPECT_EQ(heard.text, "I cannot.");
}

TEST(ResponsesDecoder, AnAnswerThatComesInOnePieceIsToldToo) {
  Heard heard;
  ASSERT_TRUE(feed(codec, {ended("completed", "[" + thought + "," + words + "," + call + "]", R"("status":"completed")")}, &heard));
  EXPECT_EQ(heard.reasoning, "Let me see.\n\nAdd.");
  EXPECT_EQ(heard.text, "Hello €");
  EXPECT_EQ(heard.calls.at(0), (std::pair<std::string, std::string>{"add", R"({"a": 1})"}));
}

TEST(ResponsesDecoder, PiecesOfACallThatWasNotAnnouncedAreKept) {
  const auto response = feed(codec, {created(), event("response.function_call_arguments.done", R"("output_index":3,"arguments":"{}")"),
                                     delta("function_call_arguments", 4, "{}"), ended("completed", "[]", R"("status":"completed")")});
  ASSERT_TRUE(response);
  EXPECT_EQ(calls_of(response->message).size(), 2U);
}

/// As llama-server streams it: no places, names instead, a call's item named by its call_id; taken from its source (server-task.cpp).
TEST(ResponsesDecoder, ItemsAreToldApartByNameWhereTheyHaveNoPlace) {
  const std::string open_thought =
      R"({"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"Hm."}],"encrypted_content":""})";
  const std::string said = R"({"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"I add."}]})";
  const auto named_call = [](const std::string& id, const std::string& arguments) {
    return R"({"type":"function_call","call_id":"fc_)" + id + R"(","name":"tool_)" + id + R"(","arguments":")" + arguments + R"("})";
  };
  const auto piece = [](const std::string& kind, const std::string& id, const std::string& text) {
    return event("response." + kind + ".delta", R"("item_id":")" + id + R"(","delta":)" + to_json(Json(text)));
  };
  const auto item_event = [](const std::string& kind, const std::string& item) {
    return event("response.output_item." + kind, R"("item":)" + item);
  };
  const std::vector<Frame> frames{event("response.created", R"("response":{"id":"resp_1","status":"in_progress"})"),
                                  item_event("added", R"({"type":"reasoning","id":"rs_1","summary":[]})"),
                                  piece("reasoning_text", "rs_1", "Hm."),
                                  item_event("added", R"({"type":"message","id":"msg_1","role":"assistant","content":[]})"),
                                  piece("output_text", "msg_1", "I "),
                                  piece("output_text", "msg_1", "add."),
                                  item_event("added", named_call("a", "")),
                                  piece("function_call_arguments", "fc_a", "{}"),
                                  item_event("added", named_call("b", "")),
                                  piece("function_call_arguments", "fc_b", "[]"),
                                  item_event("done", open_thought),
                                  item_event("done", said),
                                  item_event("done", named_call("a", "{}")),
                                  item_event("done", named_call("b", "[]"))};
  const auto output = "[" + open_thought + "," + said + "," + named_call("a", "{}") + "," + named_call("b", "[]") + "]";
  const auto whole = codec.decode(json(R"({"id":"resp_1","model":"gpt-5.4","status":"completed","output":)" + output + "}"));
  ASSERT_TRUE(whole);
  for (const auto& end : {output, std::string("[]")}) {
    auto stream = frames;
    stream.push_back(ended("completed", end, R"("status":"completed")"));
    Heard heard;
    const auto streamed = feed(codec, stream, &heard);
    ASSERT_TRUE(streamed) << streamed.error().message;
    expect_equal(*streamed, *whole);
    EXPECT_EQ(heard.reasoning, "Hm.");
    EXPECT_EQ(heard.text, "I add.");
    const std::vector<std::pair<std::string, std::string>> calls{{"tool_a", "{}"}, {"tool_b", "[]"}};
    EXPECT_EQ(heard.calls, calls);
  }
}

TEST(ResponsesDecoder, EveryPrefixOfAStreamIsAnErrorAndNotAnAnswer) {
  for (const auto& fixture : fixtures()) {
    for (std::size_t length = 0; length <= fixture.frames.size(); ++length) {
      auto cut = std::vector<Frame>(fixture.frames.begin(), fixture.frames.begin() + static_cast<std::ptrdiff_t>(length));
      cut.push_back({.event = {}, .data = "[DONE]"});  // as if all were well
      const auto answer = feed(codec, cut);
      ASSERT_FALSE(answer) << fixture.name << " " << length;
      EXPECT_EQ(answer.error().code, ErrorCode::bad_response);
      EXPECT_TRUE(answer.error().retryable);
    }
  }
}

TEST(ResponsesDecoder, ErrorsInTheMiddleEndTheStream) {
  const auto failed = feed(codec, {created(), event("response.failed", R"("response":{"id":"resp_1","status":"failed",
    "error":{"code":"server_error","message":"The model failed."}})")});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "the model's server reports server_error: The model failed.");
  EXPECT_TRUE(failed.error().retryable);
  const auto flat = feed(codec, {created(), event("error", R"("code":"rate_limit_exceeded","message":"slow down","param":null)")});
  ASSERT_FALSE(flat);
  EXPECT_EQ(flat.error().code, ErrorCode::rate_limited);
  const auto nested = feed(codec, {created(), event("error", R"("error":{"type":"insufficient_quota","message":"pay"})")});
  ASSERT_FALSE(nested);
  EXPECT_FALSE(nested.error().retryable);
  const auto silent = feed(codec, {created(), event("error", R"("code":null,"message":"hm")")});
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().message, "the model's server reports an error: hm");
  EXPECT_EQ(feed(codec, {created(), {.event = "x", .data = "{"}}).error().code, ErrorCode::bad_response);
}

}  // namespace
}  // namespace skein::model::openai
