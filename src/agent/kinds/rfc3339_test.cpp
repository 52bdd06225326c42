#include "agent/kinds/rfc3339.hpp"

#include <string>

#include <gtest/gtest.h>

namespace skein::agent {
namespace {

TEST(Rfc3339, RoundTripsWithTheWriter) {
  const Instant at{microseconds{1'700'000'000'123'000}};
  EXPECT_EQ(parse_rfc3339(to_rfc3339(at)), at);
}

TEST(Rfc3339, OffsetsAndFractions) {
  const auto noon = parse_rfc3339("2026-01-31T12:00:00Z");
  ASSERT_TRUE(noon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T13:00:00+01:00"), noon);
  EXPECT_EQ(parse_rfc3339("2026-01-31t06:30:00-05:30"), noon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00.5z"), *noon + milliseconds{500});
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00.123456789Z"), *noon + microseconds{123'456});
}

TEST(Rfc3339, NonsenseIsNothing) {
  for (const char* text : {"", "2026-01-31", "2026-01-31T12:00:00", "2026-02-30T12:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31 12:00:00Z",
                           "2026-01-31T12:00:00+1:00", "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00Zx", "26-01-31T12:00:00Z",
                           "2026\r01\r31T12:00:00Z", "2026-13-01T12:00:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

}  // namespace
}  // namespace skein::agent
