#include "workflow/driver/spend_watch.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace skein::workflow {
namespace {

agent::Spend cost(std::uint64_t nano) { return {.tokens = nano, .nano_dollars = nano, .tool_calls = 0}; }
agent::Spend tokens(std::uint64_t count) { return {.tokens = count, .nano_dollars = 0, .tool_calls = 0}; }

std::string told(const std::optional<Emitted>& alert) { return alert ? alert->name + " " + to_json(alert->data) : "nothing"; }

TEST(SpendWatch, ACallThatCostsManyTimesTheUsualIsTold) {
  SpendWatch watch;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(watch.note("w/a", cost(1'000'000)));
  EXPECT_FALSE(watch.note("w/a", cost(10'000'000))) << "ten times is not more than ten times";
  EXPECT_EQ(told(watch.note("w/a", cost(12'500'000))),
            R"(spend_alert {"reason":"unusual_call","agent":"w/a","of":"cost","spent":0.0125,"usual":0.001,"times":12.5})");
}

TEST(SpendWatch, BeforeEnoughCallsNothingIsUnusual) {
  SpendWatch watch;
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(watch.note("w/a", tokens(100)));
  EXPECT_FALSE(watch.note("w/a", tokens(100'000)));
  EXPECT_TRUE(watch.note("w/a", tokens(100'000))) << "one outlier does not move the median";
  EXPECT_FALSE(watch.note("w/b", tokens(100'000))) << "each agent has its own";
}

TEST(SpendWatch, WhatCostsMoreForLongBecomesUsual) {
  SpendWatch watch;
  for (std::size_t i = 0; i < SpendWatch::latest; ++i) (void)watch.note("a", tokens(100));
  for (std::size_t i = 0; i < SpendWatch::latest / 2; ++i) EXPECT_TRUE(watch.note("a", tokens(2000)));
  EXPECT_FALSE(watch.note("a", tokens(2000)));
}

TEST(SpendWatch, CallsThatCostNothingDoNotCount) {
  SpendWatch watch;
  for (int i = 0; i < 50; ++i) (void)watch.note("a", {});
  EXPECT_FALSE(watch.note("a", tokens(1'000'000)));
}

TEST(PassedShare, IsToldOnceByTheAnswerThatPassedIt) {
  const agent::SpendLimits limits{.tokens = 1000, .nano_dollars = 2'000'000'000, .tool_calls = 3};
  EXPECT_EQ(told(passed_share("run_budget", "a", tokens(700), tokens(799), limits)), "nothing");
  EXPECT_EQ(told(passed_share("run_budget", "a", tokens(799), tokens(850), limits)),
            R"(spend_alert {"reason":"run_budget","agent":"a","of":"tokens","spent":850,"limit":1000,"share":0.85})");
  EXPECT_EQ(told(passed_share("run_budget", "a", tokens(850), tokens(900), limits)), "nothing");
  EXPECT_EQ(told(passed_share("day_budget", "w/a", cost(0), {.tokens = 5, .nano_dollars = 2'000'000'000}, limits)),
            R"(spend_alert {"reason":"day_budget","agent":"w/a","of":"cost","spent":2.0,"limit":2.0,"share":1.0})");
  EXPECT_EQ(told(passed_share("run_budget", "a", {}, cost(5'000'000'000), {})), "nothing") << "no limit";
}

TEST(SpendWatch, WhereCallsWereFreeNothingIsTimesAsMuch) {
  SpendWatch watch;
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(watch.note("a", tokens(100)));
  EXPECT_FALSE(watch.note("a", {.tokens = 0, .nano_dollars = 1'000'000, .tool_calls = 0})) << "the others had no price";
}

TEST(PassedShare, OfNothingThereIsNone) {
  const agent::SpendLimits nothing{.tokens = 0, .nano_dollars = {}, .tool_calls = {}};
  EXPECT_EQ(told(passed_share("run_budget", "a", {}, tokens(5), nothing)), "nothing");
}

}  // namespace
}  // namespace skein::workflow
