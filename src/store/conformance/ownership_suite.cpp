#include <algorithm>

#include <unistd.h>

#include "store/conformance/support.hpp"

namespace skein::store::conformance {
namespace {

std::vector<RunId> runs_of(const Result<std::vector<Claimed>>& claimed) {
  std::vector<RunId> runs;
  for (const auto& one : claimed.value()) runs.push_back(one.run);
  std::ranges::sort(runs);
  return runs;
}

TEST_P(StoreConformance, ARunOfALivingOwnerCannotBeClaimed) {
  const auto run = started();
  const auto other = database_->open();
  const auto claimed = other->claim(run);
  ASSERT_EQ(outcome(claimed), "conflict");
  EXPECT_NE(claimed.error().message.find(std::to_string(getpid())), std::string::npos) << claimed.error().message;
  EXPECT_EQ(outcome(store_->claim(run)), "conflict") << "nor by its own owner, as long as its appends are accepted";
  EXPECT_EQ(outcome(other->claim(new_id())), "not_found");
  EXPECT_TRUE(other->find_run(run)->owned);
}

TEST_P(StoreConformance, AReleasedRunIsClaimedInTheNextEpochAndItsOldOwnerIsFencedOff) {
  const auto run = started();
  ASSERT_EQ(outcome(store_->release(run, 1)), "ok");
  EXPECT_FALSE(store_->find_run(run)->owned);
  const auto other = database_->open();
  const auto claimed = other->claim(run);
  ASSERT_EQ(outcome(claimed), "ok");
  EXPECT_EQ(claimed->run, run);
  EXPECT_EQ(claimed->epoch, 2U);
  EXPECT_EQ(outcome(commit(next(run, 1, 2, "too late"))), "conflict");
  EXPECT_EQ(outcome(commit(next(run, 2, 2, "not mine"))), "conflict");
  EXPECT_EQ(outcome(store_->release(run, 1)), "conflict");
  EXPECT_EQ(outcome(commit(*other, next(run, 2, 2, "two"))), "ok");
  EXPECT_EQ(outcome(store_->release(new_id(), 1)), "not_found");
}

TEST_P(StoreConformance, AnAppendCanGiveTheRunUp) {
  const auto run = released(waiting(at(50)));
  EXPECT_FALSE(store_->find_run(run)->owned);
  EXPECT_EQ(outcome(commit(next(run, 1, 3, "no longer mine"))), "conflict");
  EXPECT_EQ(store_->claim(run)->epoch, 2U);
  EXPECT_EQ(outcome(commit(next(run, 2, 3, "three"))), "ok");
}

TEST_P(StoreConformance, ClosingAStoreEndsItsOwnership) {
  const auto run = started();
  const auto other = database_->open();
  store_->close();
  EXPECT_FALSE(other->find_run(run)->owned);
  EXPECT_EQ(other->claim(run)->epoch, 2U);
}

TEST_P(StoreConformance, AFinalRunCanBeClaimedButIsNotRunnable) {
  const auto run = released(ended(RunStatus::failed));
  EXPECT_EQ(runs_of(store_->claim_runnable(at(1'000'000), 10)), std::vector<RunId>{});
  EXPECT_EQ(store_->claim(run)->epoch, 2U);
}

TEST_P(StoreConformance, RunnableRunsAreThoseThatCouldGoOn) {
  const auto at_once = released(running());
  const auto due = released(waiting(at(100)));
  const auto later = released(waiting(at(101)));
  (void)released(ended());
  (void)started();
  EXPECT_EQ(store_->earliest_due().value(), at(100));
  const auto other = database_->open();
  EXPECT_EQ(runs_of(other->claim_runnable(at(100), 10)), (std::vector{at_once, due}));
  EXPECT_EQ(runs_of(other->claim_runnable(at(100), 10)), std::vector<RunId>{});
  EXPECT_EQ(store_->earliest_due().value(), at(101));
  EXPECT_EQ(runs_of(other->claim_runnable(at(101), 10)), std::vector{later});
  EXPECT_EQ(store_->earliest_due().value(), std::nullopt);
}

TEST_P(StoreConformance, ClaimedRunsCanBeAppendedTo) {
  const auto run = released(running());
  const auto other = database_->open();
  const auto claimed = other->claim_runnable(at(0), 10);
  ASSERT_EQ(runs_of(claimed), std::vector{run});
  EXPECT_EQ(claimed->front().epoch, 2U);
  EXPECT_EQ(outcome(commit(*other, next(run, 2, 3, "three"))), "ok");
  EXPECT_EQ(journal(*store_, run).size(), 3U);
}

TEST_P(StoreConformance, ClaimsAreLimited) {
  for (int i = 0; i < 5; ++i) (void)released(running());
  EXPECT_EQ(store_->claim_runnable(at(0), 0)->size(), 0U);
  EXPECT_EQ(store_->claim_runnable(at(0), 3)->size(), 3U);
  EXPECT_EQ(store_->claim_runnable(at(0), 3)->size(), 2U);
  EXPECT_EQ(store_->claim_runnable(at(0), 3)->size(), 0U);
}

TEST_P(StoreConformance, WhatAClaimerDoesNotWantIsLeftAlone) {
  const auto at_once = released(running());
  const auto mailed = released(waiting(at(1'000)));
  ASSERT_EQ(outcome(store_->post({0, mailed, "signal", "{}", at(1)})), "ok");
  const auto of_a_dead_owner = started();
  const auto other = database_->open();
  store_->close();
  const LeftAlone definitions{.definitions = {"hash of nothing", other->find_run(at_once)->definition_hash}, .runs = {}};
  EXPECT_EQ(runs_of(other->claim_runnable(at(1), 10, definitions)), std::vector<RunId>{});
  const LeftAlone runs{.definitions = {}, .runs = {new_id(), at_once, mailed, of_a_dead_owner}};
  EXPECT_EQ(runs_of(other->claim_runnable(at(1), 10, runs)), std::vector<RunId>{});
  for (const auto& run : {at_once, mailed, of_a_dead_owner}) {
    EXPECT_FALSE(other->find_run(run)->owned);
    EXPECT_EQ(other->find_run(run)->epoch, 1U) << "nobody took it in between";
  }
  EXPECT_EQ(other->claim_runnable(at(1), 10)->size(), 3U);
}

TEST_P(StoreConformance, MailWakesASleepingRun) {
  const auto run = released(waiting(at(1'000)));
  EXPECT_EQ(runs_of(store_->claim_runnable(at(1), 10)), std::vector<RunId>{});
  ASSERT_EQ(outcome(store_->post({0, run, "signal", "{}", at(1)})), "ok");
  EXPECT_EQ(runs_of(store_->claim_runnable(at(1), 10)), std::vector{run});
  EXPECT_EQ(runs_of(store_->claim_runnable(at(1), 10)), std::vector<RunId>{});
}

TEST_P(StoreConformance, TwoOwnersNeverGetTheSameRun) {
  std::vector<RunId> all;
  for (int i = 0; i < 20; ++i) all.push_back(released(running()));
  std::ranges::sort(all);
  const auto other = database_->open();
  std::vector<RunId> claimed;
  for (bool more = true; more;) {
    more = false;
    for (auto* store : {store_.get(), other.get()}) {
      for (const auto& one : store->claim_runnable(at(0), 3).value()) {
        claimed.push_back(one.run);
        more = true;
      }
    }
  }
  std::ranges::sort(claimed);
  EXPECT_EQ(claimed, all);
}

}  // namespace
}  // namespace skein::store::conformance
