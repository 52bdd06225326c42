#include "model/response_json.hpp"

#include <boost/json/object.hpp>
#include <gtest/gtest.h>

namespace skein::model {
namespace {

std::string complaint(std::string_view text) {
  const auto read = response_from_json(*parse_json(text));
  return read ? "(accepted)" : read.error().message;
}

TEST(ResponseJson, ComesBackAsItWas) {
  Response full;
  full.message = {.role = Role::assistant, .parts = {Text{"a"}, ToolCall{.id = "1", .name = "t", .arguments = "{}", .kept = {}}}};
  full.finish = Finish::tool_calls;
  full.usage = Usage{.input = 5, .cached_input = 1, .cache_write = 2, .output = 7, .reasoning = 3};
  full.model = "gpt-4o-2024";
  full.id = "r1";
  full.answered_by = "openai/gpt-4o";
  const auto back = response_from_json(response_to_json(full));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->message, full.message);
  EXPECT_EQ(back->finish, full.finish);
  EXPECT_EQ(back->usage, full.usage);
  EXPECT_EQ(back->model, full.model);
  EXPECT_EQ(back->id, full.id);
  EXPECT_EQ(back->answered_by, full.answered_by);
  const auto bare = response_from_json(response_to_json(Response{}));
  ASSERT_TRUE(bare);
  EXPECT_FALSE(bare->usage);
}

TEST(ResponseJson, DamageIsNamed) {
  EXPECT_EQ(complaint("[]"), "an answer's message is missing");
  EXPECT_NE(complaint(R"({"message":{"role":"odd"}})"), "(accepted)");
  const std::string message = R"({"message":{"role":"assistant","parts":[]})";
  EXPECT_EQ(complaint(message + R"(,"finish":"odd"})"), "an answer's finish is none of the known ones");
  EXPECT_EQ(complaint(message + R"(,"finish":"stop","usage":7})"), "an answer's usage must be an object");
  EXPECT_EQ(complaint(message + R"(,"finish":"stop","usage":{"input":-1}})"), "an answer's usage.input must be a number of tokens");
}

}  // namespace
}  // namespace skein::model
