#include "cli/message_text.hpp"

#include <gtest/gtest.h>

#include "model/message.hpp"

namespace skein::cli {
namespace {

using Texts = std::vector<std::string>;

TEST(MessageText, SaysWhoSaidWhat) {
  EXPECT_EQ(message_lines(model::message_to_json(model::user_says("Hello\nthere")), "clerk", false), (Texts{"you: Hello", "  there"}));
  const model::Message answer{.role = model::Role::assistant, .parts = {model::Text{"Hi."}}};
  EXPECT_EQ(message_lines(model::message_to_json(answer), "clerk", false), Texts{"clerk: Hi."});
}

TEST(MessageText, ShowsToolsAndWhatTheyBrought) {
  const model::Message asks{
      .role = model::Role::assistant,
      .parts = {model::Text{"Let me see."}, model::ToolCall{.id = "1", .name = "add", .arguments = R"({"a":1})", .kept = {}}}};
  EXPECT_EQ(message_lines(model::message_to_json(asks), "clerk", false), (Texts{"clerk: Let me see.", R"(  calls add {"a":1})"}));
  const model::Message told{.role = model::Role::user,
                            .parts = {model::ToolResult{.call_id = "1", .name = "add", .text = "2", .failed = false},
                                      model::ToolResult{.call_id = "2", .name = "look", .text = "no\nfile", .failed = true}}};
  EXPECT_EQ(message_lines(model::message_to_json(told), "clerk", false), (Texts{"  add brings 2", "  look fails: no file"}));
}

TEST(MessageText, MovesNoCursorAndShowsWhatItCannotRead) {
  EXPECT_EQ(message_lines(model::message_to_json(model::user_says("a\x1b[2Jb")), "clerk", false).front().find('\x1b'), std::string::npos);
  EXPECT_EQ(message_lines(Json("odd"), "clerk", false), Texts{"\"odd\""});
}

}  // namespace
}  // namespace skein::cli
