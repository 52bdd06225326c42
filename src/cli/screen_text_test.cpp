#include "cli/screen_text.hpp"

#include <gtest/gtest.h>

#include "cli/table.hpp"

namespace skein::cli {
namespace {

TEST(ScreenText, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("Zürich"), 6U);
  EXPECT_EQ(display_width("東京"), 4U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("\xff"), 1U);
}

TEST(ScreenText, ClipsAtCharactersAndMarksTheCut) {
  EXPECT_EQ(clip("abcdef", 6), "abcdef");
  EXPECT_EQ(clip("abcdef", 4), "abc…");
  EXPECT_EQ(clip("東京都", 4), "東…");
  EXPECT_EQ(clip("abcdef", 5, "..."), "ab...");
  EXPECT_EQ(clip("abcdef", 0), "");
}

TEST(ScreenText, PadsByWidth) {
  EXPECT_EQ(pad("東京", 6), "東京  ");
  EXPECT_EQ(pad("abc", 2), "abc");
}

TEST(ScreenText, WhatComesFromOutsideCannotMoveTheCursor) {
  EXPECT_EQ(one_line("a\x1b[2Jb\nc\td\r"), "a[2Jb c d");
  EXPECT_EQ(printable("a\n\tb\x07"), "a\n\tb");
  EXPECT_EQ(one_line("x\xC2\x9By"), "xy");  // the one-character form of ESC [
}

TEST(ScreenText, PaintsOnlyWithColours) {
  EXPECT_EQ(paint("x", Style::red, true), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(paint("x", Style::red, false), "x");
  EXPECT_EQ(paint("x", Style::plain, true), "x");
}

TEST(ScreenText, LinesAreCutBeforeTheyAreColoured) {
  Line line;
  line.add("abc", Style::green).add("defgh", Style::red);
  EXPECT_EQ(line.width(), 8U);
  EXPECT_EQ(line.plain(), "abcdefgh");
  EXPECT_EQ(line.text(8, false), "abcdefgh");
  EXPECT_EQ(line.text(5, false), "abcd…");
  EXPECT_EQ(line.text(3, false), "ab…");
  EXPECT_EQ(line.text(5, true), "\x1b[32mabc\x1b[0m\x1b[31md…\x1b[0m");
}

TEST(Table, ColumnsAreAsWideAsTheyNeedToBe) {
  Table table({"NAME", "N"});
  table.add({{"東京"}, {"1"}});
  table.add({{"a"}, {"22"}});
  EXPECT_EQ(table.lines(0, false), (std::vector<std::string>{"NAME  N", "東京  1", "a     22"}));
  EXPECT_EQ(table.lines(6, false).front(), "NAME …");
}

}  // namespace
}  // namespace skein::cli
