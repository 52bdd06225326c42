#include <thread>

#include "base/hash.hpp"
#include "store/conformance/support.hpp"

namespace skein::store::conformance {
namespace {

using Texts = std::vector<std::string>;

TEST_P(StoreConformance, EntriesComeBackInOrderWithTheirNumbers) {
  const auto run = started();
  auto several = next(run, 1, 2, "[two,three]");
  several.count = 2;
  ASSERT_EQ(outcome(commit(several)), "ok");
  ASSERT_EQ(outcome(commit(next(run, 1, 4, "four"))), "ok");
  EXPECT_EQ(journal(*store_, run), (Texts{"1+1:created", "2+2:[two,three]", "4+1:four"}));
  EXPECT_EQ(journal(*store_, run, 3), (Texts{"2+2:[two,three]", "4+1:four"})) << "the entry that holds event 3 belongs to it";
  EXPECT_EQ(journal(*store_, run, 4), (Texts{"4+1:four"}));
  EXPECT_EQ(journal(*store_, run, 5), Texts{});
}

TEST_P(StoreConformance, AVisitorCanStopAndCanUseTheStore) {
  const auto run = started();
  ASSERT_EQ(outcome(commit(next(run, 1, 2, "two"))), "ok");
  int visits = 0;
  ASSERT_EQ(outcome(store_->read_journal(run, 1,
                                         [&](const StoredEntry&) {
                                           ++visits;
                                           EXPECT_EQ(journal(*store_, run).size(), 2U);
                                           return false;
                                         })),
            "ok");
  EXPECT_EQ(visits, 1);
}

TEST_P(StoreConformance, AJournalOfAnUnknownRunIsNotFound) { EXPECT_EQ(journal(*store_, new_id()), Texts{"not_found"}); }

TEST_P(StoreConformance, TextIsKeptExactly) {
  const auto run = started();
  using namespace std::string_literals;
  const auto odd = "quote ' nul \0 umlaut \xc3\xa4 end"s;
  ASSERT_EQ(outcome(commit(next(run, 1, 2, odd))), "ok");
  EXPECT_EQ(journal(*store_, run, 2), Texts{"2+1:" + odd});
  ASSERT_EQ(outcome(commit(next(run, 1, 3, ""))), "ok");
  EXPECT_EQ(journal(*store_, run, 3), Texts{"3+1:"});
}

TEST_P(StoreConformance, AnAppendThatDoesNotFollowIsRefusedAndSoAreLaterOnes) {
  const auto run = started();
  EXPECT_EQ(outcome(commit(next(run, 1, 3, "gap"))), "conflict");
  EXPECT_EQ(outcome(commit(next(run, 1, 2, "would fit"))), "conflict") << "after an error nothing more until the run is claimed again";
  const auto claimed = store_->claim(run);
  ASSERT_EQ(outcome(claimed), "ok");
  EXPECT_EQ(claimed->epoch, 2U);
  EXPECT_EQ(outcome(commit(next(run, 2, 2, "two"))), "ok");
  EXPECT_EQ(journal(*store_, run), (Texts{"1+1:created", "2+1:two"}));
}

TEST_P(StoreConformance, AnAppendOfAnotherEpochIsRefused) {
  const auto run = started();
  EXPECT_EQ(outcome(commit(next(run, 2, 2, "two"))), "conflict");
}

TEST_P(StoreConformance, AnAppendToAnUnknownRunIsRefused) { EXPECT_EQ(outcome(commit(next(new_id(), 1, 1, "one"))), "conflict"); }

TEST_P(StoreConformance, ARunIsCreatedOnce) {
  const auto run = started();
  EXPECT_EQ(outcome(commit(creation(run))), "conflict");
  EXPECT_EQ(journal(*store_, run), Texts{"1+1:created"});
}

TEST_P(StoreConformance, ACreationOfARunOfAnotherOwnerIsRefusedAndHarmsNothing) {
  const auto run = started();
  const auto other = database_->open();
  EXPECT_EQ(outcome(commit(*other, creation(run))), "conflict");
  EXPECT_EQ(outcome(commit(next(run, 1, 2, "two"))), "ok");
}

TEST_P(StoreConformance, AnAppendWithoutEventsIsRefused) {
  const auto run = started();
  auto empty = next(run, 1, 2, "nothing");
  empty.count = 0;
  EXPECT_EQ(outcome(commit(empty)), "invalid_argument");
  auto missing = next(run, 1, 2, "nothing");
  missing.entry = nullptr;
  EXPECT_EQ(outcome(commit(missing)), "invalid_argument");
  EXPECT_EQ(outcome(commit(next(run, 1, 2, "two"))), "ok") << "a caller's mistake does not cost the run";
}

TEST_P(StoreConformance, AppendsThatWereNotWaitedForAreCommittedInOrder) {
  const auto run = started();
  constexpr std::uint64_t count = 2'000;
  std::uint64_t last_pending = 0;
  for (std::uint64_t seq = 2; seq <= count; ++seq) {
    auto append = next(run, 1, seq, std::to_string(seq));
    append.token = 1'000'000 + seq;
    const auto appending = store_->append(std::move(append), sink_);
    ASSERT_EQ(outcome(appending), "ok");
    if (*appending == Appending::pending) last_pending = 1'000'000 + seq;
  }
  if (last_pending != 0) {
    for (std::uint64_t seq = 2; seq <= count; ++seq) ASSERT_EQ(outcome(sink_.wait(1'000'000 + seq)), "ok");
  }
  const auto texts = journal(*store_, run);
  ASSERT_EQ(texts.size(), count);
  EXPECT_EQ(texts.back(), "2000+1:2000");
  EXPECT_EQ(store_->find_run(run)->last_seq, count);
}

TEST_P(StoreConformance, ThreadsAppendToTheirRunsAtOnce) {
  constexpr int threads = 4;
  constexpr std::uint64_t events = 200;
  std::vector<RunId> runs;
  for (int i = 0; i < threads; ++i) runs.push_back(started());
  std::vector<std::jthread> workers;
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&, run = runs[static_cast<std::size_t>(i)], base = static_cast<std::uint64_t>(i + 1) << 32] {
      WaitingSink sink;
      for (std::uint64_t seq = 2; seq <= events; ++seq) {
        auto append = next(run, 1, seq, "x");
        append.token = base + seq;
        const auto appending = store_->append(std::move(append), sink);
        ASSERT_TRUE(appending);
        if (*appending == Appending::pending) ASSERT_TRUE(sink.wait(base + seq));
      }
    });
  }
  workers.clear();
  for (const auto run : runs) EXPECT_EQ(journal(*store_, run).size(), events);
}

TEST_P(StoreConformance, LargePayloadsComeBackAsBlobs) {
  const auto run = started();
  const std::string payload(100'000, 'p');
  ASSERT_EQ(outcome(commit(next(run, 1, 2, payload))), "ok");
  const auto name = sha256_hex(payload);
  EXPECT_EQ(journal(*store_, run, 2), Texts{"2+1:blob:" + name});
  const auto blob = store_->get_blob(name);
  ASSERT_EQ(outcome(blob), "ok");
  EXPECT_EQ(*blob, payload);
  EXPECT_EQ(outcome(store_->get_blob(sha256_hex("other"))), "not_found");
}

TEST_P(StoreConformance, AnotherStoreOnTheSameDatabaseReadsWhatIsCommitted) {
  const auto run = started();
  const auto other = database_->open();
  EXPECT_EQ(journal(*other, run), Texts{"1+1:created"});
  ASSERT_EQ(outcome(commit(next(run, 1, 2, "two"))), "ok");
  EXPECT_EQ(journal(*other, run), (Texts{"1+1:created", "2+1:two"}));
}

TEST_P(StoreConformance, AClosedStoreRefusesAppends) {
  const auto run = started();
  store_->close();
  store_->close();
  EXPECT_EQ(outcome(commit(next(run, 1, 2, "two"))), "store_failed");
  EXPECT_EQ(outcome(store_->claim(run)), "store_failed");
}

}  // namespace
}  // namespace skein::store::conformance
