#include "model/scripted.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "model/virtual_time_test.hpp"

namespace skein::model {
namespace {

using testing::VirtualTime;

Message model_says(std::string text) { return {.role = Role::assistant, .parts = {Text{std::move(text)}}}; }

class ScriptedTest : public ::testing::Test {
 protected:
  void script(std::string_view answers) {
    auto read = parse_script(R"({"answers":)" + std::string(answers) + "}", "s.json");
    ASSERT_TRUE(read) << read.error().message;
    model = std::make_unique<ScriptedModel>("scripted/s.json", std::move(*read), time);
  }
  Result<Response> ask(std::vector<Message> messages, const OnDelta& on_delta = {}) {
    Request request;
    request.messages = std::move(messages);
    return time.run(io, model->complete(request, {.on_delta = on_delta, .idempotency_key = {}}));
  }
  static std::string said(const Result<Response>& r) { return r ? text_of(r->message) : r.error().message; }

  asio::io_context io;
  VirtualTime time;
  std::unique_ptr<ScriptedModel> model;
};

TEST_F(ScriptedTest, AnswersByTheTurnOfTheConversation) {
  script(R"([{"text":"one"},{"text":"two"}])");
  EXPECT_EQ(said(ask({user_says("a")})), "one");
  EXPECT_EQ(said(ask({user_says("a")})), "one") << "the same conversation gets the same answer, also after a restart";
  EXPECT_EQ(said(ask({user_says("a"), model_says("one"), user_says("b")})), "two");
  const auto end = ask({user_says("a"), model_says("one"), model_says("two"), user_says("c")});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, ErrorCode::not_found);
  EXPECT_EQ(end.error().message, "scripted/s.json has no answer number 3 (it has 2 that answer in order, and none that matches) to: 'c'");
  EXPECT_EQ(model->name(), "scripted/s.json");
}

TEST_F(ScriptedTest, CallsToolsWithNamesOfItsOwn) {
  script(
      R"([{"reasoning":"hm","text":"let me see","tool_calls":[{"name":"add","arguments":{"a":1}},{"id":"x","name":"odd","arguments":"{cut"},{"name":"bare"}],"usage":{"input":3,"output":2}}])");
  const auto answer = ask({user_says("a")});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->finish, Finish::tool_calls);
  EXPECT_EQ(answer->usage, (Usage{.input = 3, .output = 2}));
  EXPECT_EQ(answer->answered_by, "scripted/s.json");
  const auto calls = calls_of(answer->message);
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[0], (ToolCall{.id = "call_1_1", .name = "add", .arguments = R"({"a":1})", .kept = {}}));
  EXPECT_EQ(calls[1].id, "x");
  EXPECT_EQ(calls[1].arguments, "{cut");
  EXPECT_EQ(calls[2].id, "call_1_3");
  EXPECT_EQ(calls[2].arguments, "{}");
}

TEST_F(ScriptedTest, ErrorsComeBeforeTheAnswerThatFollowsThem) {
  script(
      R"([{"text":"one"},{"error":{"code":"rate_limited","message":"slow","retryable":true},"times":2},{"text":"two"},{"error":{"code":"timeout"}}])");
  const std::vector<Message> second{user_says("a"), model_says("one"), user_says("b")};
  EXPECT_EQ(said(ask({user_says("a")})), "one");
  const auto failed = ask(second);
  EXPECT_EQ(failed.error().message, "scripted/s.json: slow");
  EXPECT_EQ(failed.error().code, ErrorCode::rate_limited);
  EXPECT_TRUE(failed.error().retryable);
  EXPECT_FALSE(ask(second));
  EXPECT_EQ(said(ask(second)), "two");
  const std::vector<Message> third{model_says("one"), model_says("two"), user_says("c")};
  EXPECT_EQ(ask(third).error().code, ErrorCode::timeout);
  EXPECT_EQ(ask(third).error().code, ErrorCode::not_found);
}

TEST_F(ScriptedTest, MatchesWhatWasSaidLast) {
  script(R"([{"text":"in order"},{"match":"rain","text":"wet"},{"match":"42","text":"I know"}])");
  EXPECT_EQ(said(ask({user_says("will it rain?")})), "wet");
  EXPECT_EQ(said(ask({user_says("will it rain?")})), "wet");
  EXPECT_EQ(said(ask({user_says("rain"), user_says("sun")})), "in order");
  const Message result{.role = Role::user, .parts = {ToolResult{.call_id = "1", .name = "t", .text = "it is 42"}}};
  EXPECT_EQ(said(ask({model_says("x"), result})), "I know");
}

TEST_F(ScriptedTest, TellsTextWordByWord) {
  script(R"([{"text":"a b  c"},{"tool_calls":[{"name":"t"}],"finish":"length"}])");
  std::vector<std::string> heard;
  const auto listen = [&](const Delta& delta) { heard.emplace_back(delta.text); };
  ASSERT_TRUE(ask({user_says("x")}, listen));
  EXPECT_EQ(heard, (std::vector<std::string>{"a ", "b ", " ", "c"}));
  heard.clear();
  EXPECT_EQ(ask({model_says("x")}, listen)->finish, Finish::length);
  EXPECT_EQ(heard, (std::vector<std::string>{"t", "{}"}));
}

TEST_F(ScriptedTest, TakesItsTime) {
  script(R"([{"text":{"n":1},"delay":"2s"}])");
  EXPECT_EQ(said(ask({})), R"({"n":1})");
  EXPECT_EQ(time.elapsed(), seconds{2});
}

TEST(Script, DamageIsNamed) {
  const auto complaint = [](std::string_view text) {
    const auto read = parse_script(text, "s.json");
    return read ? "(accepted)" : read.error().message;
  };
  const auto answer = [&](std::string_view text) { return complaint(R"({"answers":[{"text":"ok"},)" + std::string(text) + "]}"); };
  EXPECT_NE(complaint("{").find("s.json is no JSON: "), std::string::npos);
  for (const char* text : {"[]", "{}", R"({"answers":{}})", R"({"answers":[],"more":1})"}) {
    EXPECT_EQ(complaint(text), R"(s.json is no script: it must be an object {"answers": [ … ]})");
  }
  EXPECT_EQ(answer("7"), "s.json: answer 2 is no object");
  EXPECT_EQ(answer(R"({"txt":"a"})"), "s.json: answer 2 has the unknown member 'txt'; did you mean 'text'?");
  EXPECT_EQ(answer("{}"), "s.json: answer 2 says nothing: it needs a 'text', 'tool_calls' or an 'error'");
  EXPECT_EQ(answer(R"({"tool_calls":{}})"), "s.json: answer 2 has 'tool_calls' that are no list");
  EXPECT_EQ(answer(R"({"tool_calls":[1]})"), "s.json: answer 2 has a tool call that is no object");
  EXPECT_EQ(answer(R"({"tool_calls":[{}]})"), "s.json: answer 2 has a tool call without a name");
  EXPECT_EQ(answer(R"({"tool_calls":[{"name":1}]})"), "s.json: answer 2 has a tool call that has a 'name' that is no string");
  EXPECT_EQ(answer(R"({"tool_calls":[{"nam":1}]})"),
            "s.json: answer 2 has a tool call that has the unknown member 'nam'; did you mean 'name'?");
  EXPECT_EQ(answer(R"({"reasoning":1})"), "s.json: answer 2 has a 'reasoning' that is no string");
  EXPECT_EQ(answer(R"({"error":1})"), "s.json: answer 2 has an 'error' that is no object");
  EXPECT_NE(answer(R"({"error":{"code":"odd"}})").find("is no name of an error"), std::string::npos);
  EXPECT_NE(answer(R"({"error":{"code":1}})").find("'code' that is no string"), std::string::npos);
  EXPECT_NE(answer(R"({"error":{"cod":1}})").find("unknown member 'cod'"), std::string::npos);
  EXPECT_NE(answer(R"({"error":{"code":"timeout","retryable":1}})").find("neither true nor false"), std::string::npos);
  EXPECT_NE(answer(R"({"error":{"code":"timeout"},"text":"a"})").find("they are two entries"), std::string::npos);
  EXPECT_NE(answer(R"({"error":{"code":"timeout"},"times":0})").find("from 1 on"), std::string::npos);
  EXPECT_NE(answer(R"({"text":"a","times":2})").find("only an 'error' can have"), std::string::npos);
  EXPECT_NE(answer(R"({"text":"a","delay":"soon"})").find("no duration"), std::string::npos);
  EXPECT_NE(answer(R"({"text":"a","match":1})").find("'match' that is no string"), std::string::npos);
  EXPECT_NE(answer(R"({"text":"a","finish":"stop"})").find("not \"length\""), std::string::npos);
  EXPECT_NE(answer(R"({"text":"a","usage":1})").find("'usage' that is no object"), std::string::npos);
  EXPECT_NE(answer(R"({"text":"a","usage":{"input":"x"}})").find("usage.input must be"), std::string::npos);
}

}  // namespace
}  // namespace skein::model
