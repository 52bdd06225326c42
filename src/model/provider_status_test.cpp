#include "model/provider_status.hpp"

#include <gtest/gtest.h>

namespace skein::model {
namespace {

std::vector<ListedModel> read(std::string_view text) {
  const auto document = parse_json(text);
  EXPECT_TRUE(document);
  auto list = read_model_list(*document);
  EXPECT_TRUE(list) << list.error().message;
  return list ? *list : std::vector<ListedModel>();
}

TEST(ModelList, ListsOfEveryApi) {
  const auto openai = read(R"({"object":"list","data":[{"id":"gpt-b","object":"model"},{"id":"gpt-a","owned_by":"openai"}]})");
  ASSERT_EQ(openai.size(), 2U);
  EXPECT_EQ(openai[0].name, "gpt-a");
  EXPECT_FALSE(openai[0].context);
  EXPECT_EQ(read(R"({"data":[{"type":"model","id":"claude-x","max_input_tokens":200000}],"has_more":false})")[0].context, 200000U);
  EXPECT_EQ(read(R"({"models":[{"name":"llama3.2:latest","size":1}]})")[0].name, "llama3.2:latest");
  EXPECT_EQ(read(R"({"models":[],"data":[{"id":"m","max_model_len":4096}]})")[0].context, 4096U);
  EXPECT_EQ(read(R"({"data":[{"id":"m","meta":{"n_ctx_train":131072}}]})")[0].context, 131072U);
}

TEST(ModelList, WhatAServerGotWrongIsLeftOut) {
  EXPECT_TRUE(read(R"({"data":[{"id":7},{"id":""},null,"m"]})").empty());
  EXPECT_FALSE(read(R"({"data":[{"id":"m","max_model_len":-1}]})")[0].context);
  EXPECT_FALSE(read_model_list(Json("models")));
  EXPECT_FALSE(read_model_list(*parse_json(R"({"data":{}})")));
}

}  // namespace
}  // namespace skein::model
