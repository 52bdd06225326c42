#include "agent/kinds/ai_protocol.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace skein::agent {
namespace {

Json json(std::string_view text) { return boost::json::parse(text); }

Result<JsonObject> body(AiProtocol protocol, std::string_view parameters, std::string_view custom = "null") {
  return ai_request_body(protocol, "act", json(parameters).as_object(), json(custom));
}

void expect_body(AiProtocol protocol, std::string_view parameters, std::string_view expected, std::string_view custom = "null") {
  const auto r = body(protocol, parameters, custom);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(Json(*r), json(expected)) << parameters;
}

TEST(AiProtocol, ThePathDecides) {
  EXPECT_EQ(ai_protocol_of("/v1/chat/completions"), AiProtocol::chat_completions);
  EXPECT_EQ(ai_protocol_of("/openai/deployments/x/chat/completions/"), AiProtocol::chat_completions);
  EXPECT_EQ(ai_protocol_of("/v1/responses"), AiProtocol::responses);
  EXPECT_EQ(ai_protocol_of("/v1/messages"), AiProtocol::messages);
  EXPECT_EQ(ai_protocol_of("/completions"), AiProtocol::generic);
  EXPECT_EQ(ai_protocol_of("/"), AiProtocol::generic);
}

TEST(AiRequest, ChatCompletions) {
  using enum AiProtocol;
  expect_body(chat_completions, R"({"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":5})",
              R"({"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":5})");
  expect_body(chat_completions, R"({"prompt":"hi"})", R"({"messages":[{"role":"user","content":"hi"}]})");
  expect_body(chat_completions, R"({"input":{"a":1}})", R"({"messages":[{"role":"user","content":"{\"a\":1}"}]})");
  expect_body(chat_completions, R"({"prompt":"hi","system":"be kind"})",
              R"({"messages":[{"role":"system","content":"be kind"},{"role":"user","content":"hi"}]})");
  EXPECT_FALSE(body(chat_completions, R"({"model":"m"})"));
  EXPECT_FALSE(body(chat_completions, R"({"messages":[]})"));
  EXPECT_FALSE(body(chat_completions, R"({"messages":"hi"})"));
}

TEST(AiRequest, CustomParamsAreDefaults) {
  expect_body(AiProtocol::chat_completions, R"({"prompt":"hi","temperature":1})",
              R"({"temperature":1,"model":"m","messages":[{"role":"user","content":"hi"}]})",
              R"({"model":"m","temperature":0,"user_agent":"x","headers":{"a":"b"}})");
}

TEST(AiRequest, Responses) {
  using enum AiProtocol;
  expect_body(responses, R"({"input":"hi","system":"be kind"})", R"({"input":"hi","instructions":"be kind"})");
  expect_body(responses, R"({"prompt":"hi"})", R"({"input":"hi"})");
  expect_body(responses, R"({"messages":[{"role":"user","content":"hi"}]})", R"({"input":[{"role":"user","content":"hi"}]})");
  expect_body(responses, R"({"prompt":{"id":"stored"}})", R"({"prompt":{"id":"stored"}})");
  EXPECT_FALSE(body(responses, "{}"));
}

TEST(AiRequest, Messages) {
  using enum AiProtocol;
  expect_body(messages, R"({"prompt":"hi"})", R"({"messages":[{"role":"user","content":"hi"}],"max_tokens":4096})");
  expect_body(
      messages,
      R"({"max_tokens":9,"messages":[{"role":"system","content":"a"},{"role":"system","content":"b"},{"role":"user","content":"hi"}]})",
      R"({"max_tokens":9,"messages":[{"role":"user","content":"hi"}],"system":"a\n\nb"})");
}

TEST(AiRequest, GenericWrapsThem) {
  expect_body(AiProtocol::generic, R"({"x":1})", R"({"action":"act","parameters":{"x":1},"team":"a"})",
              R"({"team":"a","action":"not this","user_agent":"x"})");
}

TEST(AiRequest, StreamsAreRefused) {
  EXPECT_EQ(body(AiProtocol::chat_completions, R"({"prompt":"hi","stream":true})").error().code, ErrorCode::unsupported);
  EXPECT_TRUE(body(AiProtocol::chat_completions, R"({"prompt":"hi","stream":false})"));
}

TEST(AiAnswer, WhateverAServerSendsIsTolerated) {
  for (const auto protocol : {AiProtocol::chat_completions, AiProtocol::responses, AiProtocol::messages, AiProtocol::generic}) {
    for (const char* text : {"{}", "[]", "null", "7", R"({"choices":null,"content":7,"output":{},"usage":{"input_tokens":"x"}})",
                             R"({"choices":[{"message":null}],"content":[null,{"type":"text"}],"output":[null,7],"model":5})"}) {
      EXPECT_NO_THROW((void)ai_answer_metadata(protocol, json(text))) << text;
      EXPECT_NO_THROW((void)ai_error_in(protocol, json(text))) << text;
    }
  }
}

TEST(AiAnswer, ErrorsWithStatus200) {
  EXPECT_EQ(ai_error_in(AiProtocol::responses, json(R"({"status":"failed","error":{"message":"no"}})")), "no");
  EXPECT_EQ(ai_error_in(AiProtocol::chat_completions, json(R"({"error":"no"})")), "no");
  EXPECT_EQ(ai_error_in(AiProtocol::responses, json(R"({"error":null})")), std::nullopt);
  EXPECT_EQ(ai_error_in(AiProtocol::generic, json(R"({"error":"theirs"})")), std::nullopt);
}

}  // namespace
}  // namespace skein::agent
