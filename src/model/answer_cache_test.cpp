#include "model/answer_cache.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/run_in.hpp"

namespace skein::model {
namespace {

constexpr Instant noon{seconds{1'700'000'000}};

class MemoryAnswerCacheTest : public ::testing::Test {
 protected:
  std::optional<std::string> get(std::string key, Instant now = noon) { return async::run_in(io, cache.get(std::move(key), now)); }
  void put(std::string key, std::string value, Instant expires = noon + seconds{60}) {
    async::run_in(io, cache.put(std::move(key), std::move(value), expires));
  }
  asio::io_context io;
  MemoryAnswerCache cache{20};
};

TEST_F(MemoryAnswerCacheTest, KeepsUntilItExpires) {
  EXPECT_EQ(get("a"), std::nullopt);
  put("a", "1");
  EXPECT_EQ(get("a"), "1");
  EXPECT_EQ(get("a", noon + seconds{60}), std::nullopt);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST_F(MemoryAnswerCacheTest, ALaterAnswerReplacesAnEarlierOne) {
  put("a", "1");
  put("a", "22");
  EXPECT_EQ(get("a"), "22");
  EXPECT_EQ(cache.bytes(), 3U);
}

TEST_F(MemoryAnswerCacheTest, WhatWasNotAskedForLongestGoesFirst) {
  put("a", "123456");
  put("b", "123456");
  EXPECT_TRUE(get("a"));
  put("c", "123456");
  EXPECT_TRUE(get("a"));
  EXPECT_FALSE(get("b"));
  EXPECT_TRUE(get("c"));
}

TEST_F(MemoryAnswerCacheTest, WhatIsTooBigIsNotKept) {
  put("a", "1");
  put("a", std::string(20, 'x'));
  EXPECT_FALSE(get("a"));
  put("a", std::string(19, 'x'));
  EXPECT_TRUE(get("a"));
}

}  // namespace
}  // namespace skein::model
