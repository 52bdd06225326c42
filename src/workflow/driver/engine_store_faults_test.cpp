#include <gtest/gtest.h>

#include "store/memory/memory_run_store.hpp"
#include "support/engine_harness.hpp"
#include "support/flaky_store.hpp"
#include "workflow/driver/engine.hpp"

namespace skein::workflow {
namespace {

using testing::EngineHarness;
using testing::make_definition;
using Lines = std::vector<std::string>;

Error store_error(ErrorCode code) {
  return {.code = code, .message = "store: no room", .context = {}, .retryable = true, .retry_after = {}};
}

struct StoreFaults : ::testing::Test {
  testing::FlakyStore store{store::make_memory_run_store()};
  EngineHarness h{store};
};

TEST_F(StoreFaults, AFullDiskRefusesNewRuns) {
  store.refuse = store_error(ErrorCode::store_full);
  h.run(make_definition({{"a"}}));
  ASSERT_EQ(h.acknowledged.size(), 1U);
  EXPECT_EQ(h.acknowledged[0].error().code, ErrorCode::store_full);
  EXPECT_EQ(h.engine->active_runs(), 0U);
  store.refuse.reset();
  const auto run = h.run(make_definition({{"a"}}));
  h.answer("a", AgentResponse::ok(1));
  EXPECT_EQ(h.status(run), RunStatus::completed);
}

TEST_F(StoreFaults, AResultThatCouldNotBeWrittenIsKeptUntilThereIsRoom) {
  const auto run = h.run(make_definition({{"a"}, {"b"}}));
  store.refuse = store_error(ErrorCode::store_full);
  h.answer("a", AgentResponse::ok("paid for"));
  EXPECT_EQ(h.calls.started.size(), 1U);  // nothing begins before the commit
  EXPECT_EQ(h.recorder.lines, (Lines{"run_created", "attempt_started a#1"}));
  h.advance(seconds{1});
  h.advance(seconds{1});
  EXPECT_GE(store.refused, 3);
  store.refuse.reset();
  h.advance(seconds{1});
  EXPECT_EQ(h.calls.started.size(), 2U);
  h.answer("b", AgentResponse::ok(2));
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(h.recorder.lines,
            (Lines{"run_created", "attempt_started a#1", "task_completed a", "attempt_started b#1", "task_completed b", "run_completed"}));
}

TEST_F(StoreFaults, AnAmbiguousCommitIsNotWrittenTwice) {
  const auto run = h.run(make_definition({{"a"}, {"b"}}));
  store.lie_once = store_error(ErrorCode::store_failed);
  h.answer("a", AgentResponse::ok(1));
  EXPECT_EQ(h.calls.started.size(), 1U);
  h.advance(seconds{1});
  EXPECT_EQ(h.calls.started.size(), 2U);
  h.answer("b", AgentResponse::ok(2));
  EXPECT_EQ(h.status(run), RunStatus::completed);
  int completed = 0;
  ASSERT_TRUE(store.read_journal(run, 1, [&](const store::StoredEntry& entry) {
    for (auto at = entry.text.find("task_completed"); at != std::string::npos; at = entry.text.find("task_completed", at + 1)) ++completed;
    return true;
  }));
  EXPECT_EQ(completed, 2);
}

/// A call, then a rest of a minute.
std::shared_ptr<Definition> call_and_rest() {
  auto definition = make_definition({{"a"}, {.name = "rest", .action = "wait_for", .parameters = JsonObject{{"seconds", 60}}}});
  definition->agents.push_back(definition->agents[0]);
  definition->agents[1].name = "pauser";
  definition->agents[1].kind = "pause";
  definition->tasks[1].agent = 1;
  return definition;
}

TEST_F(StoreFaults, ARunThatAnAmbiguousCommitPutToSleepCanBeClaimed) {
  EngineHarness sleepy(store, {.sleep_after = seconds{5}});
  const auto definition = call_and_rest();
  const auto run = sleepy.run(definition);
  store.lie_once = store_error(ErrorCode::store_failed);
  sleepy.answer("a", AgentResponse::ok(1));
  sleepy.advance(seconds{1});
  EXPECT_FALSE(sleepy.engine->drives(run));
  sleepy.advance(seconds{60});
  const auto claimed = store.claim_runnable(sleepy.clock.now(), 10);
  ASSERT_EQ(claimed->size(), 1U) << "nobody drives it";
  ASSERT_TRUE(sleepy.engine->adopt(claimed->front(), definition));
  EXPECT_EQ(sleepy.status(run), RunStatus::completed);
}

TEST_F(StoreFaults, ARunThatSomebodyElseDroveOnAfterAnAmbiguousCommitIsLost) {
  EngineHarness sleepy(store, {.sleep_after = seconds{5}});
  const auto definition = call_and_rest();
  const auto run = sleepy.run(definition);
  store.lie_once = store_error(ErrorCode::store_failed);
  sleepy.answer("a", AgentResponse::ok(1));
  // Before the owner looks again the run is claimed, driven on and put to sleep.
  auto& other_store = store.inner();
  EngineHarness other(other_store, {.sleep_after = seconds{5}});
  const auto claimed = other_store.claim(run);
  ASSERT_TRUE(claimed);
  ASSERT_TRUE(other.engine->adopt(*claimed, definition));
  EXPECT_FALSE(other.engine->drives(run));
  sleepy.advance(seconds{1});
  EXPECT_FALSE(sleepy.engine->drives(run));
  ASSERT_EQ(sleepy.recorder.lost.size(), 1U);
  EXPECT_EQ(sleepy.recorder.lost[0].code, ErrorCode::conflict);
  EXPECT_FALSE(store.find_run(run)->owned);
}

TEST_F(StoreFaults, ARunThatIsTakenUpAgainHereAfterAnAmbiguousCommitIsDrivenOnce) {
  EngineHarness sleepy(store, {.sleep_after = seconds{5}});
  const auto definition = call_and_rest();
  const auto run = sleepy.run(definition);
  store.lie_once = store_error(ErrorCode::store_failed);
  sleepy.answer("a", AgentResponse::ok(1));
  const auto claimed = store.claim(run);
  ASSERT_TRUE(claimed);
  ASSERT_TRUE(sleepy.engine->adopt(*claimed, definition));
  EXPECT_EQ(sleepy.engine->active_runs(), 0U) << "it sleeps";
  EXPECT_FALSE(store.find_run(run)->owned);
}

TEST_F(StoreFaults, ARunWhoseCreationIsAmbiguousIsLeftToWhoeverClaimsIt) {
  store.lie_once = store_error(ErrorCode::store_failed);
  h.run(make_definition({{"a"}}));
  ASSERT_EQ(h.acknowledged.size(), 1U);
  EXPECT_FALSE(h.acknowledged[0]);
  EXPECT_EQ(store.claim_runnable(h.clock.now(), 10)->size(), 1U) << "it would be a ghost that nobody drives";
}

TEST_F(StoreFaults, ABreakersTransitionHoldsEvenWhereItCannotBeStored) {
  auto definition = make_definition({{"a"}});
  definition->agents[0].circuit_breaker = resilience::BreakerPolicy{.failure_threshold = 1, .recovery_timeout = seconds{60}};
  h.run(definition);
  store.refuse = store_error(ErrorCode::store_full);
  h.answer("a", AgentResponse::failed(
                    {.code = ErrorCode::timeout, .message = "Request timeout", .context = {}, .retryable = false, .retry_after = {}}));
  EXPECT_EQ(h.transitions, (Lines{"test/worker open"}));
  ASSERT_EQ(h.breakers.list().size(), 1U);
  EXPECT_EQ(h.breakers.list()[0].phase, resilience::BreakerPhase::open);
}

}  // namespace
}  // namespace skein::workflow
