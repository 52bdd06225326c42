#include "base/encoding.hpp"

#include <gtest/gtest.h>

namespace skein {
namespace {

TEST(Base64, MatchesTheRfcVectors) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("user:pass"), "dXNlcjpwYXNz");
}

}  // namespace
}  // namespace skein
