#include "agent/spend.hpp"

#include <gtest/gtest.h>

namespace skein::agent {
namespace {

TEST(Spend, AddsUpAndIsTakenBack) {
  Spend spent{.tokens = 5, .nano_dollars = 7, .tool_calls = 1};
  spent += {.tokens = 1, .nano_dollars = 2, .tool_calls = 3};
  EXPECT_EQ(spent, (Spend{.tokens = 6, .nano_dollars = 9, .tool_calls = 4}));
  spent -= {.tokens = 6, .nano_dollars = 20, .tool_calls = 1};
  EXPECT_EQ(spent, (Spend{.tokens = 0, .nano_dollars = 0, .tool_calls = 3}));
  EXPECT_FALSE(spent.none());
  EXPECT_TRUE(Spend{}.none());
  EXPECT_FALSE((Spend{.nano_dollars = 1}).none());
}

TEST(Spend, LimitsLeaveWhatWasNotSpent) {
  const SpendLimits limits{.tokens = 10, .nano_dollars = {}, .tool_calls = 2};
  EXPECT_EQ(left_of(limits, {.tokens = 3, .nano_dollars = 9, .tool_calls = 5}),
            (SpendLimits{.tokens = 7, .nano_dollars = {}, .tool_calls = 0}));
  EXPECT_FALSE(limits.none());
  EXPECT_TRUE(SpendLimits{}.none());
  EXPECT_FALSE((SpendLimits{.nano_dollars = 1}).none());
  EXPECT_FALSE((SpendLimits{.tool_calls = 1}).none());
  EXPECT_EQ(all_of(limits), (Spend{.tokens = 10, .nano_dollars = 0, .tool_calls = 2}));
}

TEST(Spend, TheTighterOfTwoLimitsHolds) {
  EXPECT_EQ(tighter({.tokens = 10, .nano_dollars = {}, .tool_calls = 2}, {.tokens = 4, .nano_dollars = 8, .tool_calls = {}}),
            (SpendLimits{.tokens = 4, .nano_dollars = 8, .tool_calls = 2}));
}

TEST(Spend, IsNoneWhereNothingOfItIs) {
  EXPECT_FALSE((Spend{.tokens = 1}).none());
  EXPECT_FALSE((Spend{.tool_calls = 1}).none());
  EXPECT_FALSE((SpendLimits{.tokens = 0}).none()) << "nothing may be spent";
  EXPECT_EQ(tighter({.tokens = 3, .nano_dollars = {}, .tool_calls = {}}, {.tokens = 7, .nano_dollars = {}, .tool_calls = {}}),
            (SpendLimits{.tokens = 3, .nano_dollars = {}, .tool_calls = {}}));
}

TEST(Spend, IsCoveredWhereEverythingOfItIs) {
  const SpendLimits left{.tokens = 3, .nano_dollars = 5, .tool_calls = 1};
  EXPECT_TRUE(covers(left, {.tokens = 3, .nano_dollars = 5, .tool_calls = 1}));
  EXPECT_FALSE(covers(left, {.tokens = 4, .nano_dollars = 5, .tool_calls = 1}));
  EXPECT_FALSE(covers(left, {.tokens = 3, .nano_dollars = 6, .tool_calls = 1}));
  EXPECT_FALSE(covers(left, {.tokens = 3, .nano_dollars = 5, .tool_calls = 2}));
  EXPECT_TRUE(covers({}, {.tokens = 4, .nano_dollars = 6, .tool_calls = 2})) << "any amount";
}

TEST(Spend, DiffersWhereAnythingOfItDoes) {
  const Spend spend{.tokens = 1, .nano_dollars = 2, .tool_calls = 3};
  EXPECT_NE(spend, (Spend{.tokens = 0, .nano_dollars = 2, .tool_calls = 3}));
  EXPECT_NE(spend, (Spend{.tokens = 1, .nano_dollars = 0, .tool_calls = 3}));
  EXPECT_NE(spend, (Spend{.tokens = 1, .nano_dollars = 2, .tool_calls = 0}));
  const SpendLimits limits{.tokens = 1, .nano_dollars = 2, .tool_calls = 3};
  EXPECT_NE(limits, (SpendLimits{.tokens = {}, .nano_dollars = 2, .tool_calls = 3}));
  EXPECT_NE(limits, (SpendLimits{.tokens = 1, .nano_dollars = {}, .tool_calls = 3}));
  EXPECT_NE(limits, (SpendLimits{.tokens = 1, .nano_dollars = 2, .tool_calls = {}}));
}

}  // namespace
}  // namespace skein::agent
