#include "base/hash.hpp"
#include "store/conformance/support.hpp"

namespace skein::store::conformance {
namespace {

TEST_P(StoreConformance, PruningRemovesOnlyOldFinalRuns) {
  const auto old = released(ended());
  const auto sleeping = released(waiting(at(5)));
  const auto active = started();
  const auto recent = started();
  auto last = next(recent, 1, 2, "end", ended());
  last.at = at(100);
  last.keep = Keep::released;
  ASSERT_EQ(outcome(commit(last)), "ok");

  PruneFilter filter{.finished_before = at(50), .status = {}, .dry_run = true};
  const auto rehearsal = store_->prune(filter);
  ASSERT_EQ(outcome(rehearsal), "ok");
  EXPECT_EQ(rehearsal->runs, 1U);
  EXPECT_EQ(outcome(store_->find_run(old)), "ok");

  filter.dry_run = false;
  const auto report = store_->prune(filter);
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_EQ(report->runs, rehearsal->runs);
  EXPECT_EQ(report->bytes, rehearsal->bytes);
  EXPECT_EQ(report->bytes, std::string("createdreleased").size());
  EXPECT_EQ(outcome(store_->find_run(old)), "not_found");
  EXPECT_EQ(journal(*store_, old), std::vector<std::string>{"not_found"});
  for (const auto run : {sleeping, active, recent}) EXPECT_EQ(journal(*store_, run).size(), run == active ? 1U : 2U);
  EXPECT_EQ(store_->info()->runs, 3U);
}

TEST_P(StoreConformance, PruningCanBeLimitedToAStatus) {
  const auto completed = released(ended());
  const auto failed = released(ended(RunStatus::failed));
  EXPECT_EQ(store_->prune({at(1'000), RunStatus::failed, false})->runs, 1U);
  EXPECT_EQ(outcome(store_->find_run(completed)), "ok");
  EXPECT_EQ(outcome(store_->find_run(failed)), "not_found");
  EXPECT_EQ(store_->prune({at(1'000), RunStatus::running, false})->runs, 0U);
}

TEST_P(StoreConformance, AnEndedRunThatSomebodyDrivesIsNotPruned) {
  const auto run = released(ended());
  const auto other = database_->open();
  ASSERT_EQ(outcome(other->claim(run)), "ok");
  EXPECT_EQ(store_->prune({at(1'000), {}, false})->runs, 0U);
  EXPECT_EQ(outcome(commit(*other, next(run, 2, 3, "three", ended()))), "ok");
}

TEST_P(StoreConformance, BlobsAndDefinitionsGoWithTheirLastRun) {
  const std::string both(70'000, 'b');
  const std::string one(80'000, 'o');
  const auto doomed = started("doomed");
  const auto kept = started("kept");
  ASSERT_EQ(outcome(commit(next(doomed, 1, 2, both))), "ok");
  ASSERT_EQ(outcome(commit(next(doomed, 1, 3, one))), "ok");
  ASSERT_EQ(outcome(commit(next(kept, 1, 2, both))), "ok");
  auto last = next(doomed, 1, 4, "end", ended());
  last.keep = Keep::released;
  ASSERT_EQ(outcome(commit(last)), "ok");
  // A store that encodes late knows its blobs only once they were read.
  (void)journal(*store_, doomed);
  (void)journal(*store_, kept);

  ASSERT_EQ(store_->prune({at(1'000), {}, false})->runs, 1U);
  EXPECT_EQ(store_->get_blob(sha256_hex(both)).value(), both);
  EXPECT_EQ(outcome(store_->get_blob(sha256_hex(one))), "not_found");
  EXPECT_EQ(outcome(store_->definition("hash-of-doomed")), "not_found");
  EXPECT_EQ(outcome(store_->definition("hash-of-kept")), "ok");
}

TEST_P(StoreConformance, ManyAndLongRunsArePruned) {
  for (int i = 0; i < 450; ++i) (void)released(ended());
  const auto long_run = started();
  for (std::uint64_t seq = 2; seq <= 5'000; ++seq) {
    auto append = next(long_run, 1, seq, "x", seq == 5'000 ? ended() : running());
    append.at = at(1);
    append.keep = seq == 5'000 ? Keep::released : Keep::owned;
    if (seq == 5'000) {
      ASSERT_EQ(outcome(commit(append)), "ok");
    } else {
      ASSERT_EQ(outcome(store_->append(append, sink_)), "ok");
    }
  }
  EXPECT_EQ(store_->prune({at(1'000), {}, false})->runs, 451U);
  EXPECT_EQ(store_->info()->runs, 0U);
  const auto again = started();
  EXPECT_EQ(journal(*store_, again).size(), 1U);
}

TEST_P(StoreConformance, InfoCountsRuns) {
  EXPECT_EQ(store_->info()->runs, 0U);
  (void)started();
  (void)started();
  const auto info = store_->info();
  EXPECT_EQ(info->runs, 2U);
  EXPECT_FALSE(info->kind.empty());
  EXPECT_FALSE(info->durability.empty());
}

}  // namespace
}  // namespace skein::store::conformance
