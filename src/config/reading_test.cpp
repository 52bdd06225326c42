#include <string>

#include <gtest/gtest.h>

#include "config/scalar.hpp"
#include "config/source.hpp"

namespace skein::config {
namespace {

std::string plain(std::string_view text) {
  const auto value = resolve_plain(text);
  return value ? to_json(*value) : "error: " + value.error();
}

TEST(Scalar, FollowsTheCoreSchema) {
  for (const auto* text : {"", "~", "null", "Null", "NULL"}) EXPECT_EQ(plain(text), "null") << text;
  for (const auto* text : {"true", "True", "TRUE"}) EXPECT_EQ(plain(text), "true") << text;
  for (const auto* text : {"false", "False", "FALSE"}) EXPECT_EQ(plain(text), "false") << text;
  for (const auto* text : {"yes",
                           "on",
                           "tRUE",
                           "nULL",
                           "1_000",
                           "007",
                           "-012",
                           "0x",
                           "0xZZ",
                           "0o9",
                           "1e",
                           "1e+",
                           "e5",
                           ".",
                           "-",
                           "+",
                           "1.2.3",
                           "1.x",
                           "x.1",
                           "12:30",
                           "2026-01-31",
                           "1e400",
                           "0x1FFFFFFFFFFFFFFFFF",
                           "++1",
                           "+-1"}) {
    EXPECT_EQ(plain(text), "\"" + std::string(text) + "\"");
  }
}

TEST(Scalar, ReadsNumbers) {
  EXPECT_EQ(plain("0"), "0");
  EXPECT_EQ(plain("+5"), "5");
  EXPECT_EQ(plain("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(plain("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(plain("-9223372036854775809"), "-9223372036854775808.0");
  EXPECT_EQ(plain("0x1F"), "31");
  EXPECT_EQ(plain("0o17"), "15");
  EXPECT_EQ(plain("1."), "1.0");
  EXPECT_EQ(plain(".5"), "0.5");
  EXPECT_EQ(plain("+.5"), "0.5");
  EXPECT_EQ(plain("0.5"), "0.5");
  EXPECT_EQ(plain("1E-2"), "0.01");
}

TEST(Scalar, RefusesWhatJsonCannotSay) {
  for (const auto* text : {".inf", "-.Inf", "+.INF", ".nan", ".NaN"}) EXPECT_TRUE(plain(text).starts_with("error: ")) << text;
  EXPECT_EQ(plain("-.nan"), "\"-.nan\"");
}

TEST(Scalar, ObeysStandardTags) {
  const auto tagged = [](std::string_view type, std::string_view text) {
    const auto value = resolve_tagged("tag:yaml.org,2002:" + std::string(type), text);
    return value ? to_json(*value) : "error: " + value.error();
  };
  EXPECT_EQ(tagged("str", "5"), "\"5\"");
  EXPECT_EQ(tagged("int", "5"), "5");
  EXPECT_EQ(tagged("int", "18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(tagged("float", "5"), "5.0");
  EXPECT_EQ(tagged("bool", "true"), "true");
  EXPECT_EQ(tagged("null", ""), "null");
  EXPECT_EQ(tagged("int", "x"), "error: 'x' is not what its tag !!int says; remove the tag");
  EXPECT_TRUE(tagged("float", ".inf").starts_with("error: "));
  EXPECT_TRUE(tagged("set", "x").starts_with("error: the tag"));
  EXPECT_EQ(to_json(*resolve_tagged("!", "5")), "\"5\"");
  EXPECT_EQ(to_json(*resolve_tagged("", "5")), "5");
}

TEST(SourceText, CountsCharactersAndShowsThePlace) {
  const SourceText text("ab\r\n\tä日x\nlast");
  EXPECT_EQ(text.position(0).line, 1);
  EXPECT_EQ(text.position(10).line, 2);
  EXPECT_EQ(text.position(10).column, 4);  // tab, ä and 日 stand before
  EXPECT_EQ(text.excerpt(10), "  2 | \tä日x\n    | \t  ^");
  EXPECT_EQ(text.excerpt(1000), "  3 | last\n    |     ^");
  EXPECT_EQ(text.excerpt(3), "  1 | ab\n    |   ^");
  EXPECT_EQ(text.position(1000).column, 5);
}

TEST(SourceText, ShowsAPartOfLongLines) {
  const auto source = std::string(30, 'a') + "日" + std::string(400, 'b');
  const SourceText text(source);
  const auto excerpt = text.excerpt(91);  // the cut falls into the wide character
  EXPECT_TRUE(excerpt.starts_with("  1 | …日bbb")) << excerpt;
  EXPECT_TRUE(excerpt.ends_with("^"));
  EXPECT_LT(excerpt.size(), 300U);
}

TEST(Marks, LeadToEachValueAndKey) {
  const std::string text = "a: 1\n\"b/c\":\n  - x\n  - {~d: [y]}\n";
  const auto source = read_yaml(text);
  ASSERT_TRUE(source.problems.empty());
  const auto at = [&](std::string_view pointer, describe::Part part = describe::Part::value) {
    return text.substr(offset_of(source, pointer, part), 3);
  };
  EXPECT_EQ(at(""), "a: ");
  EXPECT_EQ(at("/a"), "1\n\"");
  EXPECT_EQ(at("/a", describe::Part::key), "a: ");
  EXPECT_EQ(at("/b~1c", describe::Part::key), "\"b/");
  EXPECT_EQ(at("/b~1c/0"), "x\n ");
  EXPECT_EQ(at("/b~1c/1/~0d/0"), "y]}");
  EXPECT_EQ(at("/b~1c/9"), "- x");          // as far as it goes
  EXPECT_EQ(at("/b~1c/none"), "- x");
  EXPECT_EQ(at("/a/deeper"), "1\n\"");
  EXPECT_EQ(at("/nowhere"), "a: ");
}

TEST(Marks, OfJsonAreTheSame) {
  const std::string text = R"({"a" : 1, "b": [true, {"c\"": "x"}]})";
  const auto source = read_json(text);
  ASSERT_TRUE(source.problems.empty());
  EXPECT_EQ(offset_of(source, "/a", describe::Part::value), text.find('1'));
  EXPECT_EQ(offset_of(source, "/b/1/c\"", describe::Part::value), text.find("\"x"));
  EXPECT_EQ(offset_of(source, "/b/1/c\"", describe::Part::key), text.find("\"c"));
  EXPECT_EQ(offset_of(source, "/b/0", describe::Part::key), text.find("true"));
}

/// The character in `scalar`'s text where the X of its value stands.
std::string place_of_x(const std::string& scalar) {
  const std::string text = "k: " + scalar + "\n";
  const auto source = read_yaml(text);
  EXPECT_TRUE(source.problems.empty()) << text;
  const std::string value(source.document.at("k").as_string());
  const auto offset = value.find('X');
  EXPECT_NE(offset, std::string::npos) << value;
  const auto found = offset_in_scalar(text, offset_of(source, "/k", describe::Part::value), value, offset);
  return found ? text.substr(*found, 1) : "nowhere";
}

TEST(OffsetInScalar, FollowsEveryStyle) {
  for (const std::string scalar :
       {"ab X", "'it''s X'", R"("\t\u00e4\x41\U0001F9A2\"\\ X")", "|\n  one\n    two X\n", ">-\n  one\n  two\n\n  X\n", "one\n  two\n\n  X",
        "\"one\n  two \\\n  X\"", "&a !!str \"X\"", "&a\n  X", R"("\n\t X")", "\"a\\\n  X\"", "ä日 X"}) {
    EXPECT_EQ(place_of_x(scalar), "X") << scalar;
  }
}

TEST(OffsetInScalar, GivesUpWhereTextAndValueDiffer) {
  EXPECT_EQ(offset_in_scalar("abc", 0, "abX", 3), std::nullopt);
  EXPECT_EQ(offset_in_scalar("ab", 0, "abc", 3), std::nullopt);
  EXPECT_EQ(offset_in_scalar("ab", 0, "a b", 3), std::nullopt);
  EXPECT_EQ(offset_in_scalar("\"\\", 0, "ab", 1), std::nullopt);
  EXPECT_EQ(offset_in_scalar("\"\\", 0, " b", 1), std::nullopt);
  EXPECT_EQ(offset_in_scalar("", 0, "a", 1), std::nullopt);
  EXPECT_EQ(offset_in_scalar("|", 0, "a", 1), std::nullopt);
  EXPECT_EQ(offset_in_scalar("&a", 0, "", 0), 2U);
  EXPECT_EQ(offset_in_scalar("a", 0, "a", 9), 1U);
}

TEST(OffsetInScalar, PassesSurrogatePairs) {
  const std::string text = R"("\ud83e\udda2 X")";
  EXPECT_EQ(offset_in_scalar(text, 0, "\xF0\x9F\xA6\xA2 X", 5), text.find('X'));
}

}  // namespace
}  // namespace skein::config
