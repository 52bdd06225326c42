#include "model/key_limit.hpp"

#include <gtest/gtest.h>

namespace skein::model {
namespace {

constexpr BootInstant now{seconds{100}};

TEST(KeyLimit, APlaceThatIsNotUsedIsGivenBack) {
  KeyLimit limit({.requests_per_minute = 1});
  {
    const auto unused = limit.take(10, now);
  }
  auto place = limit.take(10, now);
  EXPECT_EQ(place.wait(), microseconds{0});
  place.use();
  auto moved = std::move(place);
  moved.settle(5);
  EXPECT_EQ(limit.take(10, now).wait(), seconds{60});
}

TEST(KeyLimit, NothingIsNothing) {
  KeyLimit::Place none;
  none.settle(7);
  EXPECT_EQ(none.wait(), microseconds{0});
}

TEST(KeyLimit, HoldsAllBack) {
  KeyLimit limit({});
  limit.hold_until(now + seconds{3});
  EXPECT_EQ(limit.take(1, now).wait(), seconds{3});
}

}  // namespace
}  // namespace skein::model
