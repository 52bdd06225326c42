#include "resilience/retry.hpp"

#include <gtest/gtest.h>

namespace skein::resilience {
namespace {

Error transient() {
  return Error{.code = ErrorCode::timeout, .message = "Request timeout", .context = {}, .retryable = true, .retry_after = {}};
}

TEST(NextDelay, GrowsExponentiallyUpToTheCap) {
  const RetryPolicy policy{
      .max_attempts = 10, .initial_delay = seconds{1}, .max_delay = seconds{5}, .exponential_base = 2.0, .jitter = false};
  EXPECT_EQ(next_delay(policy, 2, transient(), 0), seconds{1});
  EXPECT_EQ(next_delay(policy, 3, transient(), 0), seconds{2});
  EXPECT_EQ(next_delay(policy, 4, transient(), 0), seconds{4});
  EXPECT_EQ(next_delay(policy, 5, transient(), 0), seconds{5});
  EXPECT_EQ(next_delay(policy, 10, transient(), 0), seconds{5});
}

TEST(NextDelay, EndsWithTheAttempts) {
  const RetryPolicy policy{.max_attempts = 2};
  EXPECT_TRUE(next_delay(policy, 2, transient(), 0.5));
  EXPECT_FALSE(next_delay(policy, 3, transient(), 0.5));
}

TEST(NextDelay, NeverRetriesAFinalError) {
  auto error = transient();
  error.retryable = false;
  EXPECT_FALSE(next_delay(RetryPolicy{}, 2, error, 0));
}

TEST(NextDelay, JitterStaysBetweenHalfAndWhole) {
  const RetryPolicy policy{.max_attempts = 5, .initial_delay = seconds{10}};
  EXPECT_EQ(next_delay(policy, 2, transient(), 0.0), seconds{5});
  EXPECT_EQ(next_delay(policy, 2, transient(), 0.5), milliseconds{7500});
}

TEST(NextDelay, HonoursRetryAfterAsALowerBoundWithACap) {
  const RetryPolicy policy{.max_attempts = 5, .initial_delay = seconds{1}, .max_delay = seconds{5}, .jitter = false};
  auto error = transient();
  error.retry_after = seconds{30};
  EXPECT_EQ(next_delay(policy, 2, error, 0), seconds{30});
  error.retry_after = seconds{3600};
  EXPECT_EQ(next_delay(policy, 2, error, 0), seconds{60});
  error.retry_after = milliseconds{1};
  EXPECT_EQ(next_delay(policy, 2, error, 0), seconds{1});
}

TEST(NextDelay, HugeExponentsDoNotOverflow) {
  const RetryPolicy policy{
      .max_attempts = 4'000'000'000U, .initial_delay = seconds{60}, .max_delay = seconds{60}, .exponential_base = 100.0, .jitter = false};
  EXPECT_EQ(next_delay(policy, 3'999'999'999U, transient(), 0), seconds{60});
}

TEST(RetryPolicy, DiffersWhereAnyMemberDoes) {
  const RetryPolicy usual;
  EXPECT_EQ(usual, RetryPolicy{});
  EXPECT_NE(usual, (RetryPolicy{.max_attempts = 4}));
  EXPECT_NE(usual, (RetryPolicy{.initial_delay = seconds{2}}));
  EXPECT_NE(usual, (RetryPolicy{.max_delay = seconds{61}}));
  EXPECT_NE(usual, (RetryPolicy{.exponential_base = 3.0}));
  EXPECT_NE(usual, (RetryPolicy{.jitter = false}));
}

}  // namespace
}  // namespace skein::resilience
