#include "base/duration.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace skein {
namespace {

TEST(Duration, ReadsUnits) {
  EXPECT_EQ(parse_duration("250ms"), milliseconds{250});
  EXPECT_EQ(parse_duration("0.5s"), milliseconds{500});
  EXPECT_EQ(parse_duration("5m"), seconds{300});
  EXPECT_EQ(parse_duration("1h"), seconds{3600});
  EXPECT_EQ(parse_duration("2d"), seconds{172'800});
}

TEST(Duration, RefusesEverythingElse) {
  for (const auto* text : {"", "5", "s", "5 s", "5sec", "-1s", "1e3s", "infs", "nans", "20000000000s", " 5s"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Duration, RoundsToMicroseconds) {
  EXPECT_EQ(duration_from_seconds(1e-6), microseconds{1});
  EXPECT_EQ(duration_from_seconds(0), microseconds{0});
  EXPECT_EQ(duration_from_seconds(std::nan("")), std::nullopt);
  EXPECT_EQ(duration_from_seconds(max_duration_seconds + 1), std::nullopt);
}

}  // namespace
}  // namespace skein
