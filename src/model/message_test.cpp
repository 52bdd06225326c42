#include "model/message.hpp"

#include <gtest/gtest.h>

namespace skein::model {
namespace {

Message every_part() {
  return {.role = Role::assistant,
          .parts = {Text{"one "}, Image{.media_type = "image/png", .data = "AAAA", .url = {}},
                    Image{.media_type = {}, .data = {}, .url = "https://x.test/a.png"},
                    Reasoning{.text = "hm", .provider = "anthropic", .kept = JsonObject{{"signature", "s"}}},
                    ToolCall{.id = "c1", .name = "add", .arguments = "{\"a\":1}", .kept = JsonObject{{"item", "i"}}},
                    ToolResult{.call_id = "c1", .name = "add", .text = "2", .failed = true}, Text{"two"}}};
}

TEST(Message, IsReadBackAsItWasWritten) {
  const auto message = every_part();
  EXPECT_EQ(message_from_json(message_to_json(message)), message);
  const auto again = parse_json(to_json(message_to_json(message)));
  ASSERT_TRUE(again);
  EXPECT_EQ(message_from_json(*again), message);
}

TEST(Message, TextAndCallsAreFound) {
  EXPECT_EQ(text_of(every_part()), "one two");
  ASSERT_EQ(calls_of(every_part()).size(), 1U);
  EXPECT_EQ(calls_of(every_part()).front().name, "add");
  EXPECT_EQ(user_says("x"), (Message{.role = Role::user, .parts = {Text{"x"}}}));
}

TEST(Message, DamagedOnesAreRefused) {
  for (const auto* text : {"7", "{}", R"({"role":"system","parts":[]})", R"({"role":"user"})", R"({"role":"user","parts":[7]})",
                           R"({"role":"user","parts":[{"type":"song"}]})"}) {
    const auto read = message_from_json(*parse_json(text));
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
  }
}

}  // namespace
}  // namespace skein::model
