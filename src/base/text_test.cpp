#include "base/text.hpp"

#include <array>

#include <gtest/gtest.h>

namespace skein {
namespace {

TEST(Nearest, SuggestsWhatIsClose) {
  const std::array<std::string, 3> names{"fetch", "summarise", "report"};
  EXPECT_EQ(nearest("fecth", names), "fetch");
  EXPECT_EQ(nearest("Summarize", names), "summarise");
  EXPECT_EQ(nearest("banana", names), "");
  EXPECT_EQ(did_you_mean("reprot", names), "; did you mean 'report'?");
  EXPECT_EQ(did_you_mean("xyz", names), "");
  EXPECT_EQ(did_you_mean("x", std::vector<std::string>{"a", "b"}), "") << "nothing of it would stay";
  const std::vector<std::string> keys{"retry_config", "retry_on", "agent_name"};
  EXPECT_EQ(did_you_mean("retry", keys), "; did you mean 'retry_config' or 'retry_on'?");
  EXPECT_EQ(did_you_mean("agent", keys), "; did you mean 'agent_name'?");
  EXPECT_EQ(did_you_mean("re", keys), "");
}

TEST(Nearest, IgnoresAbsurdlyLongWords) {
  const std::array<std::string, 1> names{"fetch"};
  EXPECT_EQ(nearest(std::string(100'000, 'f'), names), "");
  const std::array<std::string, 1> long_names{std::string(100'000, 'f')};
  EXPECT_EQ(nearest("f", long_names), "");
}

TEST(ListOf, ReadsLikeASentence) {
  const std::array<std::string, 3> abc{"a", "b", "c"};
  EXPECT_EQ(list_of(abc), "a, b and c");
  EXPECT_EQ(list_of(std::span(abc).first(2), " or "), "a or b");
  EXPECT_EQ(list_of(std::span(abc).first(1)), "a");
  EXPECT_EQ(list_of(std::span(abc).first(0)), "");
}

TEST(Shorten, CutsAtACharacter) {
  EXPECT_EQ(shorten("abc", 3), "abc");
  EXPECT_EQ(shorten("abcd", 3), "abc…");
  EXPECT_EQ(shorten("aéé", 2), "a…");
}

TEST(Utf8, AcceptsExactlyRfc3629) {
  EXPECT_TRUE(is_utf8("plain, é, €, 😀"));
  EXPECT_FALSE(is_utf8("\x80"));
  EXPECT_FALSE(is_utf8("\xC0\xAF"));          // overlong
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(is_utf8("\xE2\x82"));          // cut short
  EXPECT_EQ(to_valid_utf8("a\xFF"
                          "b"),
            "a\xEF\xBF\xBD"
            "b");
}

TEST(SmallHelpers, DoWhatTheySay) {
  EXPECT_EQ(trim("  a b\n"), "a b");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(split("a,,b", ',').size(), 3U);
  EXPECT_EQ(to_lower("AbC"), "abc");
  EXPECT_TRUE(iequals("Content-Type", "content-type"));
  EXPECT_FALSE(iequals("a", "ab"));
}

}  // namespace
}  // namespace skein
