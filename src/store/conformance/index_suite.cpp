#include "store/conformance/support.hpp"

namespace skein::store::conformance {
namespace {

TEST_P(StoreConformance, TheRowOfARunShowsItsSummaryAndFacts) {
  const auto run = started("report");
  auto append = next(run, 1, 2, "[two,three]");
  append.count = 2;
  append.summary = {RunStatus::failed, std::nullopt, 5, 3, 1, "fetch: timeout"};
  ASSERT_EQ(outcome(commit(append)), "ok");
  const auto row = store_->find_run(run);
  ASSERT_EQ(outcome(row), "ok");
  EXPECT_EQ(row->id, run);
  EXPECT_EQ(row->workflow, "report");
  EXPECT_EQ(row->definition_hash, "hash-of-report");
  EXPECT_EQ(row->created, at(0));
  EXPECT_EQ(row->updated, at(2));
  EXPECT_EQ(row->last_seq, 3U);
  EXPECT_EQ(row->epoch, 1U);
  EXPECT_TRUE(row->owned);
  EXPECT_EQ(row->summary, append.summary);
  EXPECT_EQ(row->origin, "");
  EXPECT_EQ(outcome(store_->find_run(new_id())), "not_found");
}

TEST_P(StoreConformance, TheRowOfARunShowsWhichRunItWasMadeFrom) {
  const auto run = started();
  auto append = creation(new_id());
  auto facts = *append.create;
  facts.origin = "retry of another";
  append.create = std::make_shared<NewRun>(std::move(facts));
  ASSERT_EQ(outcome(commit(append)), "ok");
  EXPECT_EQ(store_->find_run(append.run)->origin, "retry of another");
  EXPECT_EQ(store_->list_runs({})->front().origin, "retry of another");
  const auto made_from = [this](std::string origin, std::optional<RunId> after) {
    RunFilter filter;
    filter.origin = std::move(origin);
    filter.after = after;
    return store_->list_runs(filter);
  };
  EXPECT_EQ(made_from("retry of another", run)->size(), 1U) << "it is younger than that run";
  EXPECT_EQ(made_from("retry of another", append.run)->size(), 0U);
  EXPECT_EQ(made_from("retry of nobody", {})->size(), 0U);
  EXPECT_EQ(outcome(made_from({}, RunId{})), "not_found");
}

TEST_P(StoreConformance, TheSummaryFollowsEveryAppend) {
  const auto run = started();
  auto summary = running();
  for (std::uint64_t seq = 2; seq < 8; ++seq) {
    summary.tasks_completed = static_cast<std::uint32_t>(seq);
    summary.status = seq % 3 == 0 ? RunStatus::waiting : RunStatus::running;
    summary.next_due = seq % 2 == 0 ? std::optional(at(100 + static_cast<std::int64_t>(seq))) : std::nullopt;
    summary.error = seq == 5 ? "five" : "";
    ASSERT_EQ(outcome(commit(next(run, 1, seq, "x", summary))), "ok");
    EXPECT_EQ(store_->find_run(run)->summary, summary) << seq;
  }
}

TEST_P(StoreConformance, ListsAreNewestFirstAndPaged) {
  std::vector<RunId> runs;
  for (int i = 0; i < 5; ++i) runs.push_back(started());
  RunFilter filter;
  filter.limit = 2;
  std::vector<RunId> seen;
  for (;;) {
    const auto page = store_->list_runs(filter);
    ASSERT_EQ(outcome(page), "ok");
    if (page->empty()) break;
    EXPECT_LE(page->size(), 2U);
    for (const auto& row : *page) seen.push_back(row.id);
    filter.before = seen.back();
  }
  EXPECT_EQ(seen, std::vector<RunId>(runs.rbegin(), runs.rend()));
}

TEST_P(StoreConformance, ListsAreFiltered) {
  const auto a = started("a");
  const auto b = started("b");
  const auto done = released(ended());
  const auto ids = [&](const RunFilter& filter) {
    std::vector<RunId> found;
    for (const auto& row : store_->list_runs(filter).value()) found.push_back(row.id);
    return found;
  };
  EXPECT_EQ(ids({.status = {}, .workflow = "b", .created_after = {}, .before = {}}), std::vector{b});
  EXPECT_EQ(ids({.status = RunStatus::completed, .workflow = {}, .created_after = {}, .before = {}}), std::vector{done});
  EXPECT_EQ(ids({.status = RunStatus::running, .workflow = {}, .created_after = {}, .before = {}}), (std::vector{b, a}));
  EXPECT_EQ(ids({.status = RunStatus::failed, .workflow = {}, .created_after = {}, .before = {}}), std::vector<RunId>{});
  EXPECT_EQ(ids({.status = {}, .workflow = {}, .created_after = at(0), .before = {}}), std::vector<RunId>{});
  EXPECT_EQ(ids({.status = {}, .workflow = {}, .created_after = at(-1), .before = {}}).size(), 3U);
}

TEST_P(StoreConformance, RunsAreFoundByTheBeginningOfTheirId) {
  const auto first = started();
  const auto second = started();
  const auto find = [&](std::string_view prefix, std::size_t limit = 10) { return store_->find_by_prefix(prefix, limit); };
  EXPECT_EQ(find(first.str()).value(), std::vector{first});
  EXPECT_EQ(find(first.str().substr(0, 30)).value(), std::vector{first});
  EXPECT_EQ(find(first.str().substr(0, 6)).value(), (std::vector{first, second})) << "made within seconds: they share the first digits";
  EXPECT_EQ(find(first.str().substr(0, 6), 1).value().size(), 1U);
  EXPECT_EQ(find("ffffffff").value(), std::vector<RunId>{});
  EXPECT_EQ(find("no hex at all").value(), std::vector<RunId>{});
  EXPECT_EQ(find(first.str() + "0").value(), std::vector<RunId>{});
  EXPECT_EQ(outcome(find(first.str().substr(0, 3))), "invalid_argument");
}

TEST_P(StoreConformance, ADefinitionIsKeptByItsHash) {
  (void)started("a");
  (void)started("a");
  EXPECT_EQ(store_->definition("hash-of-a").value(), "{\"name\":\"a\"}");
  EXPECT_EQ(outcome(store_->definition("hash-of-b")), "not_found");
}

}  // namespace
}  // namespace skein::store::conformance
