#include "store/conformance/support.hpp"

namespace skein::store::conformance {
namespace {

TEST_P(StoreConformance, MessagesArriveInOrderAndAreConsumedWithTheCommitThatAnswersThem) {
  const auto run = started();
  const auto other = database_->open();
  const auto first = other->post({0, run, "cancel", R"({"why":"test"})", at(3)});
  const auto second = other->post({0, run, "signal", "{}", at(4)});
  ASSERT_EQ(outcome(first), "ok");
  ASSERT_EQ(outcome(second), "ok");
  EXPECT_LT(*first, *second);
  const auto mail = store_->inbox(run);
  ASSERT_EQ(mail->size(), 2U);
  EXPECT_EQ(mail->front().id, *first);
  EXPECT_EQ(mail->front().run, run);
  EXPECT_EQ(mail->front().kind, "cancel");
  EXPECT_EQ(mail->front().payload, R"({"why":"test"})");
  EXPECT_EQ(mail->front().at, at(3));

  auto answer = next(run, 1, 2, "cancelling");
  answer.consumed = {*first};
  ASSERT_EQ(outcome(commit(answer)), "ok");
  ASSERT_EQ(store_->inbox(run)->size(), 1U);
  EXPECT_EQ(store_->inbox(run)->front().id, *second);
}

TEST_P(StoreConformance, ARefusedAppendConsumesNothing) {
  const auto run = started();
  const auto id = store_->post({0, run, "signal", "{}", at(1)});
  auto wrong = next(run, 1, 9, "gap");
  wrong.consumed = {*id};
  ASSERT_EQ(outcome(commit(wrong)), "conflict");
  EXPECT_EQ(store_->inbox(run)->size(), 1U);
}

TEST_P(StoreConformance, AnAppendConsumesOnlyMailOfItsOwnRun) {
  const auto run = started();
  const auto neighbour = started();
  const auto id = store_->post({0, neighbour, "signal", "{}", at(1)});
  auto append = next(run, 1, 2, "two");
  append.consumed = {*id};
  ASSERT_EQ(outcome(commit(append)), "ok");
  EXPECT_EQ(store_->inbox(neighbour)->size(), 1U);
}

TEST_P(StoreConformance, IdsOfMessagesAreNotUsedAgain) {
  const auto run = started();
  const auto first = store_->post({0, run, "signal", "{}", at(1)});
  auto append = next(run, 1, 2, "two");
  append.consumed = {*first};
  ASSERT_EQ(outcome(commit(append)), "ok");
  EXPECT_GT(*store_->post({0, run, "signal", "{}", at(1)}), *first);
}

TEST_P(StoreConformance, MailToAnUnknownOrEndedRunIsRefused) {
  EXPECT_EQ(outcome(store_->post({0, new_id(), "cancel", "{}", at(1)})), "not_found");
  EXPECT_EQ(outcome(store_->post({0, released(ended()), "cancel", "{}", at(1)})), "conflict");
  EXPECT_EQ(outcome(store_->inbox(new_id())), "not_found");
}

TEST_P(StoreConformance, AnOwnerSeesWhichOfItsRunsHaveMail) {
  const auto run = started();
  (void)started();
  const auto other = database_->open();
  EXPECT_EQ(store_->runs_with_mail().value(), std::vector<RunId>{});
  ASSERT_EQ(outcome(other->post({0, run, "signal", "{}", at(1)})), "ok");
  ASSERT_EQ(outcome(other->post({0, run, "signal", "{}", at(1)})), "ok");
  EXPECT_EQ(store_->runs_with_mail().value(), std::vector{run});
  EXPECT_EQ(other->runs_with_mail().value(), std::vector<RunId>{});
}

TEST_P(StoreConformance, TheChangeCounterMovesWhenAnotherStoreChangesSomething) {
  const auto run = started();
  const auto other = database_->open();
  const auto before = store_->change_counter();
  EXPECT_EQ(store_->change_counter(), before);
  ASSERT_EQ(outcome(other->post({0, run, "signal", "{}", at(1)})), "ok");
  const auto after = store_->change_counter();
  EXPECT_NE(after, before);
  EXPECT_EQ(store_->change_counter(), after);
}

TEST_P(StoreConformance, SharedStreamsAreReadByPrefixAndFromAnId) {
  const auto first = store_->append_shared("breaker/a", "open", at(1));
  const auto other = database_->open();
  const auto second = other->append_shared("budget/a", "spent", at(2));
  const auto third = store_->append_shared("breaker/b", "closed", at(3));
  ASSERT_EQ(outcome(third), "ok");
  EXPECT_LT(*first, *second);
  EXPECT_LT(*second, *third);
  const auto breakers = other->read_shared("breaker/", 0);
  ASSERT_EQ(breakers->size(), 2U);
  EXPECT_EQ(breakers->front().id, *first);
  EXPECT_EQ(breakers->front().stream, "breaker/a");
  EXPECT_EQ(breakers->front().payload, "open");
  EXPECT_EQ(breakers->front().at, at(1));
  EXPECT_EQ(store_->read_shared("breaker/", *first)->size(), 1U);
  EXPECT_EQ(store_->read_shared("", 0)->size(), 3U);
  EXPECT_EQ(store_->read_shared("%", 0)->size(), 0U);
}

}  // namespace
}  // namespace skein::store::conformance
