#include "resilience/circuit_breaker.hpp"

#include <gtest/gtest.h>

namespace skein::resilience {
namespace {

constexpr BreakerPolicy policy{.failure_threshold = 3, .recovery_timeout = seconds{60}};
constexpr Instant t0{seconds{1000}};
using Permit = Breaker::Permit;

Breaker opened() {
  Breaker breaker;
  for (int i = 0; i < 3; ++i) (void)breaker.record_failure(Permit::granted, policy, t0);
  return breaker;
}

TEST(Breaker, OpensAfterConsecutiveFailures) {
  Breaker breaker;
  EXPECT_FALSE(breaker.record_failure(Permit::granted, policy, t0));
  EXPECT_FALSE(breaker.record_failure(Permit::granted, policy, t0));
  EXPECT_FALSE(breaker.record_success(Permit::granted, t0));  // the count begins again
  EXPECT_EQ(breaker.failures(), 0U);
  EXPECT_FALSE(breaker.record_failure(Permit::granted, policy, t0));
  EXPECT_FALSE(breaker.record_failure(Permit::granted, policy, t0));
  EXPECT_EQ(breaker.acquire(policy, t0).permit, Permit::granted);
  const auto transition = breaker.record_failure(Permit::granted, policy, t0);
  ASSERT_TRUE(transition);
  EXPECT_EQ(*transition, (BreakerTransition{.to = BreakerPhase::open, .at = t0}));
  EXPECT_EQ(breaker.acquire(policy, t0).permit, Permit::refused);
}

TEST(Breaker, LetsOneProbeThroughAfterTheRecoveryTimeout) {
  auto breaker = opened();
  EXPECT_EQ(breaker.acquire(policy, t0 + seconds{59}).permit, Permit::refused);
  const auto answer = breaker.acquire(policy, t0 + seconds{60});
  EXPECT_EQ(answer.permit, Permit::probe);
  ASSERT_TRUE(answer.transition);
  EXPECT_EQ(answer.transition->to, BreakerPhase::half_open);
  EXPECT_EQ(breaker.acquire(policy, t0 + seconds{61}).permit, Permit::refused);
}

TEST(Breaker, ClosesOnASuccessfulProbeAndOpensOnAFailedOne) {
  auto breaker = opened();
  (void)breaker.acquire(policy, t0 + seconds{60});
  auto copy = breaker;
  const auto closed = breaker.record_success(Permit::probe, t0 + seconds{61});
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->to, BreakerPhase::closed);
  const auto open = copy.record_failure(Permit::probe, policy, t0 + seconds{61});
  ASSERT_TRUE(open);
  EXPECT_EQ(open->to, BreakerPhase::open);
  EXPECT_EQ(copy.acquire(policy, t0 + seconds{120}).permit, Permit::refused);
  EXPECT_EQ(copy.acquire(policy, t0 + seconds{121}).permit, Permit::probe);
}

TEST(Breaker, LateResultsOfOldAttemptsDoNotMoveAnOpenBreaker) {
  auto breaker = opened();
  EXPECT_FALSE(breaker.record_success(Permit::granted, t0));
  EXPECT_FALSE(breaker.record_failure(Permit::granted, policy, t0 + seconds{30}));
  EXPECT_EQ(breaker.phase(), BreakerPhase::open);
  EXPECT_EQ(breaker.since(), t0);
  (void)breaker.acquire(policy, t0 + seconds{60});
  EXPECT_FALSE(breaker.record_success(Permit::granted, t0 + seconds{61}));
  EXPECT_FALSE(breaker.record_failure(Permit::granted, policy, t0 + seconds{61}));
  breaker.record_nothing(Permit::granted);
  EXPECT_EQ(breaker.phase(), BreakerPhase::half_open);
  EXPECT_EQ(breaker.acquire(policy, t0 + seconds{62}).permit, Permit::refused);  // the probe is still out
}

TEST(Breaker, ALostProbeDoesNotBlockForEver) {
  auto breaker = opened();
  (void)breaker.acquire(policy, t0 + seconds{60});
  EXPECT_EQ(breaker.acquire(policy, t0 + seconds{120}).permit, Permit::probe);
  breaker.record_nothing(Permit::probe);
  EXPECT_EQ(breaker.acquire(policy, t0 + seconds{121}).permit, Permit::probe);
}

TEST(Breaker, ARestartKeepsThePhaseAndItsInstant) {
  Breaker restored;
  restored.apply({.to = BreakerPhase::open, .at = t0});
  EXPECT_EQ(restored.acquire(policy, t0 + seconds{1}).permit, Permit::refused);
  EXPECT_EQ(restored.acquire(policy, t0 + seconds{60}).permit, Permit::probe);
}

TEST(Breaker, PoliciesAndTransitionsDifferWhereAnyMemberDoes) {
  EXPECT_EQ(policy, (BreakerPolicy{.failure_threshold = 3, .recovery_timeout = seconds{60}}));
  EXPECT_NE(policy, (BreakerPolicy{.failure_threshold = 4, .recovery_timeout = seconds{60}}));
  EXPECT_NE(policy, (BreakerPolicy{.failure_threshold = 3, .recovery_timeout = seconds{61}}));
  constexpr BreakerTransition opens{.to = BreakerPhase::open, .at = t0};
  EXPECT_NE(opens, (BreakerTransition{.to = BreakerPhase::closed, .at = t0}));
  EXPECT_NE(opens, (BreakerTransition{.to = BreakerPhase::open, .at = t0 + seconds{1}}));
}

TEST(BreakerPhaseNames, RoundTrip) {
  for (const auto phase : {BreakerPhase::closed, BreakerPhase::open, BreakerPhase::half_open}) {
    EXPECT_EQ(breaker_phase_from(to_string(phase)), phase);
  }
  EXPECT_FALSE(breaker_phase_from("ajar"));
}

}  // namespace
}  // namespace skein::resilience
