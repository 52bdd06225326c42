#include "http/retry_after.hpp"

#include <gtest/gtest.h>

namespace skein::http {
namespace {

// 1994-11-06 08:49:37 UTC, the date of RFC 9110's examples.
constexpr Instant then{seconds{784'111'777}};

std::optional<milliseconds> wait(std::string value, Instant now = then) {
  return retry_after(Headers{{"Retry-After", std::move(value)}}, now);
}

TEST(RetryAfter, Seconds) {
  EXPECT_EQ(wait("120"), milliseconds{120'000});
  EXPECT_EQ(wait(" 0 "), milliseconds{0});
  EXPECT_EQ(wait("1.5"), milliseconds{1500});
}

TEST(RetryAfter, MillisecondsWin) {
  EXPECT_EQ(retry_after(Headers{{"Retry-After", "2"}, {"Retry-After-Ms", "350"}}, then), milliseconds{350});
  EXPECT_EQ(retry_after(Headers{{"Retry-After", "2"}, {"retry-after-ms", "soon"}}, then), milliseconds{2000});
}

TEST(RetryAfter, DatesInAllThreeForms) {
  for (const char* date : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(parse_http_date(date), then) << date;
    EXPECT_EQ(wait(date, then - seconds{30}), milliseconds{30'000}) << date;
  }
}

TEST(RetryAfter, APastDateIsNow) { EXPECT_EQ(wait("Sun, 06 Nov 1994 08:49:37 GMT", then + seconds{5}), milliseconds{0}); }

TEST(RetryAfter, IsAtMostADay) {
  EXPECT_EQ(wait("99999999999"), milliseconds{std::chrono::hours{24}});
  EXPECT_EQ(wait("Fri, 31 Dec 9999 23:59:59 GMT"), milliseconds{std::chrono::hours{24}});
}

TEST(RetryAfter, NonsenseIsNothing) {
  for (const char* value : {"", "-5", "soon", "1e9", "nan", "inf", "1.2.3", "Sun, 31 Feb 1994 08:49:37 GMT",
                            "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Foo 1994 08:49:37 GMT"}) {
    EXPECT_EQ(wait(value), std::nullopt) << value;
  }
  EXPECT_EQ(retry_after(Headers{}, then), std::nullopt);
}

}  // namespace
}  // namespace skein::http
