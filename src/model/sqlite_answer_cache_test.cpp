#include "model/sqlite_answer_cache.hpp"

#include <filesystem>
#include <fstream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/test_files.hpp"

namespace skein::model {
namespace {

constexpr Instant now{seconds{1000}};

struct SqliteAnswerCacheTest : ::testing::Test {
  testing::Folder folder;
  asio::io_context io;
  async::BlockingPool pool{2};

  std::string path() const { return (folder.path() / "cache" / "answers.db").string(); }
  template <class T>
  T run(asio::awaitable<T> work) {
    auto future = asio::co_spawn(io, std::move(work), asio::use_future);
    io.restart();
    io.run();
    return future.get();
  }
  std::optional<std::string> get(SqliteAnswerCache& cache, std::string key, Instant at = now) { return run(cache.get(std::move(key), at)); }
  void put(SqliteAnswerCache& cache, std::string key, std::string value, Instant expires = now + seconds{60}) {
    run(cache.put(std::move(key), std::move(value), expires));
  }
};

TEST_F(SqliteAnswerCacheTest, KeepsAnswersForItsProcessAndTheNext) {
  {
    SqliteAnswerCache cache(path(), pool);
    EXPECT_EQ(get(cache, "a"), std::nullopt);
    put(cache, "a", "one");
    put(cache, "a", "two");
    EXPECT_EQ(get(cache, "a"), "two");
  }
  SqliteAnswerCache other(path(), pool);
  EXPECT_EQ(get(other, "a"), "two");
  EXPECT_EQ(get(other, "a", now + seconds{60}), std::nullopt) << "expired";
  struct stat status{};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(SqliteAnswerCacheTest, NothingIsMadeBeforeItIsNeeded) {
  const SqliteAnswerCache cache(path(), pool);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(SqliteAnswerCacheTest, WhatExpiresFirstGoesFirst) {
  SqliteAnswerCache cache(path(), pool, 200'000);
  for (int i = 0; i < 100; ++i) put(cache, std::to_string(i), std::string(10'000, 'x'), now + seconds{i + 1});
  EXPECT_EQ(get(cache, "0"), std::nullopt);
  EXPECT_TRUE(get(cache, "99"));
  put(cache, "huge", std::string(100'000, 'x'));
  EXPECT_EQ(get(cache, "huge"), std::nullopt) << "too large to keep";
}

TEST_F(SqliteAnswerCacheTest, AFileThatIsNoCacheIsNotUsed) {
  std::filesystem::create_directories(folder.path() / "cache");
  std::ofstream(path()) << "something else that is long enough to be looked at as if it were the head of a database file, which it is not";
  SqliteAnswerCache cache(path(), pool);
  put(cache, "a", "one");
  EXPECT_EQ(get(cache, "a"), std::nullopt);
}

}  // namespace
}  // namespace skein::model
