#include "store/conformance/support.hpp"

namespace skein::store::conformance {
namespace {

using Texts = std::vector<std::string>;

/// Sessions through the eyes of runs that speak in them.
class SessionsConformance : public StoreConformance {
 protected:
  Exchange exchange(const SessionPoint& from, Texts messages, std::string agent = "clerk") {
    return {.from = from, .agent = std::move(agent), .messages = std::move(messages)};
  }
  SessionPoint fresh(std::string name) { return {.name = std::move(name), .id = new_id(), .length = 0}; }
  /// Another run's turn.
  std::string speak(const Exchange& one) {
    const auto run = started();
    return outcome(commit(with(next(run, 1, 2, "said"), one)));
  }
  static Append with(Append append, Exchange one) {
    append.exchanges.push_back(std::move(one));
    append.at = at(5);
    return append;
  }
  SessionPoint point(std::string_view name) {
    const auto row = store_->find_session(name);
    return row ? row->point : SessionPoint{};
  }
  Texts said(std::string_view name, std::uint64_t first = 0) {
    const auto messages = store_->read_session(point(name), first);
    Texts out;
    for (const auto& message : messages.value()) {
      out.push_back(std::to_string(message.turn) + "." + std::to_string(message.position) + ":" + message.text);
    }
    return out;
  }
  Texts names(const SessionFilter& filter = {}) {
    Texts out;
    for (const auto& row : store_->list_sessions(filter).value()) out.push_back(row.point.name);
    return out;
  }
};

TEST_P(SessionsConformance, ATurnIsThereWithTheCommitThatEndsIt) {
  const auto run = started();
  EXPECT_EQ(outcome(store_->find_session("ann")), "not_found");
  const auto from = fresh("ann");
  ASSERT_EQ(outcome(commit(with(next(run, 1, 2, "two"), exchange(from, {"hello", "hi"})))), "ok");
  const auto row = store_->find_session("ann");
  ASSERT_EQ(outcome(row), "ok");
  EXPECT_EQ(row->point, (SessionPoint{.name = "ann", .id = from.id, .length = 2}));
  EXPECT_EQ(row->turns, 1U);
  EXPECT_EQ(row->created, at(5));
  EXPECT_EQ(row->updated, at(5));
  EXPECT_EQ(row->agent, "clerk");
  EXPECT_EQ(row->origin, "");
  const auto messages = store_->read_session(row->point);
  ASSERT_EQ(messages->size(), 2U);
  EXPECT_EQ(messages->front().run, run);
  EXPECT_EQ(messages->front().agent, "clerk");
  EXPECT_EQ(messages->front().at, at(5));
  EXPECT_EQ(said("ann"), (Texts{"1.0:hello", "1.1:hi"}));
}

TEST_P(SessionsConformance, ALaterTurnFollowsAndAnEarlierPointStillSaysWhatItSaid) {
  ASSERT_EQ(speak(exchange(fresh("ann"), {"a", "b"})), "ok");
  const auto before = point("ann");
  ASSERT_EQ(speak(exchange(before, {"c"}, "other")), "ok");
  EXPECT_EQ(said("ann"), (Texts{"1.0:a", "1.1:b", "2.2:c"}));
  EXPECT_EQ(said("ann", 2), Texts{"2.2:c"});
  EXPECT_EQ(store_->read_session(before)->size(), 2U);
  EXPECT_EQ(store_->find_session("ann")->turns, 2U);
  EXPECT_EQ(store_->find_session("ann")->agent, "other");
}

TEST_P(SessionsConformance, OfTwoTurnsThatBeganAtTheSamePointOneIsAdded) {
  ASSERT_EQ(speak(exchange(fresh("ann"), {"a"})), "ok");
  const auto began = point("ann");
  const auto late = started();
  ASSERT_EQ(speak(exchange(began, {"b"})), "ok");
  const auto refused = commit(with(next(late, 1, 2, "two"), exchange(began, {"c"})));
  ASSERT_EQ(outcome(refused), "conflict");
  EXPECT_NE(refused.error().message.find("it had 1 messages and has 2 now"), std::string::npos) << refused.error().message;
  EXPECT_EQ(said("ann"), (Texts{"1.0:a", "2.1:b"}));
  EXPECT_EQ(journal(*store_, late), Texts{"1+1:created"}) << "nothing of the commit is written";
  EXPECT_EQ(outcome(commit(next(late, 1, 2, "two"))), "conflict") << "until it is claimed again";
  const auto claimed = store_->claim(late);
  ASSERT_EQ(outcome(claimed), "ok");
  EXPECT_EQ(outcome(commit(next(late, claimed->epoch, 2, "two"))), "ok");
}

TEST_P(SessionsConformance, OfTwoTurnsThatWouldBeginASessionOneDoes) {
  ASSERT_EQ(speak(exchange(fresh("ann"), {"a"})), "ok");
  EXPECT_EQ(speak(exchange(fresh("ann"), {"b"})), "conflict");
  EXPECT_EQ(said("ann"), Texts{"1.0:a"});
}

TEST_P(SessionsConformance, AnAppendThatIsRefusedForItsRunAddsNothing) {
  const auto run = started();
  EXPECT_EQ(outcome(commit(with(next(run, 1, 3, "gap"), exchange(fresh("ann"), {"a"})))), "conflict");
  EXPECT_EQ(outcome(commit(with(next(new_id(), 1, 2, "unknown"), exchange(fresh("ann"), {"a"})))), "conflict");
  EXPECT_EQ(outcome(store_->find_session("ann")), "not_found");
}

TEST_P(SessionsConformance, OneCommitCanEndSeveralTurns) {
  const auto run = started();
  const auto ann = fresh("ann");
  auto append = with(next(run, 1, 2, "two"), exchange(ann, {"a", "b"}));
  append.exchanges.push_back(exchange(fresh("bob"), {"x"}));
  append.exchanges.push_back(exchange({.name = "ann", .id = ann.id, .length = 2}, {"c"}));
  ASSERT_EQ(outcome(commit(append)), "ok");
  EXPECT_EQ(said("ann"), (Texts{"1.0:a", "1.1:b", "2.2:c"}));
  EXPECT_EQ(said("bob"), Texts{"1.0:x"});

  const auto other = started();
  auto both = with(next(other, 1, 2, "two"), exchange(point("bob"), {"y"}));
  both.exchanges.push_back(exchange(ann, {"late"}));
  EXPECT_EQ(outcome(commit(both)), "conflict");
  EXPECT_EQ(said("bob"), Texts{"1.0:x"}) << "all or nothing";
}

TEST_P(SessionsConformance, LongMessagesComeBackWhole) {
  const std::string large(300'000, 'm');
  ASSERT_EQ(speak(exchange(fresh("ann"), {large, "short", large})), "ok");
  EXPECT_EQ(said("ann"), (Texts{"1.0:" + large, "1.1:short", "1.2:" + large}));
}

TEST_P(SessionsConformance, ABranchGoesOnByItself) {
  const std::string large(100'000, 'm');
  ASSERT_EQ(speak(exchange(fresh("ann"), {"a", large})), "ok");
  ASSERT_EQ(speak(exchange(point("ann"), {"c"})), "ok");
  const auto branch = fresh("other way");
  const auto made = store_->branch_session("ann", 1, branch, at(9));
  ASSERT_EQ(outcome(made), "ok");
  EXPECT_EQ(made->point, (SessionPoint{.name = "other way", .id = branch.id, .length = 2}));
  EXPECT_EQ(made->turns, 1U);
  EXPECT_EQ(made->created, at(9));
  EXPECT_EQ(made->agent, "clerk");
  EXPECT_EQ(made->origin, "ann at turn 1");
  ASSERT_EQ(speak(exchange(made->point, {"d"})), "ok");
  EXPECT_EQ(said("other way"), (Texts{"1.0:a", "1.1:" + large, "2.2:d"}));
  EXPECT_EQ(said("ann"), (Texts{"1.0:a", "1.1:" + large, "2.2:c"}));
  ASSERT_EQ(outcome(store_->delete_session("ann")), "ok");
  EXPECT_EQ(said("other way"), (Texts{"1.0:a", "1.1:" + large, "2.2:d"}));
}

TEST_P(SessionsConformance, ABranchNeedsATurnAndAFreeName) {
  ASSERT_EQ(speak(exchange(fresh("ann"), {"a"})), "ok");
  ASSERT_EQ(speak(exchange(fresh("bob"), {"b"})), "ok");
  EXPECT_EQ(outcome(store_->branch_session("eve", 1, fresh("new"), at(9))), "not_found");
  EXPECT_EQ(outcome(store_->branch_session("ann", 1, fresh("bob"), at(9))), "conflict");
  EXPECT_EQ(outcome(store_->branch_session("ann", 0, fresh("new"), at(9))), "invalid_argument");
  EXPECT_EQ(outcome(store_->branch_session("ann", 2, fresh("new"), at(9))), "invalid_argument");
  EXPECT_EQ(outcome(store_->branch_session("ann", 1, fresh(" new"), at(9))), "invalid_argument");
  EXPECT_EQ(names(), (Texts{"bob", "ann"}));
}

TEST_P(SessionsConformance, ADeletedSessionIsGoneAndItsTurnsUnderWayAreRefused) {
  ASSERT_EQ(speak(exchange(fresh("ann"), {"a"})), "ok");
  const auto began = point("ann");
  ASSERT_EQ(outcome(store_->delete_session("ann")), "ok");
  EXPECT_EQ(outcome(store_->delete_session("ann")), "not_found");
  EXPECT_EQ(outcome(store_->read_session(began)), "not_found");
  EXPECT_EQ(names(), Texts{});
  EXPECT_EQ(speak(exchange(began, {"b"})), "conflict");
  // The name is free, and what began in the old one does not get into the new one, however long that is.
  ASSERT_EQ(speak(exchange(fresh("ann"), {"z"})), "ok");
  EXPECT_EQ(outcome(store_->read_session(began)), "not_found");
  const auto run = started();
  const auto refused = commit(with(next(run, 1, 2, "two"), exchange(began, {"b"})));
  ASSERT_EQ(outcome(refused), "conflict");
  EXPECT_NE(refused.error().message.find("was deleted"), std::string::npos) << refused.error().message;
  EXPECT_EQ(said("ann"), Texts{"1.0:z"});
}

TEST_P(SessionsConformance, TheListHasTheLatestFirst) {
  for (const auto* name : {"a/1", "a/2", "b/1"}) ASSERT_EQ(speak(exchange(fresh(name), {"x"})), "ok");
  const auto run = started();
  auto append = with(next(run, 1, 2, "two"), exchange(point("a/1"), {"y"}));
  append.at = at(8);
  ASSERT_EQ(outcome(commit(append)), "ok");
  EXPECT_EQ(names(), (Texts{"a/1", "b/1", "a/2"}));
  EXPECT_EQ(names({.prefix = "a/"}), (Texts{"a/1", "a/2"}));
  EXPECT_EQ(names({.prefix = "%"}), Texts{});
  EXPECT_EQ(names({.limit = 1}), Texts{"a/1"});
}

TEST_P(SessionsConformance, NamesAreTexts) {
  EXPECT_EQ(speak(exchange(fresh("J\xc3\xb6rg's 'session' %_"), {"x"})), "ok");
  EXPECT_EQ(speak(exchange(fresh(""), {"x"})), "invalid_argument");
  EXPECT_EQ(speak(exchange(fresh("a\nb"), {"x"})), "invalid_argument");
  EXPECT_EQ(speak(exchange(fresh(std::string(201, 'n')), {"x"})), "invalid_argument");
  EXPECT_EQ(speak(exchange(fresh("\xff"), {"x"})), "invalid_argument");
  EXPECT_EQ(names(), Texts{"J\xc3\xb6rg's 'session' %_"});
}

TEST_P(SessionsConformance, SessionsOutliveTheRunsThatSpokeInThem) {
  const std::string large(100'000, 'm');
  const auto run = started();
  auto last = with(next(run, 1, 2, large, ended()), exchange(fresh("ann"), {large}));
  last.keep = Keep::released;
  ASSERT_EQ(outcome(commit(last)), "ok");
  const auto pruned = store_->prune({.finished_before = at(100), .status = {}, .dry_run = false});
  ASSERT_EQ(outcome(pruned), "ok");
  EXPECT_EQ(pruned->runs, 1U);
  EXPECT_EQ(said("ann"), Texts{"1.0:" + large}) << "the run and the session had the same blob";
}

TEST_P(SessionsConformance, AnotherStoreOnTheSameDatabaseGoesOn) {
  ASSERT_EQ(speak(exchange(fresh("ann"), {"a"})), "ok");
  const auto other = database_->open();
  EXPECT_EQ(other->find_session("ann")->point, point("ann"));
  const auto run = new_id();
  ASSERT_EQ(outcome(commit(*other, creation(run))), "ok");
  ASSERT_EQ(outcome(commit(*other, with(next(run, 1, 2, "two"), exchange(point("ann"), {"b"})))), "ok");
  EXPECT_EQ(said("ann"), (Texts{"1.0:a", "2.1:b"}));
}

INSTANTIATE_TEST_SUITE_P(Stores, SessionsConformance, ::testing::ValuesIn(backends().begin(), backends().end()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace skein::store::conformance
