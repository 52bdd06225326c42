#include "workflow/driver/engine.hpp"

#include <gtest/gtest.h>

#include "store/memory/memory_run_store.hpp"
#include "support/engine_harness.hpp"

namespace skein::workflow {
namespace {

using testing::EngineHarness;
using testing::make_definition;

Error transient() {
  return {.code = ErrorCode::connection_failed, .message = "connection refused", .context = {}, .retryable = true, .retry_after = {}};
}
Error final_error() {
  return {.code = ErrorCode::invalid_argument, .message = "bad request", .context = {}, .retryable = false, .retry_after = {}};
}

std::shared_ptr<Definition> with_kind(std::shared_ptr<Definition> definition, std::string kind) {
  definition->agents[0].kind = std::move(kind);
  return definition;
}

struct EngineTest : ::testing::Test {
  std::unique_ptr<store::RunStore> owned_store = store::make_memory_run_store();
  store::RunStore& store = *owned_store;
  EngineHarness h{store};

  std::vector<std::string> lines() { return h.recorder.lines; }
};

using Lines = std::vector<std::string>;

TEST_F(EngineTest, ARunIsAcknowledgedAndGoesToItsEnd) {
  const auto run = h.run(make_definition({{"a"}, {"b", {"a"}, false, "work", JsonObject{{"x", "{{a.result.n}}"}}}}));
  ASSERT_EQ(h.acknowledged.size(), 1U);
  EXPECT_EQ(*h.acknowledged[0], run);
  h.answer("a", AgentResponse::ok(JsonObject{{"n", 41}}));
  ASSERT_EQ(h.calls.started.size(), 2U);
  EXPECT_EQ(to_json(h.calls.started[1].parameters), R"({"x":41})");
  h.answer("b", AgentResponse::ok("done"));
  EXPECT_EQ(lines(),
            (Lines{"run_created", "attempt_started a#1", "task_completed a", "attempt_started b#1", "task_completed b", "run_completed"}));
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(h.engine->active_runs(), 0U);
}

TEST_F(EngineTest, ImmediateAgentsRunInlineHoweverLongTheChain) {
  std::vector<testing::TaskSpec> specs;
  for (int i = 0; i < 5'000; ++i)
    specs.push_back({"t" + std::to_string(i), i == 0 ? std::vector<std::string>{} : std::vector{"t" + std::to_string(i - 1)}});
  const auto run = h.run(with_kind(make_definition(specs), "inline"));
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(h.recorder.last_seq, 2U + 2U * 5'000U);
}

TEST_F(EngineTest, AnAgentThatThrowsHasFailed) {
  h.inline_agent = [](const AgentRequest&) -> AgentResponse { throw std::runtime_error("oops"); };
  const auto run = h.run(with_kind(make_definition({{"a"}}), "inline"));
  EXPECT_EQ(h.status(run), RunStatus::failed);
  EXPECT_EQ(store.find_run(run)->summary.error, "Task 'a' failed: the agent failed: oops");
}

TEST_F(EngineTest, RetriesWaitLongerEachTimeAndKeepTheirKey) {
  const auto run = h.run(make_definition({{"a"}}));
  h.answer("a", AgentResponse::failed(transient()));
  EXPECT_EQ(h.recorder.due, h.clock.now() + seconds{1});
  EXPECT_EQ(h.status(run), RunStatus::waiting);
  h.advance(milliseconds{999});
  EXPECT_EQ(h.calls.started.size(), 1U);
  h.advance(milliseconds{1});
  ASSERT_EQ(h.calls.started.size(), 2U);
  h.answer("a", AgentResponse::failed(transient()));
  h.advance(seconds{2});
  ASSERT_EQ(h.calls.started.size(), 3U);
  h.answer("a", AgentResponse::failed(transient()));
  EXPECT_EQ(h.status(run), RunStatus::failed);
  EXPECT_EQ(lines(), (Lines{"run_created", "attempt_started a#1", "attempt_failed a", "attempt_started a#2", "attempt_failed a",
                            "attempt_started a#3", "task_failed a", "run_failed"}));
  EXPECT_EQ(h.calls.started[0].key, h.calls.started[1].key);
  EXPECT_EQ(h.calls.started[0].key, h.calls.started[2].key);
  EXPECT_EQ(h.recorder.due, std::nullopt);
}

TEST_F(EngineTest, AFinalErrorIsNotTriedAgainUnlessTheDefinitionSaysSo) {
  auto definition = make_definition({{"a"}});
  h.run(definition);
  h.answer("a", AgentResponse::failed(final_error()));
  EXPECT_EQ(lines().back(), "run_failed");

  definition = make_definition({{"a"}});
  definition->agents[0].retry_on.codes.push_back(ErrorCode::invalid_argument);
  h.run(definition);
  h.answer("a", AgentResponse::failed(final_error()));
  EXPECT_EQ(lines().back(), "attempt_failed a");
}

TEST_F(EngineTest, TheTasksOwnTimeoutReachesTheCall) {
  auto definition = make_definition({{"a"}, {"b"}});
  definition->parallel_execution = true;
  definition->tasks[1].timeout = seconds{5};
  h.run(definition);
  EXPECT_EQ(h.calls.started[0].timeout, seconds{30});
  EXPECT_EQ(h.calls.started[1].timeout, seconds{5});
}

TEST_F(EngineTest, ABadExpressionFailsItsTaskOnly) {
  auto definition = make_definition({{"a", {}, false, "work", JsonObject{{"x", "{{secrets.MISSING}}"}}}, {"b"}});
  definition->failure_strategy = FailureStrategy::partial_completion_allowed;
  const auto run = h.run(definition);
  h.answer("b", AgentResponse::ok(1));
  EXPECT_EQ(h.status(run), RunStatus::partially_completed);
  EXPECT_EQ(h.calls.started.size(), 1U);
}

TEST_F(EngineTest, CancellingThroughTheInboxEndsTheCallInFlight) {
  const auto run = h.run(make_definition({{"a"}, {"b"}}));
  ASSERT_TRUE(store.post({.id = 0, .run = run, .kind = "cancel", .payload = R"({"reason":"not needed"})", .at = h.clock.now()}));
  h.engine->check_mail(run);
  EXPECT_EQ(h.calls.cancelled.size(), 1U);
  EXPECT_EQ(lines(),
            (Lines{"run_created", "attempt_started a#1", "stop_requested", "task_cancelled a", "task_skipped b", "run_cancelled"}));
  EXPECT_TRUE(h.calls.open.empty());
  EXPECT_EQ(store.find_run(run)->summary.error, "not needed");
  EXPECT_TRUE(store.inbox(run)->empty());
}

TEST_F(EngineTest, UnknownMailIsDroppedNotObeyed) {
  const auto run = h.run(make_definition({{"a"}}));
  ASSERT_TRUE(store.post({.id = 0, .run = run, .kind = "dance", .payload = "{}", .at = h.clock.now()}));
  h.engine->check_mail(run);
  h.answer("a", AgentResponse::ok(1));
  EXPECT_EQ(h.status(run), RunStatus::completed);
}

TEST_F(EngineTest, TheGlobalTimeoutCancelsWhatRuns) {
  auto definition = make_definition({{"a"}});
  definition->global_timeout = seconds{10};
  const auto run = h.run(definition);
  EXPECT_EQ(h.recorder.due, h.clock.now() + seconds{10});
  h.advance(seconds{10});
  EXPECT_EQ(h.status(run), RunStatus::failed);
  EXPECT_EQ(h.calls.cancelled.size(), 1U);
  EXPECT_NE(store.find_run(run)->summary.error.find("Workflow timeout"), std::string::npos);
}

TEST_F(EngineTest, ALateAnswerOfACancelledCallIsIgnored) {
  auto definition = make_definition({{"a"}});
  definition->global_timeout = seconds{10};
  h.run(definition);
  const auto call = h.calls.started[0].id;
  h.advance(seconds{10});
  h.engine->on_answer(call, AgentResponse::ok(1));
  EXPECT_EQ(lines().back(), "run_failed");
}

TEST_F(EngineTest, ADurableTimerNeedsNoCall) {
  const auto run =
      h.run(with_kind(make_definition({{"rest", {}, false, "wait_for", JsonObject{{"seconds", 60}}}, {"echo", {"rest"}}}), "pause"));
  EXPECT_EQ(h.status(run), RunStatus::waiting);
  EXPECT_EQ(store.find_run(run)->summary.next_due, h.clock.now() + seconds{60});
  h.advance(seconds{60});
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(lines(), (Lines{"run_created", "attempt_started rest#1", "task_completed rest", "attempt_started echo#1", "task_completed echo",
                            "run_completed"}));
}

TEST_F(EngineTest, ATimerThatCannotBeSetFailsItsTask) {
  const auto run = h.run(with_kind(make_definition({{"rest", {}, false, "wait_for", JsonObject{{"seconds", "soon"}}}}), "pause"));
  EXPECT_EQ(h.status(run), RunStatus::failed);
}

TEST_F(EngineTest, OutputsAreComputedAtTheEnd) {
  auto definition = make_definition({{"a"}});
  definition->outputs.push_back({.name = "twice", .value = Template::compile("{{a.result * 2}}").value()});
  h.run(definition);
  h.answer("a", AgentResponse::ok(21));
  EXPECT_EQ(lines().back(), "run_completed");

  definition = make_definition({{"a"}});
  definition->outputs.push_back({.name = "wrong", .value = Template::compile("{{a.result.x.y}}").value()});
  const auto run = h.run(definition);
  h.answer("a", AgentResponse::ok(21));
  EXPECT_EQ(lines().back(), "run_failed");
  EXPECT_NE(store.find_run(run)->summary.error.find("Output 'wrong'"), std::string::npos);
}

TEST_F(EngineTest, SecretsNeverReachTheJournal) {
  h.outside.secrets["KEY"] = "top-secret-value";
  h.secrets.add("top-secret-value");
  const auto run = h.run(make_definition({{"a", {}, false, "work", JsonObject{{"k", "{{secrets.KEY}}"}}}}));
  EXPECT_EQ(h.calls.started[0].parameters.at("k").get_string(), "top-secret-value");
  AgentResponse echo = AgentResponse::ok(JsonObject{{"you sent", "top-secret-value"}});
  echo.metadata["header"] = "top-secret-value";
  echo.emitted.push_back({.name = "note", .data = Json("top-secret-value")});
  h.answer("a", std::move(echo));
  std::string journal;
  ASSERT_TRUE(store.read_journal(run, 1, [&](const store::StoredEntry& entry) {
    journal += entry.text;
    return true;
  }));
  EXPECT_EQ(journal.find("top-secret-value"), std::string::npos);
  EXPECT_NE(journal.find("[redacted]"), std::string::npos);
}

// -- circuit breaker ------------------------------------------------------------------------------------------------------

std::shared_ptr<Definition> guarded() {
  auto definition = make_definition({{"a"}});
  definition->agents[0].circuit_breaker = resilience::BreakerPolicy{.failure_threshold = 2, .recovery_timeout = seconds{60}};
  definition->agents[0].retry.max_attempts = 2;
  return definition;
}

TEST_F(EngineTest, ABreakerCountsAttemptsOpensAndFailsFast) {
  const auto definition = guarded();
  h.run(definition);
  h.answer("a", AgentResponse::failed(transient()));
  h.advance(seconds{1});
  h.answer("a", AgentResponse::failed(transient()));
  EXPECT_EQ(h.transitions, (Lines{"test/worker open"}));
  const auto fast = guarded();
  fast->agents[0].retry_on.never_codes.push_back(ErrorCode::circuit_open);
  const auto refused = h.run(fast);
  EXPECT_EQ(h.calls.started.size(), 2U);  // nothing was sent
  EXPECT_EQ(store.find_run(refused)->summary.error, "Task 'a' failed: Circuit breaker is open");
  const auto patient = h.run(definition);
  EXPECT_EQ(h.calls.started.size(), 2U);
  EXPECT_EQ(store.find_run(patient)->summary.next_due, h.clock.now() + seconds{60});  // when a probe may go out
  h.advance(seconds{60});  // it is the probe, the only one
  h.run(definition);
  EXPECT_EQ(h.calls.started.size(), 3U);
  h.answer("a", AgentResponse::ok(1));
  EXPECT_EQ(h.transitions, (Lines{"test/worker open", "test/worker half_open", "test/worker closed"}));
  h.run(definition);
  EXPECT_EQ(h.calls.started.size(), 4U);
}

TEST_F(EngineTest, ARetryThatIsDueWhileTheRunStopsIsCancelledNotStarted) {
  auto definition = with_kind(
      make_definition({{"bad"}, {"flaky"}, {"rest", {}, false, "wait_for", JsonObject{{"seconds", "{{inputs.rest}}"}}}}), "pause");
  definition->parallel_execution = true;
  definition->agents.push_back(definition->agents[0]);
  definition->agents[1].name = "remote";
  definition->agents[1].kind = "test";
  definition->tasks[0].agent = 1;
  definition->tasks[1].agent = 1;
  const auto run = h.run(definition, JsonObject{{"rest", 1}});
  h.answer("flaky", AgentResponse::failed(transient()));
  h.clock.advance(seconds{1});  // its retry and the timer are due, but nobody has looked yet
  h.answer("bad", AgentResponse::failed(final_error()));
  EXPECT_EQ(h.status(run), RunStatus::failed);
  EXPECT_EQ(h.calls.started.size(), 2U);
}

TEST_F(EngineTest, AnOpenBreakerSurvivesARestart) {
  const auto definition = guarded();
  h.run(definition);
  h.answer("a", AgentResponse::failed(transient()));
  h.advance(seconds{1});
  h.answer("a", AgentResponse::failed(transient()));
  EngineHarness later(store);
  later.clock.advance(seconds{2});
  later.run(definition);
  EXPECT_TRUE(later.calls.started.empty());
}

TEST_F(EngineTest, ErrorsOfTheCallerDoNotOpenABreaker) {
  const auto definition = guarded();
  for (int i = 0; i < 5; ++i) {
    h.run(definition);
    h.answer("a", AgentResponse::failed(final_error()));
  }
  EXPECT_TRUE(h.transitions.empty());
}

// -- resuming ---------------------------------------------------------------------------------------------------------------

TEST_F(EngineTest, AnotherOwnerRepeatsOnlyWhatWasInFlightWithTheSameKey) {
  auto definition = make_definition({{"a"}, {"b"}, {"c"}});
  definition->parallel_execution = true;
  const auto run = h.run(definition);
  h.answer("a", AgentResponse::ok("paid"));
  const auto first = h.calls.started;
  h.engine->abandon_all();

  EngineHarness next(store);
  const auto claimed = store.claim(run);
  ASSERT_TRUE(claimed);
  ASSERT_TRUE(next.engine->adopt(*claimed, definition));
  ASSERT_EQ(next.calls.started.size(), 2U);
  EXPECT_EQ(next.calls.started[0].task, "b");
  EXPECT_EQ(next.calls.started[0].attempt, 1U);
  EXPECT_EQ(next.calls.started[0].key, first[1].key);
  EXPECT_EQ(next.calls.started[1].key, first[2].key);
  next.answer("b", AgentResponse::ok(2));
  next.answer("c", AgentResponse::ok(3));
  EXPECT_EQ(next.status(run), RunStatus::completed);
  EXPECT_EQ(next.recorder.lines.front(), "run_resumed");
}

TEST_F(EngineTest, AnEffectInFlightFailsWithOutcomeUnknown) {
  auto definition = make_definition({{"pay", {}, false, "work", JsonObject{}, true}});
  const auto run = h.run(definition);
  h.engine->abandon_all();
  EngineHarness next(store);
  ASSERT_TRUE(next.engine->adopt(*store.claim(run), definition));
  EXPECT_TRUE(next.calls.started.empty());
  EXPECT_EQ(next.status(run), RunStatus::failed);
  EXPECT_NE(store.find_run(run)->summary.error.find("outcome of 'pay' is unknown"), std::string::npos);
}

TEST_F(EngineTest, TimersAndDeadlinesSurviveARestartAndDowntimeCounts) {
  auto definition = with_kind(make_definition({{"rest", {}, false, "wait_for", JsonObject{{"seconds", 60}}}}), "pause");
  const auto run = h.run(definition);
  h.engine->abandon_all();
  EngineHarness next(store);
  next.clock.advance(seconds{3600});
  ASSERT_TRUE(next.engine->adopt(*store.claim(run), definition));
  EXPECT_EQ(next.status(run), RunStatus::completed);
  EXPECT_EQ(next.recorder.lines, (Lines{"run_resumed", "task_completed rest", "run_completed"}));
}

TEST_F(EngineTest, ACancelThatWaitedInTheInboxIsObeyedBeforeAnythingIsRepeated) {
  auto definition = make_definition({{"a"}});
  const auto run = h.run(definition);
  h.engine->abandon_all();
  ASSERT_TRUE(store.post({.id = 0, .run = run, .kind = "cancel", .payload = "{}", .at = h.clock.now()}));
  EngineHarness next(store);
  ASSERT_TRUE(next.engine->adopt(*store.claim(run), definition));
  EXPECT_TRUE(next.calls.started.empty());
  EXPECT_EQ(next.status(run), RunStatus::cancelled);
}

TEST_F(EngineTest, ARunThatOnlyWaitsLeavesMemory) {
  EngineHarness worker(store, {.sleep_after = seconds{5}});
  auto definition = with_kind(make_definition({{"rest", {}, false, "wait_for", JsonObject{{"seconds", 60}}}}), "pause");
  const auto run = worker.run(definition);
  EXPECT_EQ(worker.recorder.asleep, 1);
  EXPECT_EQ(worker.engine->active_runs(), 0U);
  EXPECT_TRUE(store.claim_runnable(worker.clock.now(), 10)->empty());
  worker.clock.advance(seconds{60});
  const auto due = store.claim_runnable(worker.clock.now(), 10);
  ASSERT_EQ(due->size(), 1U);
  ASSERT_TRUE(worker.engine->adopt((*due)[0], definition));
  EXPECT_EQ(worker.status(run), RunStatus::completed);
}

TEST_F(EngineTest, AFinalRunIsNotAdopted) {
  auto definition = with_kind(make_definition({{"a"}}), "inline");
  const auto run = h.run(definition);
  EXPECT_EQ(h.engine->adopt(*store.claim(run), definition).value(), Engine::Adopted::already_final);
  EXPECT_EQ(h.engine->active_runs(), 0U);
}

TEST_F(EngineTest, ARunThatSomebodyElseTookIsLost) {
  const auto run = h.run(make_definition({{"a"}}));
  ASSERT_TRUE(store.release(run, 1));
  ASSERT_TRUE(store.claim(run));  // a new epoch
  h.answer("a", AgentResponse::ok(1));
  ASSERT_EQ(h.recorder.lost.size(), 1U);
  EXPECT_EQ(h.recorder.lost[0].code, ErrorCode::conflict);
  EXPECT_EQ(h.engine->active_runs(), 0U);
  EXPECT_EQ(h.engine->find(run), nullptr);
}

}  // namespace
}  // namespace skein::workflow
