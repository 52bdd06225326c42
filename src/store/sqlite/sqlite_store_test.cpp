#include "store/sqlite/sqlite_run_store.hpp"

#include <csignal>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.hpp"
#include "store/conformance/support.hpp"
#include "store/sqlite/testing/temporary_directory.hpp"

namespace skein::store {
namespace {

using conformance::outcome;
using conformance::TextEntry;
using conformance::WaitingSink;

Instant at(std::int64_t second) { return Instant{seconds{1'700'000'000 + second}}; }

RunId run_number(std::uint64_t number) {
  SeededRandom random(number);
  return RunId::make(at(0), random);
}

Append creation(RunId run) {
  Append append;
  append.run = run;
  append.epoch = append.first_seq = append.count = 1;
  append.at = at(1);
  append.entry = std::make_shared<TextEntry>("created");
  append.summary.status = RunStatus::running;
  append.create = std::make_shared<NewRun>(NewRun{"demo", "hash", std::make_shared<const std::string>("{}"), at(0)});
  append.token = 1;
  return append;
}

Result<void> commit(RunStore& store, Append append) {
  WaitingSink sink;
  const auto token = append.token;
  const auto appending = store.append(std::move(append), sink);
  if (!appending) return std::unexpected(appending.error());
  return sink.wait(token);
}

class SqliteStore : public ::testing::Test {
 protected:
  [[nodiscard]] SqliteOptions options() const {
    SqliteOptions made;
    made.path = directory_.file("state/skein.db");
    made.durability = Durability::memory;
    return made;
  }
  [[nodiscard]] std::unique_ptr<RunStore> open() const { return open_sqlite_run_store(options()).value(); }

  /// A process that opens the store, lets `work` use it and then waits for its end.
  template <class Work>
  pid_t other_process(const Work& work) {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
      const auto store = open();
      work(*store);
      if (write(ready[1], "x", 1) != 1) _exit(1);
      for (;;) pause();
    }
    char byte = 0;
    EXPECT_EQ(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return child;
  }
  static void kill_and_wait(pid_t child) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }

  support::TemporaryDirectory directory_;
};

mode_t mode_of(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

TEST_F(SqliteStore, FilesAreForTheirOwnerOnly) {
  const auto store = open();
  ASSERT_EQ(outcome(commit(*store, creation(run_number(1)))), "ok");
  EXPECT_EQ(mode_of(directory_.file("state")), 0700U);
  EXPECT_EQ(mode_of(directory_.file("state/skein.db")), 0600U);
  EXPECT_EQ(mode_of(directory_.file("state/skein.db-wal")), 0600U);
  EXPECT_EQ(mode_of(directory_.file("state/skein.db.owners")), 0700U);
  EXPECT_EQ(mode_of(directory_.file("state/skein.db.owners/1.lock")), 0600U);
}

TEST_F(SqliteStore, AnOwnerLivesAsLongAsItsProcess) {
  const auto child = other_process([](RunStore& store) {
    for (std::uint64_t i = 1; i <= 3; ++i) (void)commit(store, creation(run_number(i)));
  });
  const auto store = open();
  EXPECT_TRUE(store->find_run(run_number(1))->owned);
  const auto refused = store->claim(run_number(1));
  ASSERT_EQ(outcome(refused), "conflict");
  EXPECT_NE(refused.error().message.find("process " + std::to_string(child)), std::string::npos) << refused.error().message;
  EXPECT_EQ(store->claim_runnable(at(0), 10)->size(), 0U);

  kill_and_wait(child);
  EXPECT_FALSE(store->find_run(run_number(1))->owned);
  EXPECT_EQ(store->claim(run_number(1))->epoch, 2U);
  EXPECT_EQ(store->claim_runnable(at(0), 10)->size(), 2U);
  EXPECT_NE(access(directory_.file("state/skein.db.owners/1.lock").c_str(), F_OK), 0) << "a dead owner's lock file is removed";
}

TEST_F(SqliteStore, RunsOfDeadOwnersComeFirstAndTheirSleepersAreRemembered) {
  const auto child = other_process([](RunStore& store) {
    for (std::uint64_t i = 1; i <= 2; ++i) {
      auto append = creation(run_number(i));
      append.keep = Keep::released;
      (void)commit(store, append);
    }
    (void)commit(store, creation(run_number(3)));
    auto sleeper = creation(run_number(4));
    sleeper.summary.next_due = at(100);
    (void)commit(store, sleeper);
  });
  kill_and_wait(child);
  const auto store = open();
  EXPECT_EQ(store->earliest_due().value(), at(100));
  const auto first = store->claim_runnable(at(0), 1);
  ASSERT_EQ(first->size(), 1U);
  EXPECT_EQ(first->front().run, run_number(3));
  EXPECT_EQ(store->claim_runnable(at(0), 10)->size(), 2U);
  EXPECT_EQ(store->earliest_due().value(), at(100));
  EXPECT_EQ(store->claim_runnable(at(100), 10)->size(), 1U);
}

TEST_F(SqliteStore, AnOwnerThatWasTakenForDeadIsFencedOff) {
  const auto first = open();
  ASSERT_EQ(outcome(commit(*first, creation(run_number(1)))), "ok");
  // Somebody removes its lock file: it lives, but nobody can know.
  ASSERT_EQ(unlink(directory_.file("state/skein.db.owners/1.lock").c_str()), 0);
  const auto second = open();
  ASSERT_EQ(second->claim(run_number(1))->epoch, 2U);
  auto late = creation(run_number(1));
  late.create = nullptr;
  late.first_seq = 2;
  const auto refused = commit(*first, late);
  ASSERT_EQ(outcome(refused), "conflict");
  EXPECT_NE(refused.error().message.find("process " + std::to_string(getpid())), std::string::npos) << refused.error().message;
  late.epoch = 2;
  EXPECT_EQ(outcome(commit(*first, late)), "conflict");
  EXPECT_EQ(outcome(commit(*second, late)), "ok");
  EXPECT_EQ(second->find_run(run_number(1))->last_seq, 2U);
}

TEST_F(SqliteStore, WhatAKilledProcessCommittedIsThere) {
  const auto child = other_process([](RunStore& store) { (void)commit(store, creation(run_number(1))); });
  kill_and_wait(child);
  const auto store = open();
  EXPECT_EQ(store->find_run(run_number(1))->last_seq, 1U);
}

TEST_F(SqliteStore, AStoreIsOneFileWhenEverybodyHasClosedIt) {
  {
    const auto store = open();
    ASSERT_EQ(outcome(commit(*store, creation(run_number(1)))), "ok");
    EXPECT_EQ(store->find_run(run_number(1))->last_seq, 1U);
    (void)store->change_counter();
  }
  EXPECT_NE(access(directory_.file("state/skein.db-wal").c_str(), F_OK), 0);
  EXPECT_NE(access(directory_.file("state/skein.db.owners/1.lock").c_str(), F_OK), 0);
  EXPECT_FALSE(open()->find_run(run_number(1))->owned);
}

TEST_F(SqliteStore, PruningShrinksTheFile) {
  const auto store = open();
  WaitingSink sink;
  for (std::uint64_t i = 1; i <= 2'000; ++i) {
    auto append = creation(run_number(i));
    append.entry = std::make_shared<TextEntry>(std::string(2'000, 'x'));
    append.summary.status = RunStatus::completed;
    append.keep = Keep::released;
    append.token = i;
    ASSERT_EQ(outcome(store->append(append, sink)), "ok");
  }
  ASSERT_EQ(outcome(sink.wait(2'000)), "ok");
  const auto size = [&] {
    struct stat status{};
    return stat(options().path.c_str(), &status) == 0 ? status.st_size : 0;
  };
  EXPECT_EQ(store->prune({at(1'000), {}, false})->runs, 2'000U);
  EXPECT_LT(size(), 500'000);
}

TEST_F(SqliteStore, AnotherFileIsNotTakenForAStore) {
  const auto path = directory_.file("notes.txt");
  std::ofstream(path) << "These are my notes; do not overwrite them, please.\n";
  auto opening = options();
  opening.path = path;
  const auto store = open_sqlite_run_store(opening);
  ASSERT_EQ(outcome(store), "store_failed");
  EXPECT_NE(store.error().message.find(path), std::string::npos) << store.error().message;
  EXPECT_EQ(access((path + ".owners").c_str(), F_OK), -1) << "nothing is left beside it";
}

TEST_F(SqliteStore, APlaceThatCannotBeWrittenIsNamed) {
  auto opening = options();
  opening.path = "/sys/skein/skein.db";  // read-only for root, too
  const auto store = open_sqlite_run_store(opening);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("/sys/skein"), std::string::npos) << store.error().message;
  opening.path = directory_.file("");
  EXPECT_EQ(outcome(open_sqlite_run_store(opening)), "invalid_argument");
  opening.path = "";
  EXPECT_EQ(outcome(open_sqlite_run_store(opening)), "invalid_argument");
}

TEST_F(SqliteStore, GarbledFilesGiveErrorsAndNeverCrash) {
  {
    const auto store = open();
    for (std::uint64_t i = 1; i <= 40; ++i) ASSERT_EQ(outcome(commit(*store, creation(run_number(i)))), "ok");
  }
  std::ifstream file(options().path, std::ios::binary);
  const std::string good{std::istreambuf_iterator<char>(file), {}};
  SeededRandom random(5);
  int refused = 0;
  for (int round = 0; round < 150; ++round) {
    auto bad = good;
    if (round % 3 == 0) {
      bad.resize(random.next() % bad.size());
    } else {
      const auto from = round % 3 == 1 ? 0 : random.next() % bad.size();
      for (int i = 0; i < 200; ++i) bad[(from + random.next() % 4'096) % bad.size()] = static_cast<char>(random.next());
    }
    auto opening = options();
    opening.path = directory_.file("garbled" + std::to_string(round));
    std::ofstream(opening.path, std::ios::binary) << bad;
    const auto store = open_sqlite_run_store(opening);
    if (!store) {
      ++refused;
      EXPECT_NE(store.error().message.find(opening.path), std::string::npos) << store.error().message;
      continue;
    }
    const auto note = [&](bool ok) { refused += ok ? 0 : 1; };
    note((*store)->list_runs({}).has_value());
    note((*store)->read_journal(run_number(3), 1, [](const StoredEntry&) { return true; }).has_value());
    note((*store)->definition("hash").has_value());
    note(commit(**store, creation(run_number(99))).has_value());
    note((*store)->claim_runnable(at(0), 5).has_value());
    note((*store)->prune({at(1'000), {}, false}).has_value());
    note((*store)->info().has_value());
  }
  EXPECT_GT(refused, 50);
}

}  // namespace
}  // namespace skein::store
