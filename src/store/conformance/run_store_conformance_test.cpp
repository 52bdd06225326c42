#include "store/conformance/run_store_conformance.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace skein::store::conformance {
namespace {

class Text final : public JournalEntry {
 public:
  explicit Text(std::string text, std::string payload = {}) : text_(std::move(text)), payload_(std::move(payload)) {}
  void encode(std::string& out, BlobWriter& blobs) const override {
    out += text_;
    if (!payload_.empty()) out += blobs.put(payload_);
  }

 private:
  std::string text_;
  std::string payload_;
};

/// Waits for the outcome of appends.
class Outcomes final : public CommitSink {
 public:
  void on_committed(std::vector<Committed> commits) override {
    const std::lock_guard lock(mutex_);
    for (auto& commit : commits) results_.insert_or_assign(commit.token, std::move(commit.result));
    changed_.notify_all();
  }
  Result<void> of(std::uint64_t token) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return results_.contains(token); });
    auto result = results_.at(token);
    results_.erase(token);
    return result;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, Result<void>> results_;
};

class RunStoreConformance : public ::testing::TestWithParam<Subject> {
 protected:
  RunStoreConformance() : place(GetParam().make()), store(place->open()) {}

  RunId new_id() { return Uuid::make(now + milliseconds{++ids}, random); }

  Result<void> commit(RunStore& to, Append append) {
    append.token = ++tokens;
    append.at = now;
    const auto token = append.token;
    const auto appending = to.append(std::move(append), outcomes);
    if (!appending) return std::unexpected(appending.error());
    return *appending == Appending::done ? Result<void>{} : outcomes.of(token);
  }
  static Append entry(RunId run, std::uint64_t first_seq, std::uint32_t count, std::string text, std::uint64_t epoch = 1) {
    Append append;
    append.run = run;
    append.epoch = epoch;
    append.first_seq = first_seq;
    append.count = count;
    append.entry = std::make_shared<const Text>(std::move(text));
    append.summary.status = RunStatus::running;
    return append;
  }
  RunId create(RunStore& in, const std::string& workflow = "w", Keep keep = Keep::owned, RunStatus status = RunStatus::running,
               std::optional<Instant> next_due = {}) {
    const auto run = new_id();
    auto append = entry(run, 1, 1, "created");
    append.create = std::make_shared<const NewRun>(NewRun{.workflow = workflow, .definition_hash = "hash-" + workflow, .definition = "{\"name\":\"" + workflow + "\"}", .created = now});
    append.summary.status = status;
    append.summary.next_due = next_due;
    append.summary.tasks_total = 4;
    append.keep = keep;
    const auto committed = commit(in, std::move(append));
    EXPECT_TRUE(committed) << committed.error().message;
    return run;
  }
  static std::vector<std::string> journal(const RunStore& of, RunId run, std::uint64_t from = 1) {
    std::vector<std::string> texts;
    EXPECT_TRUE(of.read_journal(run, from, [&](const StoredEntry& e) {
      texts.push_back(e.text);
      return true;
    }));
    return texts;
  }

  Instant now{seconds{1'700'000'000}};
  SeededRandom random{11};
  int ids = 0;
  std::uint64_t tokens = 0;
  Outcomes outcomes;
  std::unique_ptr<Place> place;
  std::unique_ptr<RunStore> store;
};

using Texts = std::vector<std::string>;

TEST_P(RunStoreConformance, WhatWasCommittedIsReadBackInOrderByEveryOwner) {
  const auto run = create(*store);
  ASSERT_TRUE(commit(*store, entry(run, 2, 3, "second")));
  ASSERT_TRUE(commit(*store, entry(run, 5, 1, "third")));
  const auto other = place->open();
  EXPECT_EQ(journal(*other, run), (Texts{"created", "second", "third"}));
  EXPECT_EQ(journal(*store, run, 4), (Texts{"second", "third"}));
  EXPECT_EQ(journal(*store, run, 5), (Texts{"third"}));
  EXPECT_EQ(journal(*store, run, 6), Texts{});
  EXPECT_EQ(other->definition("hash-w").value(), "{\"name\":\"w\"}");
  const auto row = other->find_run(run).value();
  EXPECT_EQ(row.workflow, "w");
  EXPECT_EQ(row.definition_hash, "hash-w");
  EXPECT_EQ(row.created, now);
  EXPECT_EQ(row.last_seq, 5U);
  EXPECT_TRUE(row.owned);
}

TEST_P(RunStoreConformance, AReaderMayStopEarly) {
  const auto run = create(*store);
  ASSERT_TRUE(commit(*store, entry(run, 2, 1, "second")));
  int seen = 0;
  ASSERT_TRUE(store->read_journal(run, 1, [&](const StoredEntry&) { return ++seen < 1; }));
  EXPECT_EQ(seen, 1);
}

TEST_P(RunStoreConformance, SurvivesClosingAndOpening) {
  const auto run = create(*store);
  store.reset();
  store = place->open();
  EXPECT_EQ(journal(*store, run), (Texts{"created"}));
  EXPECT_FALSE(store->find_run(run)->owned);
}

TEST_P(RunStoreConformance, UnknownThingsAreNotFound) {
  const auto nobody = new_id();
  EXPECT_EQ(store->find_run(nobody).error().code, ErrorCode::not_found);
  EXPECT_EQ(store->claim(nobody).error().code, ErrorCode::not_found);
  EXPECT_EQ(store->read_journal(nobody, 1, [](const StoredEntry&) { return true; }).error().code, ErrorCode::not_found);
  EXPECT_EQ(store->definition("none").error().code, ErrorCode::not_found);
  EXPECT_EQ(store->get_blob("none").error().code, ErrorCode::not_found);
  EXPECT_EQ(store->post({.id = 0, .run = nobody, .kind = "cancel", .payload = "{}", .at = now}).error().code, ErrorCode::not_found);
  EXPECT_EQ(commit(*store, entry(nobody, 1, 1, "x")).error().code, ErrorCode::not_found);
}

TEST_P(RunStoreConformance, AStaleOwnerWritesNothing) {
  const auto run = create(*store);
  EXPECT_EQ(commit(*store, entry(run, 3, 1, "a gap")).error().code, ErrorCode::conflict);
  EXPECT_EQ(commit(*store, entry(run, 1, 1, "again")).error().code, ErrorCode::conflict);
  EXPECT_EQ(commit(*store, entry(run, 2, 1, "another epoch", 2)).error().code, ErrorCode::conflict);
  const auto other = place->open();
  EXPECT_EQ(commit(*other, entry(run, 2, 1, "not mine")).error().code, ErrorCode::conflict);
  EXPECT_EQ(other->claim(run).error().code, ErrorCode::conflict);
  ASSERT_TRUE(store->release(run, 1));
  const auto claimed = other->claim(run).value();
  EXPECT_GT(claimed.epoch, 1U);
  EXPECT_EQ(commit(*store, entry(run, 2, 1, "too late")).error().code, ErrorCode::conflict);
  ASSERT_TRUE(commit(*other, entry(run, 2, 1, "mine now", claimed.epoch)));
  EXPECT_EQ(journal(*store, run), (Texts{"created", "mine now"}));
}

TEST_P(RunStoreConformance, ARunIsCreatedOnce) {
  const auto run = create(*store);
  auto again = entry(run, 1, 1, "again");
  again.create = std::make_shared<const NewRun>(NewRun{.workflow = "w", .definition_hash = "h", .definition = "{}", .created = now});
  EXPECT_FALSE(commit(*store, std::move(again)));
  EXPECT_EQ(journal(*store, run), (Texts{"created"}));
}

TEST_P(RunStoreConformance, TheIndexSaysWhatTheLastAppendSaid) {
  const auto run = create(*store);
  auto append = entry(run, 2, 2, "end");
  append.summary = {.status = RunStatus::failed, .next_due = {}, .tasks_total = 4, .tasks_completed = 2, .tasks_failed = 1, .error = "Task 'x' failed"};
  ASSERT_TRUE(commit(*store, std::move(append)));
  const auto row = store->find_run(run).value();
  EXPECT_EQ(row.summary, (RunSummary{.status = RunStatus::failed, .next_due = {}, .tasks_total = 4, .tasks_completed = 2, .tasks_failed = 1, .error = "Task 'x' failed"}));
}

TEST_P(RunStoreConformance, RunsAreListedNewestFirstAndFiltered) {
  const auto a = create(*store, "first");
  const auto b = create(*store, "second");
  const auto c = create(*store, "second", Keep::released, RunStatus::completed);
  const auto ids = [&](const RunFilter& filter) {
    std::vector<RunId> out;
    for (const auto& row : store->list_runs(filter).value()) out.push_back(row.id);
    return out;
  };
  EXPECT_EQ(ids({}), (std::vector{c, b, a}));
  EXPECT_EQ(ids({.status = RunStatus::completed}), (std::vector{c}));
  EXPECT_EQ(ids({.workflow = "second"}), (std::vector{c, b}));
  EXPECT_EQ(ids({.limit = 1}), (std::vector{c}));
  EXPECT_EQ(ids({.before = c}), (std::vector{b, a}));
  EXPECT_EQ(ids({.created_after = now}), std::vector<RunId>{});
}

TEST_P(RunStoreConformance, IdsAreFoundByTheirBeginning) {
  const auto run = create(*store);
  EXPECT_EQ(store->find_by_prefix(run.str(), 5).value(), std::vector{run});
  EXPECT_EQ(store->find_by_prefix(run.str().substr(0, 13), 5).value(), std::vector{run});
  EXPECT_TRUE(store->find_by_prefix("ffff", 5)->empty());
  EXPECT_TRUE(store->find_by_prefix("zzzz", 5)->empty());
  EXPECT_EQ(store->find_by_prefix("0", 5).error().code, ErrorCode::invalid_argument);
}

TEST_P(RunStoreConformance, OnlyRunsThatCouldGoOnAreClaimed) {
  const auto owned = create(*store);
  const auto ready = create(*store, "w", Keep::released);
  const auto later = create(*store, "w", Keep::released, RunStatus::waiting, now + seconds{60});
  const auto over = create(*store, "w", Keep::released, RunStatus::completed);
  const auto other = place->open();
  const auto claim = [&](Instant at) {
    std::vector<RunId> out;
    for (const auto& claimed : other->claim_runnable(at, 10).value()) out.push_back(claimed.run);
    return out;
  };
  EXPECT_EQ(claim(now), std::vector{ready});
  EXPECT_EQ(claim(now), std::vector<RunId>{});
  EXPECT_EQ(other->earliest_due().value(), now + seconds{60});
  EXPECT_EQ(claim(now + seconds{60}), std::vector{later});
  EXPECT_EQ(other->earliest_due().value(), std::nullopt);
  EXPECT_FALSE(store->find_run(over)->owned);
  EXPECT_TRUE(store->find_run(owned)->owned);
}

TEST_P(RunStoreConformance, TheRunsOfAnOwnerThatWentAreTaken) {
  const auto run = create(*store);
  const auto other = place->open();
  EXPECT_TRUE(other->claim_runnable(now, 10)->empty());
  store.reset();
  const auto claimed = other->claim_runnable(now, 10).value();
  ASSERT_EQ(claimed.size(), 1U);
  EXPECT_EQ(claimed[0].run, run);
  ASSERT_TRUE(commit(*other, entry(run, 2, 1, "goes on", claimed[0].epoch)));
}

TEST_P(RunStoreConformance, MailIsKeptUntilItsAnswerIsCommitted) {
  const auto run = create(*store);
  const auto other = place->open();
  const auto counter = store->change_counter();
  const auto id = other->post({.id = 0, .run = run, .kind = "cancel", .payload = R"({"reason":"x"})", .at = now}).value();
  EXPECT_NE(store->change_counter(), counter);
  EXPECT_EQ(store->runs_with_mail().value(), std::vector{run});
  EXPECT_TRUE(other->runs_with_mail()->empty());
  const auto mail = store->inbox(run).value();
  ASSERT_EQ(mail.size(), 1U);
  EXPECT_EQ(mail[0].id, id);
  EXPECT_EQ(mail[0].kind, "cancel");
  EXPECT_EQ(mail[0].payload, R"({"reason":"x"})");
  auto append = entry(run, 2, 1, "cancelled");
  append.consumed = {id};
  append.summary.status = RunStatus::cancelled;
  ASSERT_TRUE(commit(*store, std::move(append)));
  EXPECT_TRUE(store->inbox(run)->empty());
  EXPECT_EQ(other->post({.id = 0, .run = run, .kind = "cancel", .payload = "{}", .at = now}).error().code, ErrorCode::conflict);
}

TEST_P(RunStoreConformance, ARunThatSleepsIsClaimedForItsMail) {
  const auto run = create(*store, "w", Keep::released, RunStatus::waiting, now + seconds{1000});
  EXPECT_TRUE(store->claim_runnable(now, 10)->empty());
  ASSERT_TRUE(store->post({.id = 0, .run = run, .kind = "cancel", .payload = "{}", .at = now}));
  EXPECT_EQ(store->claim_runnable(now, 10)->size(), 1U);
}

TEST_P(RunStoreConformance, BlobsAreKeptByContentAndGoWithTheirLastRun) {
  const auto a = create(*store);
  const auto b = create(*store);
  const std::string payload(100'000, 'p');
  for (const auto run : {a, b}) {
    auto append = entry(run, 2, 1, "");
    append.entry = std::make_shared<const Text>("blob:", payload);
    append.summary.status = RunStatus::completed;
    ASSERT_TRUE(commit(*store, std::move(append)));
  }
  const auto text = journal(*store, a).back();
  EXPECT_EQ(text, journal(*store, b).back());
  EXPECT_EQ(store->get_blob(text.substr(5)).value(), payload);
}

TEST_P(RunStoreConformance, SharedStreamsReachEveryOwner) {
  const auto first = store->append_shared("breaker/a", "1", now).value();
  const auto other = place->open();
  const auto second = other->append_shared("breaker/b", "2", now + seconds{1}).value();
  ASSERT_TRUE(other->append_shared("budget/a", "3", now));
  EXPECT_GT(second, first);
  const auto all = store->read_shared("breaker/", 0).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].payload, "1");
  EXPECT_EQ(all[1].stream, "breaker/b");
  EXPECT_EQ(all[1].at, now + seconds{1});
  EXPECT_EQ(store->read_shared("breaker/", first)->size(), 1U);
}

TEST_P(RunStoreConformance, PruningTakesOnlyWhatIsOverAndOld) {
  const auto open = create(*store);
  const auto old = create(*store, "w", Keep::released, RunStatus::completed);
  const auto failed = create(*store, "w", Keep::released, RunStatus::failed);
  EXPECT_EQ(store->prune({.finished_before = now, .status = {}, .dry_run = false})->runs, 0U);
  EXPECT_EQ(store->prune({.finished_before = now + seconds{1}, .status = RunStatus::completed, .dry_run = true})->runs, 1U);
  EXPECT_TRUE(store->find_run(old));
  const auto report = store->prune({.finished_before = now + seconds{1}, .status = RunStatus::completed, .dry_run = false}).value();
  EXPECT_EQ(report.runs, 1U);
  EXPECT_FALSE(store->find_run(old));
  EXPECT_TRUE(store->find_run(failed));
  EXPECT_EQ(store->prune({.finished_before = now + seconds{1}, .status = {}, .dry_run = false})->runs, 1U);
  EXPECT_TRUE(store->find_run(open));
  ASSERT_TRUE(commit(*store, entry(open, 2, 1, "still works")));
}

TEST_P(RunStoreConformance, ManyRunsFromManyThreadsAreCommittedInTheirOrder) {
  constexpr int threads = 4;
  constexpr int runs_each = 25;
  constexpr std::uint64_t entries_each = 20;
  std::vector<std::vector<RunId>> runs(threads);
  for (auto& of_thread : runs) {
    for (int i = 0; i < runs_each; ++i) of_thread.push_back(create(*store));
  }
  std::vector<std::thread> workers;
  std::vector<std::unique_ptr<Outcomes>> sinks;
  for (int t = 0; t < threads; ++t) sinks.push_back(std::make_unique<Outcomes>());
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      auto& sink = *sinks[static_cast<std::size_t>(t)];
      std::uint64_t token = 0;
      std::vector<std::uint64_t> pending;
      for (std::uint64_t n = 2; n < 2 + entries_each; ++n) {
        for (const auto run : runs[static_cast<std::size_t>(t)]) {
          auto append = entry(run, n, 1, std::to_string(n));
          append.token = ++token;
          append.at = now;
          const auto appending = store->append(std::move(append), sink);
          ASSERT_TRUE(appending);
          if (*appending == Appending::pending) pending.push_back(token);
        }
      }
      for (const auto waiting : pending) EXPECT_TRUE(sink.of(waiting));
    });
  }
  for (auto& worker : workers) worker.join();
  for (const auto& of_thread : runs) {
    for (const auto run : of_thread) {
      const auto texts = journal(*store, run);
      ASSERT_EQ(texts.size(), entries_each + 1);
      for (std::uint64_t n = 2; n < 2 + entries_each; ++n) EXPECT_EQ(texts[n - 1], std::to_string(n));
    }
  }
}

TEST_P(RunStoreConformance, AClosedStoreRefuses) {
  const auto run = create(*store);
  store->close();
  store->close();
  EXPECT_FALSE(commit(*store, entry(run, 2, 1, "x")));
}

INSTANTIATE_TEST_SUITE_P(Every, RunStoreConformance, ::testing::ValuesIn(subjects()), [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace skein::store::conformance
