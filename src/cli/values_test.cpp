#include "cli/values.hpp"

#include <gtest/gtest.h>

namespace skein::cli {
namespace {

TEST(Values, Durations) {
  EXPECT_EQ(*parse_duration("90s"), seconds(90));
  EXPECT_EQ(*parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(*parse_duration("1.5h"), seconds(5400));
  EXPECT_EQ(*parse_duration("30d"), seconds(30 * 86400));
  EXPECT_EQ(*parse_duration("2w"), seconds(14 * 86400));
  for (const char* wrong : {"", "30", "d", "-1d", "1 d", "1x", "1e3s", "inf", "99999999999999999999w"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(Values, SinceIsADateOrADurationBack) {
  const Instant now{seconds{1'800'000'000}};
  EXPECT_EQ(*parse_since("1h", now), now - seconds(3600));
  EXPECT_EQ(to_rfc3339(*parse_since("2026-01-31", now)), "2026-01-31T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(*parse_since("2026-01-31T12:30:00Z", now)), "2026-01-31T12:30:00.000Z");
  EXPECT_FALSE(parse_since("yesterday", now));
  EXPECT_FALSE(parse_since("2026-31-01", now));
}

TEST(Values, ForPeople) {
  const Instant now{seconds{1'800'000'000}};
  EXPECT_EQ(ago(now - seconds(5), now), "5s ago");
  EXPECT_EQ(ago(now + seconds(5), now), "0s ago");
  EXPECT_EQ(ago(now - seconds(7200), now), "2h ago");
  EXPECT_EQ(ago(now - seconds(86400 * 9), now), "9d ago");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1'500'000), "1.5 MB");
}

}  // namespace
}  // namespace skein::cli
