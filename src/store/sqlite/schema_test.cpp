#include "store/sqlite/schema.hpp"

#include <array>
#include <fstream>

#include <gtest/gtest.h>

#include "store/conformance/support.hpp"
#include "store/sqlite/sqlite_run_store.hpp"
#include "store/sqlite/testing/temporary_directory.hpp"

namespace skein::store {
namespace {

using conformance::outcome;

class Schema : public ::testing::Test {
 protected:
  Schema() { std::ofstream(path_).flush(); }
  [[nodiscard]] std::unique_ptr<Connection> connect() const {
    return Connection::open({path_, "", std::chrono::milliseconds{1000}}).value();
  }
  static std::int64_t value(Connection& db, const char* sql) {
    Query query(db, sql);
    return query.next() ? query.integer(0) : -1;
  }

  support::TemporaryDirectory directory_;
  std::string path_ = directory_.file("skein.db");
};

TEST_F(Schema, StepsAreNumberedFromOneWithoutGaps) {
  std::int64_t expected = 0;
  for (const auto& step : migrations()) EXPECT_EQ(step.to, ++expected);
  EXPECT_GT(expected, 0);
}

TEST_F(Schema, AnOlderSchemaIsBroughtUpToDateWithItsRows) {
  constexpr std::array steps{Migration{1, "CREATE TABLE t(a INTEGER)"}, Migration{2, "ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 7"}};
  const auto db = connect();
  ASSERT_EQ(outcome(migrate(*db, path_, std::span(steps).first(1))), "ok");
  db->exec("INSERT INTO t VALUES(1)");
  ASSERT_EQ(outcome(migrate(*db, path_, steps)), "ok");
  EXPECT_EQ(value(*db, "SELECT b FROM t"), 7);
  EXPECT_EQ(value(*db, "PRAGMA user_version"), 2);
  EXPECT_EQ(outcome(migrate(*db, path_, steps)), "ok") << "a second time does nothing";
}

TEST_F(Schema, AFailingStepLeavesTheOlderSchema) {
  constexpr std::array steps{Migration{1, "CREATE TABLE t(a INTEGER)"}, Migration{2, "CREATE TABLE u(a INTEGER); nonsense"}};
  const auto db = connect();
  ASSERT_EQ(outcome(migrate(*db, path_, std::span(steps).first(1))), "ok");
  EXPECT_EQ(outcome(migrate(*db, path_, steps)), "store_failed");
  EXPECT_EQ(value(*db, "PRAGMA user_version"), 1);
  EXPECT_EQ(value(*db, "SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(Schema, ANewerSchemaIsRefusedAndLeftAlone) {
  {
    const auto db = connect();
    ASSERT_EQ(outcome(migrate(*db, path_)), "ok");
    db->exec("PRAGMA user_version=99");
  }
  SqliteOptions options;
  options.path = path_;
  const auto store = open_sqlite_run_store(options);
  ASSERT_EQ(outcome(store), "unsupported");
  EXPECT_NE(store.error().message.find("newer Skein (schema 99"), std::string::npos) << store.error().message;
  EXPECT_EQ(value(*connect(), "PRAGMA user_version"), 99);
}

TEST_F(Schema, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
  {
    const auto db = connect();
    db->exec("CREATE TABLE theirs(a INTEGER)");
    ASSERT_FALSE(db->failed());
  }
  SqliteOptions options;
  options.path = path_;
  const auto store = open_sqlite_run_store(options);
  ASSERT_EQ(outcome(store), "invalid_argument");
  EXPECT_NE(store.error().message.find("not a Skein store"), std::string::npos) << store.error().message;
  EXPECT_EQ(value(*connect(), "SELECT count(*) FROM sqlite_schema"), 1);
}

}  // namespace
}  // namespace skein::store
