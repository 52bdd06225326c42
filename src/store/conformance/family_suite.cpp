#include "store/conformance/support.hpp"

// What one commit does to several runs, and runs that go on after their end.
namespace skein::store::conformance {
namespace {

using Texts = std::vector<std::string>;

std::vector<std::string> kinds_of(const Result<std::vector<InboxMessage>>& inbox) {
  std::vector<std::string> out;
  for (const auto& message : *inbox) out.push_back(message.kind + " " + message.payload);
  return out;
}

TEST_P(StoreConformance, MailGoesOutWithACommit) {
  const auto to = started();
  const auto over = started();
  auto last = next(over, 1, 2, "end", ended());
  last.keep = Keep::released;
  ASSERT_EQ(outcome(commit(last)), "ok");
  const auto from = started();
  auto append = next(from, 1, 2, "tells");
  append.mail = {{0, to, "ended", "{\"a\":1}", at(1)}, {0, over, "ended", "{}", at(1)}, {0, new_id(), "ended", "{}", at(1)}};
  ASSERT_EQ(outcome(commit(append)), "ok");
  EXPECT_EQ(kinds_of(store_->inbox(to)), Texts{"ended {\"a\":1}"});
  EXPECT_EQ(kinds_of(store_->inbox(over)), Texts{}) << "who has ended gets no mail";
  EXPECT_EQ(*store_->runs_with_mail(), std::vector{to});
}

TEST_P(StoreConformance, ARefusedCommitTellsNobody) {
  const auto to = started();
  const auto from = started();
  auto append = next(from, 1, 7, "does not follow");
  append.mail = {{0, to, "ended", "{}", at(1)}};
  const auto child = new_id();
  append.children = {creation(child)};
  ASSERT_EQ(outcome(commit(append)), "conflict");
  EXPECT_EQ(kinds_of(store_->inbox(to)), Texts{});
  EXPECT_EQ(outcome(store_->find_run(child)), "not_found");
}

TEST_P(StoreConformance, ChildrenAreCreatedWithACommitAndBelongToItsOwner) {
  const auto parent = started();
  const auto first = new_id();
  const auto second = new_id();
  auto append = next(parent, 1, 2, "begins two");
  append.children = {creation(first), creation(second)};
  append.children[1].keep = Keep::released;
  append.keep = Keep::released;
  ASSERT_EQ(outcome(commit(append)), "ok");
  EXPECT_EQ(journal(*store_, first), Texts{"1+1:created"});
  EXPECT_TRUE(store_->find_run(first)->owned);
  EXPECT_FALSE(store_->find_run(second)->owned);
  EXPECT_FALSE(store_->find_run(parent)->owned);
  EXPECT_EQ(outcome(commit(next(first, 1, 2, "goes on"))), "ok");
}

TEST_P(StoreConformance, AChildThatExistsAlreadyStaysAsItIs) {
  const auto child = started();
  ASSERT_EQ(outcome(commit(next(child, 1, 2, "went on"))), "ok");
  const auto parent = started();
  auto append = next(parent, 1, 2, "begins it again");
  append.children = {creation(child)};
  ASSERT_EQ(outcome(commit(append)), "ok");
  EXPECT_EQ(journal(*store_, child), (Texts{"1+1:created", "2+1:went on"}));
  EXPECT_EQ(outcome(commit(next(parent, 1, 3, "goes on"))), "ok");
}

TEST_P(StoreConformance, ARunThatHasEndedCanBeClaimedAndGoOn) {
  const auto run = started();
  auto last = next(run, 1, 2, "end", ended(RunStatus::failed));
  last.keep = Keep::released;
  ASSERT_EQ(outcome(commit(last)), "ok");
  EXPECT_EQ(store_->claim_runnable(at(9), 10)->size(), 0U);
  const auto claimed = store_->claim(run);
  ASSERT_EQ(outcome(claimed), "ok");
  ASSERT_EQ(outcome(commit(next(run, claimed->epoch, 3, "again"))), "ok");
  EXPECT_EQ(store_->find_run(run)->summary.status, RunStatus::running);
  EXPECT_EQ(outcome(store_->post({0, run, "signal", "{}", at(1)})), "ok");
  store_->close();
  const auto other = database_->open();
  EXPECT_EQ(other->claim_runnable(at(9), 10)->size(), 1U) << "whose owner died is taken over";
}

}  // namespace
}  // namespace skein::store::conformance
