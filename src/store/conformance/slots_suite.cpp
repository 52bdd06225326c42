#include "store/conformance/support.hpp"

// At most so many runs of a key at once.
namespace skein::store::conformance {
namespace {

Append with_slot(Append creation, std::uint32_t most = 1, bool queue = true, std::string key = "orders/ann") {
  auto facts = *creation.create;
  facts.slot = Slot{.key = std::move(key), .most = most, .queue = queue};
  creation.create = std::make_shared<const NewRun>(std::move(facts));
  creation.keep = Keep::released;
  creation.summary = RunSummary{};
  return creation;
}

std::vector<RunId> claimed_of(const Result<std::vector<Claimed>>& claims) {
  std::vector<RunId> out;
  for (const auto& claim : *claims) out.push_back(claim.run);
  return out;
}

TEST_P(StoreConformance, RunsOfAKeyWaitForTheirTurnOldestFirst) {
  std::vector<RunId> runs;
  for (int i = 0; i < 4; ++i) {
    runs.push_back(new_id());
    ASSERT_EQ(outcome(commit(with_slot(creation(runs.back()), 2))), "ok");
  }
  const auto other = new_id();
  ASSERT_EQ(outcome(commit(with_slot(creation(other), 1, true, "orders/ben"))), "ok");
  EXPECT_FALSE(store_->find_run(runs[1])->queued);
  EXPECT_TRUE(store_->find_run(runs[2])->queued);
  ASSERT_EQ(outcome(store_->post({0, runs[3], "signal", "{}", at(1)})), "ok");
  const auto first = store_->claim_runnable(at(9), 10);
  EXPECT_EQ(first->size(), 3U) << "neither time nor mail lets the others go on";
  auto last = next(runs[1], 2, 2, "end", ended());
  last.keep = Keep::released;
  ASSERT_EQ(outcome(commit(last)), "ok");
  EXPECT_EQ(claimed_of(store_->claim_runnable(at(9), 10)), std::vector{runs[2]});
  EXPECT_TRUE(store_->find_run(runs[3])->queued);
}

TEST_P(StoreConformance, ARunThatHasNoPlaceIsRefusedWhereItDoesNotQueue) {
  const auto run = new_id();
  ASSERT_EQ(outcome(commit(with_slot(creation(run), 1, false))), "ok");
  const auto second = new_id();
  EXPECT_EQ(outcome(commit(with_slot(creation(second), 1, false))), "conflict");
  EXPECT_EQ(outcome(store_->find_run(second)), "not_found");
  const auto claimed = store_->claim(run);
  auto last = next(run, claimed->epoch, 2, "end", ended());
  last.keep = Keep::released;
  ASSERT_EQ(outcome(commit(last)), "ok");
  EXPECT_EQ(outcome(commit(with_slot(creation(second), 1, false))), "ok");
}

TEST_P(StoreConformance, AQueuedRunThatEndsLeavesTheQueue) {
  std::vector<RunId> runs;
  for (int i = 0; i < 3; ++i) {
    runs.push_back(new_id());
    ASSERT_EQ(outcome(commit(with_slot(creation(runs.back())))), "ok");
  }
  for (const int ends : {1, 0}) {
    const auto claimed = store_->claim(runs[static_cast<std::size_t>(ends)]);
    auto last = next(claimed->run, claimed->epoch, 2, "cancelled", ended(RunStatus::cancelled));
    last.keep = Keep::released;
    ASSERT_EQ(outcome(commit(last)), "ok");
  }
  EXPECT_EQ(claimed_of(store_->claim_runnable(at(9), 10)), std::vector{runs[2]});
}

TEST_P(StoreConformance, ARunWithASlotIsCreatedReleased) {
  auto owned = with_slot(creation(new_id()));
  owned.keep = Keep::owned;
  EXPECT_EQ(outcome(commit(owned)), "invalid_argument");
}

TEST_P(StoreConformance, ADeadOwnersRunKeepsItsPlace) {
  const auto run = new_id();
  const auto waiting = new_id();
  ASSERT_EQ(outcome(commit(with_slot(creation(run)))), "ok");
  ASSERT_EQ(outcome(commit(with_slot(creation(waiting)))), "ok");
  ASSERT_EQ(outcome(store_->claim(run)), "ok");
  store_->close();
  const auto other = database_->open();
  EXPECT_EQ(claimed_of(other->claim_runnable(at(9), 10)), std::vector{run});
}

}  // namespace
}  // namespace skein::store::conformance
