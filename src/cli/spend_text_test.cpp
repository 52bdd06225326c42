#include "cli/spend_text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace skein::cli {
namespace {

TEST(SpendText, NumbersAreGrouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1,000");
  EXPECT_EQ(grouped(12'345'678), "12,345,678");
}

TEST(SpendText, MoneyIsRoundedUpToAHundredthOfACent) {
  EXPECT_EQ(short_money(0), "$0.00");
  EXPECT_EQ(short_money(2'100'000), "$0.0021");
  EXPECT_EQ(short_money(2'100'001), "$0.0022");
  EXPECT_EQ(short_money(1'200'000'000), "$1.20");
  EXPECT_EQ(short_money(40'000), "$0.00004");
  EXPECT_EQ(short_money(std::numeric_limits<std::uint64_t>::max()).front(), '$');
}

TEST(SpendText, SaysWhatThereWas) {
  EXPECT_EQ(spend_text({}), "");
  EXPECT_EQ(spend_text({.tokens = 1}), "1 token");
  EXPECT_EQ(spend_text({.tokens = 1234, .nano_dollars = 2'100'000, .tool_calls = 2}), "1,234 tokens, $0.0021, 2 tool calls");
  EXPECT_EQ(spend_text({.tool_calls = 1}), "1 tool call");
}

}  // namespace
}  // namespace skein::cli
