#include "cli/terminal.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace skein::cli {
namespace {

Terminal with(std::map<std::string, std::string> variables, bool is_terminal = true) {
  return describe_terminal(is_terminal, [&](const char* name) -> const char* {
    const auto it = variables.find(name);
    return it == variables.end() ? nullptr : it->second.c_str();
  });
}

TEST(Terminal, OnlyATerminalIsPaintedOver) {
  EXPECT_TRUE(with({{"TERM", "xterm"}}).interactive);
  EXPECT_FALSE(with({{"TERM", "xterm"}}, false).interactive);
  EXPECT_FALSE(with({{"TERM", "dumb"}}).interactive);
  EXPECT_FALSE(with({}).interactive);
}

TEST(Terminal, NoColorTurnsColoursOffAndNothingElse) {
  EXPECT_TRUE(with({{"TERM", "xterm"}}).color);
  EXPECT_TRUE(with({{"TERM", "xterm"}, {"NO_COLOR", ""}}).color);
  const auto without = with({{"TERM", "xterm"}, {"NO_COLOR", "1"}});
  EXPECT_FALSE(without.color);
  EXPECT_TRUE(without.interactive);
}

TEST(Terminal, SpeaksUtf8UnlessTheLocaleSaysOtherwise) {
  EXPECT_TRUE(with({{"TERM", "xterm"}}).utf8);
  EXPECT_TRUE(with({{"TERM", "xterm"}, {"LANG", "de_DE.UTF-8"}}).utf8);
  EXPECT_FALSE(with({{"TERM", "xterm"}, {"LANG", "C"}}).utf8);
  EXPECT_FALSE(with({{"TERM", "xterm"}, {"LANG", "en_US.UTF-8"}, {"LC_ALL", "POSIX"}}).utf8);
  EXPECT_FALSE(with({{"TERM", "linux"}}).utf8);
}

TEST(Terminal, AsciiSignsAreAscii) {
  const auto& bare = signs(false);
  for (const auto sign : {bare.completed, bare.failed, bare.retrying, bare.waiting, bare.pending, bare.skipped, bare.cancelled,
                          bare.bar_full, bare.bar_empty, bare.ellipsis}) {
    ASSERT_FALSE(sign.empty());
    for (const char c : sign) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  }
}

}  // namespace
}  // namespace skein::cli
