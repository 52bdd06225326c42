#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace skein {
namespace {

TEST(Rfc3339, IsUtcWithMilliseconds) {
  EXPECT_EQ(to_rfc3339(Instant{}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(Instant{seconds{1'769'860'800} + milliseconds{7}}), "2026-01-31T12:00:00.007Z");
}

TEST(HumanDuration, PicksAUnitThatReadsWell) {
  EXPECT_EQ(human_duration(microseconds{12}), "12µs");
  EXPECT_EQ(human_duration(milliseconds{850}), "850ms");
  EXPECT_EQ(human_duration(milliseconds{3250}), "3.2s");
  EXPECT_EQ(human_duration(seconds{65}), "1m 05s");
  EXPECT_EQ(human_duration(seconds{7380}), "2h 03m");
  EXPECT_EQ(human_duration(seconds{90'000}), "1d 01h");
}

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock;
  const auto wall = clock.now();
  const auto boot = clock.boot_now();
  clock.advance(seconds{3});
  EXPECT_EQ(clock.now() - wall, seconds{3});
  EXPECT_EQ(clock.boot_now() - boot, seconds{3});
  clock.jump_wall(seconds{-10});
  EXPECT_EQ(clock.now() - wall, seconds{-7});
  EXPECT_EQ(clock.boot_now() - boot, seconds{3});
}

TEST(BootClock, DoesNotGoBack) {
  const SystemClock clock;
  const auto first = clock.boot_now();
  EXPECT_GE(clock.boot_now(), first);
  EXPECT_GT(to_micros(clock.now()), 0);
  EXPECT_EQ(from_micros(to_micros(Instant{seconds{9}})), Instant{seconds{9}});
}

}  // namespace
}  // namespace skein
