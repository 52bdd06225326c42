#include <cstdlib>

#include <gtest/gtest.h>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/sqlite_run_store.hpp"
#include "store/sqlite/testing/fault_vfs.hpp"
#include "store/sqlite/testing/script.hpp"
#include "store/sqlite/testing/temporary_directory.hpp"

namespace skein::store {
namespace {

using support::Fault;
using support::FaultVfs;
using support::Script;
using support::Unsynced;

/// How many of the boundaries a test visits; all of them where SKEIN_STORE_FAULTS is 0.
std::uint64_t most_boundaries(std::uint64_t usual) {
  const char* text = std::getenv("SKEIN_STORE_FAULTS");
  return text ? std::strtoull(text, nullptr, 10) : usual;
}

class StoreFaults : public ::testing::Test {
 protected:
  /// A small log, so that it is copied into the database many times on the way.
  static SqliteOptions options(const support::TemporaryDirectory& directory, const FaultVfs& disk) {
    SqliteOptions made;
    made.path = directory.file("skein.db");
    made.vfs = disk.name();
    made.checkpoint_pages = 12;
    made.spin = {};
    return made;
  }

  /// Runs the script with a store of its own until something fails.
  static Result<void> run_script(Script& script, const SqliteOptions& opening) {
    auto store = open_sqlite_run_store(opening);
    if (!store) return std::unexpected(store.error());
    while (!script.finished()) {
      if (auto done = script.step(**store); !done) return done;
    }
    return {};
  }

  static std::uint64_t count_operations() {
    support::TemporaryDirectory directory;
    FaultVfs disk;
    Script script;
    disk.plan(Fault::none, 0);
    EXPECT_TRUE(run_script(script, options(directory, disk)));
    return disk.operations();
  }

  template <class Visit>
  static void at_boundaries(std::uint64_t usual, const Visit& visit) {
    const auto operations = count_operations();
    ASSERT_GT(operations, 300U);
    const auto most = most_boundaries(usual);
    const auto stride = most == 0 || most >= operations ? 1 : (operations + most - 1) / most;
    for (std::uint64_t at = 1; at <= operations && !HasFailure(); at += stride) {
      SCOPED_TRACE("operation " + std::to_string(at) + " of " + std::to_string(operations));
      visit(at);
    }
  }

  static void expect_sound(const std::string& path, const FaultVfs& disk) {
    const auto db = Connection::open({path, disk.name(), std::chrono::milliseconds{1000}});
    ASSERT_TRUE(db);
    Query query(**db, "PRAGMA integrity_check");
    ASSERT_TRUE(query.next()) << (*db)->take().error().message;
    EXPECT_EQ(query.text(0), "ok");
  }

  static void reopen_and_check(Script& script, const SqliteOptions& opening, const FaultVfs& disk) {
    {
      const auto store = open_sqlite_run_store(opening);
      ASSERT_TRUE(store) << store.error().message;
      script.verify(**store);
      script.go_on(**store);
    }
    expect_sound(opening.path, disk);
  }
};

TEST_F(StoreFaults, PowerLossAtAnyWriteOrSyncLosesNothingAcknowledged) {
  at_boundaries(150, [](std::uint64_t at) {
    for (const auto fault : {Fault::power_loss, Fault::torn_power_loss}) {
      const support::TemporaryDirectory directory;
      FaultVfs disk;
      Script script;
      const auto opening = options(directory, disk);
      disk.plan(fault, at);
      const auto done = run_script(script, opening);
      ASSERT_TRUE(disk.happened());
      const auto left = fault == Fault::torn_power_loss ? Unsynced::random : at % 2 == 0 ? Unsynced::dropped : Unsynced::kept;
      disk.lose_power(left, at);
      disk.plan(Fault::none, 0);
      reopen_and_check(script, opening, disk);
    }
  });
}

TEST_F(StoreFaults, AFailedSyncStopsTheStoreAndIsNeverRepeated) {
  at_boundaries(60, [](std::uint64_t at) {
    const support::TemporaryDirectory directory;
    FaultVfs disk;
    Script script;
    const auto opening = options(directory, disk);
    disk.plan(Fault::failed_sync, at);
    bool opened = false;
    {
      auto store = open_sqlite_run_store(opening);
      if (store) {
        opened = true;
        Result<void> done;
        while (done && !script.finished()) done = script.step(**store);
        if (!done) {
          EXPECT_EQ(done.error().code, ErrorCode::store_failed) << done.error().message;
          EXPECT_NE(done.error().message.find(opening.path), std::string::npos) << done.error().message;
          EXPECT_EQ(script.step(**store).error().code, ErrorCode::store_failed);
          script.verify(**store);
        }
      }
    }
    if (!disk.happened()) return;  // only writes came after this boundary
    // What the kernel did with pages whose sync failed is unknown: drop them.
    // Where not even the creation came through, SQLite's rollback of it syncs: nothing was promised yet.
    if (opened) EXPECT_EQ(disk.syncs_after_fault(), 0U);
    disk.lose_power(Unsynced::dropped, at);
    disk.plan(Fault::none, 0);
    reopen_and_check(script, opening, disk);
  });
}

TEST_F(StoreFaults, AfterAnAmbiguousCommitTheOwnerReadsBackWhatHappened) {
  at_boundaries(60, [](std::uint64_t at) {
    const support::TemporaryDirectory directory;
    FaultVfs disk;
    Script script;
    const auto opening = options(directory, disk);
    disk.plan(Fault::ambiguous_sync, at);
    (void)run_script(script, opening);
    disk.plan(Fault::none, 0);
    // The same machine goes on: nothing is lost, and the commit that was reported as failed may be there.
    reopen_and_check(script, opening, disk);
  });
}

TEST_F(StoreFaults, AFullDiskRefusesWorkKeepsReadingAndGoesOnWithoutARestart) {
  at_boundaries(200, [](std::uint64_t at) {
    const support::TemporaryDirectory directory;
    FaultVfs disk;
    Script script;
    const auto opening = options(directory, disk);
    disk.plan(Fault::no_room, at);
    auto store = open_sqlite_run_store(opening);
    if (!store) {
      EXPECT_EQ(store.error().code, ErrorCode::store_full) << store.error().message;
      disk.make_room();
      store = open_sqlite_run_store(opening);
      ASSERT_TRUE(store) << store.error().message;
    }
    int refusals = 0;
    while (!script.finished()) {
      const auto done = script.step(**store);
      if (done) continue;
      EXPECT_EQ(done.error().code, ErrorCode::store_full) << done.error().message;
      EXPECT_TRUE(done.error().retryable);
      ASSERT_LT(++refusals, 2);
      EXPECT_FALSE(script.step(**store)) << "still no room";
      script.verify(**store);
      disk.make_room();
      script.recover(**store);
    }
    script.verify(**store);
    disk.make_room();
    store->reset();
    disk.lose_power(Unsynced::dropped, at);
    disk.plan(Fault::none, 0);
    reopen_and_check(script, opening, disk);
  });
}

}  // namespace
}  // namespace skein::store
