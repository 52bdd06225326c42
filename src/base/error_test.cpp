#include "base/error.hpp"

#include <gtest/gtest.h>

namespace skein {
namespace {

TEST(ErrorCodeNames, RoundTripForEveryCode) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_EQ(error_code_from(to_string(code)), code) << to_string(code);
  }
}

TEST(ErrorCodeNames, UnknownNameIsEmpty) { EXPECT_FALSE(error_code_from("no_such_code")); }

TEST(ErrorCodeNames, OutOfRangeValueStillHasAName) { EXPECT_EQ(to_string(static_cast<ErrorCode>(200)), "internal"); }

}  // namespace
}  // namespace skein
