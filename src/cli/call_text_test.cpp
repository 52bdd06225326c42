#include "cli/call_text.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace skein::cli {
namespace {

using agent::CallKind;

JsonPtr json(std::string_view text) { return std::make_shared<const Json>(parse_json(text).value()); }

TEST(CallText, SaysWhatIsCalled) {
  EXPECT_EQ(call_text(workflow::CallStarted{.request = json(R"({"model":"test/small","turn":2})")}), "asks test/small (turn 2)");
  EXPECT_EQ(call_text(workflow::CallStarted{.request = json(R"({"model":"test/small","turn":2})"), .again = true}),
            "asks test/small (turn 2, again: its process died)");
  EXPECT_EQ(call_text(workflow::CallStarted{.kind = CallKind::tool, .request = json(R"({"tool":"add","arguments":{"n":2}})")}),
            R"(calls add {"n":2})");
  EXPECT_EQ(call_text(workflow::CallStarted{.request = json(R"({"model":"test/small","turn":2,"summary":true})")}),
            "asks test/small to sum up");
  EXPECT_EQ(call_text(workflow::CallStarted{.kind = CallKind::person, .request = json(R"({"question":"Which?","answer":{}})")}),
            "asks: Which?");
  EXPECT_EQ(call_text(workflow::CallStarted{.kind = CallKind::person,
                                            .request = json(R"({"question":"May it?","answer":{},"arguments":{"n":2}})")}),
            R"(asks: May it? {"n":2})");
}

TEST(CallText, SaysWhatAPersonSaid) {
  const auto said = [](std::string_view answer) { return workflow::CallEnded{.kind = CallKind::person, .answer = json(answer)}; };
  EXPECT_EQ(call_text(said(R"({"value":"red","by":"ann"})")), "ann says: red");
  EXPECT_FALSE(is_failure(said(R"({"value":"red","by":"ann"})")));
  EXPECT_EQ(call_text(said(R"({"rejected":true,"by":"ann","comment":"too much"})")), "ann says: no (too much)");
  EXPECT_TRUE(is_failure(said(R"({"rejected":true,"by":"ann"})")));
}

TEST(CallText, SaysWhatCameOfIt) {
  const auto model = [](std::string_view answer, agent::Spend used = {}) {
    return call_text(workflow::CallEnded{.answer = json(answer), .used = used});
  };
  EXPECT_EQ(model(R"({"message":{"role":"assistant","parts":[{"type":"text","text":"Five.\nReally."}]},"finish":"stop"})",
                  {.tokens = 30, .nano_dollars = 1'500'000}),
            "answers: Five. Really. (30 tokens, $0.0015)");
  EXPECT_EQ(
      model(
          R"({"message":{"role":"assistant","parts":[{"type":"tool_call","id":"a","name":"add","arguments":"{}"}]},"finish":"tool_calls"})"),
      "asks for 1 tool call");
  EXPECT_EQ(model(R"({"message":{"role":"assistant","parts":[{"type":"text","text":"Five."}]},"finish":"stop","cached":true})"),
            "answers: Five. (from the cache)");
  EXPECT_EQ(model(R"({"error":{"code":"rate_limited","message":"slow down"}})"), "the model fails: slow down");
  const auto tool = [](std::string_view answer) {
    return call_text(workflow::CallEnded{.kind = CallKind::tool, .answer = json(answer), .used = {}});
  };
  EXPECT_EQ(tool(R"({"result":5})"), "brings 5");
  EXPECT_EQ(tool(R"({"result":"no file","failed":true})"), "fails: no file");
  EXPECT_EQ(call_text(workflow::CallEnded{}), "is answered");
}

}  // namespace
}  // namespace skein::cli
