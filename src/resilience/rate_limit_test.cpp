#include "resilience/rate_limit.hpp"

#include <gtest/gtest.h>

namespace skein::resilience {
namespace {

constexpr BootInstant start{seconds{1000}};
constexpr microseconds now_at_once{0};

TEST(RateLimit, WithoutLimitsNobodyWaits) {
  RateLimit limit;
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(limit.take({}, 1'000'000, start), now_at_once);
  limit.settle({}, 1'000'000, 7);
  limit.give_back({}, 1'000'000);
  EXPECT_EQ(limit.take({}, 1, start), now_at_once);
}

TEST(RateLimit, AMinutesRequestsGoAtOnceAndTheOthersInTurn) {
  RateLimit limit;
  const RateLimitPolicy policy{.requests_per_minute = 60};
  for (int i = 0; i < 60; ++i) EXPECT_EQ(limit.take(policy, 0, start), now_at_once) << i;
  EXPECT_EQ(limit.take(policy, 0, start), seconds{1});
  EXPECT_EQ(limit.take(policy, 0, start), seconds{2});
  EXPECT_EQ(limit.take(policy, 0, start + seconds{2}), seconds{1});
  EXPECT_EQ(limit.take(policy, 0, start + seconds{4}), now_at_once);
}

TEST(RateLimit, TheBucketsHoldNoMoreThanAMinute) {
  RateLimit limit;
  const RateLimitPolicy policy{.requests_per_minute = 2};
  EXPECT_EQ(limit.take(policy, 0, start), now_at_once);
  const auto much_later = start + std::chrono::hours{10};
  EXPECT_EQ(limit.take(policy, 0, much_later), now_at_once);
  EXPECT_EQ(limit.take(policy, 0, much_later), now_at_once);
  EXPECT_EQ(limit.take(policy, 0, much_later), seconds{30});
}

TEST(RateLimit, TokensCountBesideRequests) {
  RateLimit limit;
  const RateLimitPolicy policy{.requests_per_minute = 10, .tokens_per_minute = 600};
  EXPECT_EQ(limit.take(policy, 600, start), now_at_once);
  EXPECT_EQ(limit.take(policy, 100, start), seconds{10});
  EXPECT_EQ(limit.take(policy, 0, start), seconds{10});
}

TEST(RateLimit, ARequestThatIsTooBigTakesAWholeMinute) {
  RateLimit limit;
  const RateLimitPolicy policy{.tokens_per_minute = 100};
  EXPECT_EQ(limit.take(policy, 1'000'000, start), now_at_once);
  EXPECT_EQ(limit.take(policy, 1'000'000, start), seconds{60});
}

TEST(RateLimit, WhatACallReallyCostReplacesWhatWasTaken) {
  RateLimit limit;
  const RateLimitPolicy policy{.tokens_per_minute = 600};
  EXPECT_EQ(limit.take(policy, 600, start), now_at_once);
  limit.settle(policy, 600, 100);
  EXPECT_EQ(limit.take(policy, 500, start), now_at_once);
  limit.settle(policy, 500, 600);
  EXPECT_EQ(limit.take(policy, 0, start), seconds{10});
}

TEST(RateLimit, WhatWasNotSentIsGivenBack) {
  RateLimit limit;
  const RateLimitPolicy policy{.requests_per_minute = 1, .tokens_per_minute = 100};
  EXPECT_EQ(limit.take(policy, 100, start), now_at_once);
  limit.give_back(policy, 100);
  EXPECT_EQ(limit.take(policy, 100, start), now_at_once);
  EXPECT_EQ(limit.take(policy, 100, start), seconds{60});
}

TEST(RateLimit, NobodyIsSentBeforeTheServerListens) {
  RateLimit limit;
  limit.hold_until(start + seconds{5});
  limit.hold_until(start + seconds{3});
  EXPECT_EQ(limit.take({}, 1, start), seconds{5});
  EXPECT_EQ(limit.take({}, 1, start + seconds{4}), seconds{1});
  EXPECT_EQ(limit.take({}, 1, start + seconds{6}), now_at_once);
}

TEST(RateLimit, AClockThatSeemsToGoBackGivesNothing) {
  RateLimit limit;
  const RateLimitPolicy policy{.requests_per_minute = 1};
  EXPECT_EQ(limit.take(policy, 0, start), now_at_once);
  EXPECT_EQ(limit.take(policy, 0, start - seconds{30}), seconds{60});
  EXPECT_EQ(limit.take(policy, 0, start), seconds{120});
}

TEST(RateLimitPolicy, LimitsWhereAnyMemberDoes) {
  EXPECT_FALSE(RateLimitPolicy{}.limits());
  EXPECT_TRUE((RateLimitPolicy{.requests_per_minute = 1}).limits());
  EXPECT_TRUE((RateLimitPolicy{.tokens_per_minute = 1}).limits());
}

}  // namespace
}  // namespace skein::resilience
