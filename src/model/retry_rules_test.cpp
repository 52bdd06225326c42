#include "model/retry_rules.hpp"

#include <gtest/gtest.h>

namespace skein::model {
namespace {

constexpr Instant now{seconds{1'700'000'000}};

microseconds pause(std::uint32_t retry, double unit = 0, const http::Headers& headers = {}) {
  return retry_wait({}, retry, headers, now, unit);
}

TEST(WorthRetrying, FollowsTheStatus) {
  for (const int status : {408, 409, 429, 500, 502, 503, 504, 529}) EXPECT_TRUE(worth_retrying(status, {})) << status;
  for (const int status : {200, 301, 400, 401, 403, 404, 413, 422}) EXPECT_FALSE(worth_retrying(status, {})) << status;
}

TEST(WorthRetrying, ObeysTheServer) {
  EXPECT_TRUE(worth_retrying(400, {{"X-Should-Retry", "true"}}));
  EXPECT_FALSE(worth_retrying(503, {{"x-should-retry", "false"}}));
  EXPECT_TRUE(worth_retrying(503, {{"x-should-retry", "perhaps"}}));
}

TEST(RetryWait, DoublesUpToEightSeconds) {
  EXPECT_EQ(pause(1), milliseconds{500});
  EXPECT_EQ(pause(2), seconds{1});
  EXPECT_EQ(pause(4), seconds{4});
  EXPECT_EQ(pause(5), seconds{8});
  EXPECT_EQ(pause(6), seconds{8});
  EXPECT_EQ(pause(4'000'000'000U), seconds{8});
  EXPECT_EQ(pause(0), milliseconds{500});
}

TEST(RetryWait, IsShortenedByAQuarterAtMost) {
  EXPECT_EQ(pause(2, 0.5), milliseconds{875});
  EXPECT_GT(pause(2, 0.999), milliseconds{750});
}

TEST(RetryWait, DoesWhatTheServerAsksForUpToAMinute) {
  EXPECT_EQ(pause(1, 0, {{"retry-after", "30"}}), seconds{30});
  EXPECT_EQ(pause(1, 0, {{"retry-after-ms", "1500"}, {"retry-after", "30"}}), milliseconds{1500});
  EXPECT_EQ(pause(1, 0, {{"retry-after", "60"}}), seconds{60});
  EXPECT_EQ(pause(1, 0, {{"retry-after", "61"}}), milliseconds{500});
  EXPECT_EQ(pause(1, 0, {{"retry-after", "0"}}), milliseconds{500});
  EXPECT_EQ(pause(1, 0, {{"retry-after", "soon"}}), milliseconds{500});
  EXPECT_EQ(pause(1, 0, {{"retry-after", "Tue, 14 Nov 2023 22:13:25 GMT"}}), seconds{5});
}

}  // namespace
}  // namespace skein::model
