#include "http/lines.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace skein::http {
namespace {

using Lines = std::vector<std::string>;

Lines read(const std::vector<std::string_view>& chunks) {
  LineParser parser;
  Lines lines;
  const auto take = [&](std::string_view line) {
    lines.emplace_back(line);
    return true;
  };
  for (const auto chunk : chunks) EXPECT_TRUE(parser.push(chunk, take));
  parser.finish(take);
  return lines;
}

TEST(LineParser, ReadsLinesHoweverTheyAreSplit) {
  const std::string_view text = "{\"a\":1}\n\r\n{\"b\":2}\r\n\n  \nlast";
  const Lines lines{"{\"a\":1}", "{\"b\":2}", "  ", "last"};
  EXPECT_EQ(read({text}), lines);
  for (std::size_t at = 0; at <= text.size(); ++at) EXPECT_EQ(read({text.substr(0, at), text.substr(at)}), lines) << at;
  EXPECT_EQ(read({"", "\n"}), Lines{});
}

TEST(LineParser, FalseEndsTheReading) {
  LineParser parser;
  Lines lines;
  const auto first = [&](std::string_view line) {
    lines.emplace_back(line);
    return false;
  };
  ASSERT_TRUE(parser.push("a\nb\nc", first));
  ASSERT_TRUE(parser.push("d\n", first));
  parser.finish(first);
  EXPECT_EQ(lines, Lines{"a"});
}

TEST(LineParser, LinesAreLimited) {
  const auto fine = [](std::string_view) { return true; };
  LineParser parser(4);
  EXPECT_TRUE(parser.push("1234\n1234\n12", fine));
  const auto longer = parser.push("345", fine);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, ErrorCode::too_large);
}

}  // namespace
}  // namespace skein::http
