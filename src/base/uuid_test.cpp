#include "base/uuid.hpp"

#include <set>

#include <gtest/gtest.h>

namespace skein {
namespace {

TEST(Uuid, HasVersionSevenAndTheRfcVariant) {
  SeededRandom random{1};
  for (int i = 0; i < 100; ++i) {
    const auto text = Uuid::make(Instant{seconds{1'700'000'000}}, random).str();
    EXPECT_EQ(text[14], '7');
    EXPECT_NE(std::string_view("89ab").find(text[19]), std::string_view::npos) << text;
  }
}

TEST(Uuid, SortsByTime) {
  SeededRandom random{2};
  const auto early = Uuid::make(Instant{milliseconds{1000}}, random);
  const auto late = Uuid::make(Instant{milliseconds{1001}}, random);
  EXPECT_LT(early, late);
  EXPECT_LT(early.str(), late.str());
}

TEST(Uuid, ParseIsTheInverseOfStr) {
  SeededRandom random{3};
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto id = Uuid::make(Instant{seconds{5}}, random);
    EXPECT_EQ(Uuid::parse(id.str()), id);
    EXPECT_TRUE(seen.insert(id.str()).second);
  }
}

TEST(Uuid, ParseRefusesEverythingElse) {
  EXPECT_FALSE(Uuid::parse(""));
  EXPECT_FALSE(Uuid::parse("0190163d-8694-739b-aea5-966c26f8ad9"));
  EXPECT_FALSE(Uuid::parse("0190163d+8694-739b-aea5-966c26f8ad91"));
  EXPECT_FALSE(Uuid::parse("0190163d-8694-739b-aea5-966c26f8ad9g"));
  EXPECT_TRUE(Uuid::parse("0190163D-8694-739B-AEA5-966C26F8AD91"));
}

}  // namespace
}  // namespace skein
