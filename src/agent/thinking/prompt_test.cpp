#include "agent/thinking/prompt.hpp"

#include <gtest/gtest.h>

namespace skein::agent {
namespace {

std::string said(std::string_view parameters) {
  const auto value = parse_json(parameters).value();
  const auto messages = prompt_of("summarise", value.as_object());
  if (!messages) return messages.error().message;
  std::string out;
  for (const auto& message : *messages) out += to_json(model::message_to_json(message)) + "\n";
  return out;
}

TEST(Prompt, IsTheText) {
  EXPECT_EQ(said(R"({"prompt":"Hi"})"), "{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"Hi\"}]}\n");
  EXPECT_NE(said(R"({"prompt":"Hi","data":{"a":1}})").find(R"(Hi\n\n{\n  \"data\")"), std::string::npos)
      << said(R"({"prompt":"Hi","data":{"a":1}})");
  EXPECT_NE(said(R"({"prompt":{"a":1}})").find(R"(\"a\": 1)"), std::string::npos);
}

TEST(Prompt, WithoutOneTheActionAndParametersAreSaid) {
  EXPECT_NE(said(R"({"text":"long"})").find(R"(summarise\n\n{)"), std::string::npos);
  EXPECT_NE(said("{}").find(R"("text":"summarise")"), std::string::npos);
}

TEST(Prompt, AConversationIsContinued) {
  EXPECT_EQ(said(R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"prompt":"c"})"),
            "{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"a\"}]}\n"
            "{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"text\":\"b\"}]}\n"
            "{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"c\"}]}\n");
  EXPECT_EQ(said(R"({"messages":[{"role":"user","content":"a"}]})"),
            "{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"a\"}]}\n");
}

TEST(Prompt, ImagesComeByAddressOrInline) {
  EXPECT_EQ(said(R"({"prompt":"What?","images":["https://x.test/a.png","data:image/png;base64,AAAA"]})"),
            "{\"role\":\"user\",\"parts\":[{\"type\":\"image\",\"url\":\"https://x.test/a.png\"},"
            "{\"type\":\"image\",\"media_type\":\"image/png\",\"data\":\"AAAA\"},{\"type\":\"text\",\"text\":\"What?\"}]}\n");
}

TEST(Prompt, WhatDoesNotFitIsNamed) {
  EXPECT_EQ(said(R"({"messages":7})"), "parameters.messages must be a list, got 7");
  EXPECT_EQ(said(R"({"messages":[{"role":"system","content":"a"}]})"),
            R"(parameters.messages[0] must be {role: user or assistant, content: a text}, got {"role":"system","content":"a"})");
  EXPECT_NE(said(R"({"images":[7]})").find("images[0]"), std::string::npos);
  EXPECT_NE(said(R"({"images":["ftp://x"]})").find("http address"), std::string::npos);
  EXPECT_NE(said(R"({"images":["data:image/png,x"]})").find("base64"), std::string::npos);
  EXPECT_NE(said(R"({"messages":[{"role":"assistant","content":"a"}]})").find("add parameters.prompt"), std::string::npos);
}

}  // namespace
}  // namespace skein::agent
