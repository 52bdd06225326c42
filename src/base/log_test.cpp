#include "base/log.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "support/logs.hpp"

namespace skein::log {
namespace {

TEST(Log, LinesHaveTimeLevelMessageAndFields) {
  configure(Level::info, Format::text);
  info("something happened", {{"run", Json("r1")}, {"count", Json(3)}});
  const auto lines = testing::logged();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].ends_with(R"( info    something happened run="r1" count=3)")) << lines[0];
  EXPECT_EQ(lines[0].find('T'), 10U);
}

TEST(Log, AsJsonALineIsAnObject) {
  configure(Level::debug, Format::json);
  debug("d");
  warning("w", {{"list", Json(JsonArray{1, 2})}});
  const auto lines = testing::logged();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].ends_with(R"("level":"debug","message":"d"})")) << lines[0];
  const auto line = parse_json(lines[1]);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->at("level"), "warning");
  EXPECT_EQ(line->at("list"), (JsonArray{1, 2}));
}

TEST(Log, WhatIsBelowTheLevelIsNotEvenMade) {
  configure(Level::error, Format::text);
  EXPECT_FALSE(enabled(Level::warning));
  warning("no");
  error("yes");
  EXPECT_EQ(testing::logged().size(), 1U);
  configure(Level::off, Format::text);
  error("no");
  EXPECT_EQ(testing::logged().size(), 1U);
}

TEST(Log, WhatLooksLikeASecretIsMasked) {
  error("refused", {{"header", Json("Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789")}});
  ASSERT_EQ(testing::logged().size(), 1U);
  EXPECT_EQ(testing::logged("abcdefghijklmnop"), 0U);
}

TEST(Log, GoesToStandardErrorWhereNobodyTakesIt) {
  redirect(nullptr);
  ::testing::internal::CaptureStderr();
  error("on the screen");
  const auto printed = ::testing::internal::GetCapturedStderr();
  EXPECT_TRUE(printed.ends_with("on the screen\n")) << printed;
  EXPECT_TRUE(testing::logged().empty());
}

}  // namespace
}  // namespace skein::log
