#include "workflow/run_state.hpp"

#include <gtest/gtest.h>

#include "workflow/test_machine.hpp"

namespace skein::workflow {
namespace {

using testing::make_definition;
using Strategy = FailureStrategy;

TEST(RunState, ASequentialRunGoesInFileOrderAndRespectsDependencies) {
  Machine m(make_definition({{"late", {"first"}}, {"first"}, {"last"}}));
  EXPECT_EQ(m.startable(), "first ");
  m.start("first");
  EXPECT_EQ(m.startable(), "");
  m.complete("first");
  EXPECT_EQ(m.startable(), "late ");
  m.start("late");
  m.complete("late", 7);
  m.start("last");
  m.complete("last");
  m.settle();
  EXPECT_EQ(m.state.status(), RunStatus::completed);
  EXPECT_EQ(m.state.completed_tasks(), 3U);
  EXPECT_EQ(*m.state.tasks()[0].result, Json(7));
}

TEST(RunState, AParallelRunStartsEachTaskTheMomentItsOwnNeedsAreMet) {
  auto definition = make_definition({{"a"}, {"slow"}, {"b", {"a"}}, {"join", {"b", "slow"}}});
  definition->parallel_execution = true;
  Machine m(definition);
  EXPECT_EQ(m.startable(), "a slow ");
  m.start("a");
  m.start("slow");
  m.complete("a");
  EXPECT_EQ(m.startable(), "b ");  // although `slow` still runs: no barrier
  m.start("b");
  m.complete("b");
  EXPECT_EQ(m.startable(), "");
  m.complete("slow");
  EXPECT_EQ(m.startable(), "join ");
}

TEST(RunState, TheCapCountsAttemptsThatRun) {
  auto definition = make_definition({{"a"}, {"b"}, {"c"}});
  definition->parallel_execution = true;
  definition->max_parallel_tasks = 2;
  Machine m(definition);
  EXPECT_EQ(m.startable(), "a b ");
  m.start("a");
  m.start("b");
  EXPECT_EQ(m.startable(), "");
  EXPECT_EQ(m.state.running(), 2U);
  m.retry("a", t0 + seconds{5});  // a task that waits for its retry holds no place
  EXPECT_EQ(m.startable(), "c ");
  m.start("c");
  m.now = t0 + seconds{5};
  EXPECT_EQ(m.startable(), "");  // due, but there is no room
  EXPECT_EQ(m.state.next_due(m.now), std::nullopt);
  m.complete("b");
  EXPECT_EQ(m.startable(), "a ");
}

TEST(RunState, ARetryIsOfferedWhenItIsDueWithTheNextNumber) {
  Machine m(make_definition({{"a"}, {"b"}}));
  m.start("a");
  m.retry("a", t0 + seconds{3});
  EXPECT_EQ(m.status("a"), TaskStatus::retrying);
  EXPECT_EQ(m.state.status(), RunStatus::waiting);
  EXPECT_EQ(m.startable(), "");  // sequential: `b` waits for `a`
  EXPECT_EQ(m.state.next_due(t0), t0 + seconds{3});
  m.now = t0 + seconds{3};
  const auto actions = m.offered();
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(std::get<StartAttempt>(actions[0]).attempt.attempt, 2U);
  m.start("a");
  EXPECT_EQ(m.state.status(), RunStatus::running);
  EXPECT_EQ(m.state.in_flight(), (std::vector<Attempt>{{.task = 0, .activation = 1, .attempt = 2}}));
  m.complete("a");
  EXPECT_TRUE(m.state.in_flight().empty());
}

TEST(RunState, ATimerTaskFiresOnceWhenItIsDue) {
  Machine m(make_definition({{"pause"}}));
  m.start("pause", t0 + seconds{60});
  EXPECT_EQ(m.status("pause"), TaskStatus::waiting);
  EXPECT_EQ(m.state.status(), RunStatus::waiting);
  EXPECT_TRUE(m.state.in_flight().empty());
  m.now = t0 + seconds{59};
  EXPECT_TRUE(m.offered().empty());
  m.now = t0 + seconds{60};
  ASSERT_EQ(m.offered().size(), 1U);
  EXPECT_TRUE(std::holds_alternative<FireTimer>(m.offered()[0]));
  m.complete("pause");
  ASSERT_EQ(m.offered().size(), 1U);
  EXPECT_TRUE(std::holds_alternative<FinishRun>(m.offered()[0]));
}

// -- failure strategies: a test a cell of the table in docs/workflow-format.md --------------------------------------------

struct Cell {
  Strategy strategy;
  bool tolerated;
  RunStatus run;
  TaskStatus dependent;
  TaskStatus independent;
};

class FailureTable : public ::testing::TestWithParam<Cell> {};

TEST_P(FailureTable, OneTaskFailsBesideADependentAndAnIndependentOne) {
  const auto& cell = GetParam();
  for (const bool parallel : {false, true}) {
    auto definition = make_definition({{"bad", {}, cell.tolerated}, {"needs_bad", {"bad"}}, {"independent"}});
    definition->parallel_execution = parallel;
    definition->failure_strategy = cell.strategy;
    Machine m(definition);
    m.start("bad");
    if (parallel) m.start("independent");
    m.fail("bad");
    m.settle();
    for (const auto* name : {"needs_bad", "independent"}) {
      if (m.startable().find(name) != std::string::npos) m.start(name);
      if (m.status(name) == TaskStatus::running) m.complete(name);
      m.settle();
    }
    EXPECT_EQ(m.state.status(), cell.run);
    EXPECT_EQ(m.status("needs_bad"), cell.dependent);
    const auto expected = parallel && cell.independent == TaskStatus::skipped ? TaskStatus::cancelled : cell.independent;
    EXPECT_EQ(m.status("independent"), expected);
    EXPECT_EQ(m.state.error().empty(), cell.run == RunStatus::completed);
    EXPECT_EQ(m.state.failed_tasks(), 1U);
  }
}

INSTANTIATE_TEST_SUITE_P(
    EveryCell, FailureTable,
    ::testing::Values(
        Cell{Strategy::stop_on_first_failure, false, RunStatus::failed, TaskStatus::skipped, TaskStatus::skipped},
        Cell{Strategy::stop_on_first_failure, true, RunStatus::completed, TaskStatus::completed, TaskStatus::completed},
        Cell{Strategy::continue_on_failure, false, RunStatus::failed, TaskStatus::skipped, TaskStatus::completed},
        Cell{Strategy::continue_on_failure, true, RunStatus::completed, TaskStatus::completed, TaskStatus::completed},
        Cell{Strategy::partial_completion_allowed, false, RunStatus::partially_completed, TaskStatus::skipped, TaskStatus::completed},
        Cell{Strategy::partial_completion_allowed, true, RunStatus::completed, TaskStatus::completed, TaskStatus::completed}));

TEST(RunState, PartialCompletionNeedsOneCompletedTask) {
  auto definition = make_definition({{"a"}, {"b"}});
  definition->failure_strategy = Strategy::partial_completion_allowed;
  Machine m(definition);
  m.start("a");
  m.fail("a");
  m.start("b");
  m.fail("b");
  m.settle();
  EXPECT_EQ(m.state.status(), RunStatus::failed);
  EXPECT_EQ(m.state.error(), "Task 'a' failed: it broke");
}

TEST(RunState, SkippingGoesOnThroughDependents) {
  auto definition = make_definition({{"a"}, {"b", {"a"}}, {"c", {"b"}}, {"d", {"a", "b"}}});
  definition->failure_strategy = Strategy::continue_on_failure;
  Machine m(definition);
  m.start("a");
  m.fail("a");
  m.settle();
  EXPECT_EQ(m.state.status(), RunStatus::failed);
  for (const auto* name : {"b", "c", "d"}) EXPECT_EQ(m.status(name), TaskStatus::skipped) << name;
  EXPECT_EQ(m.state.tasks()[1].skip_reason, "task 'a' failed");
  EXPECT_EQ(m.state.tasks()[2].skip_reason, "task 'b' was skipped");
}

TEST(RunState, ATaskWithOneFailedAndOneOpenNeedIsSkippedAtOnce) {
  auto definition = make_definition({{"bad"}, {"slow"}, {"join", {"bad", "slow"}}});
  definition->failure_strategy = Strategy::continue_on_failure;
  definition->parallel_execution = true;
  Machine m(definition);
  m.start("bad");
  m.start("slow");
  m.fail("bad");
  m.settle();
  EXPECT_EQ(m.status("join"), TaskStatus::skipped);
  m.complete("slow");  // its end must not make `join` ready again
  m.settle();
  EXPECT_EQ(m.state.status(), RunStatus::failed);
}

TEST(RunState, StoppingCancelsWhatRunsAndWhatWaits) {
  auto definition = make_definition({{"bad"}, {"running"}, {"retrying"}, {"waiting"}, {"pending", {"running"}}});
  definition->parallel_execution = true;
  Machine m(definition);
  m.start("bad");
  m.start("running");
  m.start("retrying");
  m.start("waiting", t0 + seconds{100});
  m.retry("retrying", t0 + seconds{10});
  m.fail("bad");
  EXPECT_EQ(m.startable(), "");
  // A call that ends before it could be cancelled keeps its result, and a failure of it is not tried again.
  auto beside = m;
  beside.retry("running", t0 + seconds{1});
  beside.settle();
  EXPECT_EQ(beside.status("running"), TaskStatus::cancelled);
  beside = m;
  beside.fail("running");
  beside.settle();
  EXPECT_EQ(beside.state.error(), "Task 'bad' failed: it broke");
  m.settle();
  EXPECT_EQ(m.state.status(), RunStatus::failed);
  EXPECT_EQ(m.status("running"), TaskStatus::cancelled);
  EXPECT_EQ(m.status("retrying"), TaskStatus::cancelled);
  EXPECT_EQ(m.status("waiting"), TaskStatus::cancelled);
  EXPECT_EQ(m.status("pending"), TaskStatus::skipped);
  EXPECT_EQ(m.state.tasks()[4].skip_reason, "the run stopped");
  EXPECT_EQ(m.state.next_due(t0), std::nullopt);
}

TEST(RunState, TheDeadlineStopsTheRun) {
  Machine m(make_definition({{"a"}, {"b"}}), t0 + seconds{10});
  EXPECT_EQ(m.state.deadline(), t0 + seconds{10});
  m.start("a");
  EXPECT_EQ(m.state.next_due(t0), t0 + seconds{10});
  m.now = t0 + seconds{10};
  ASSERT_EQ(m.offered().size(), 1U);
  EXPECT_TRUE(std::holds_alternative<ExpireRun>(m.offered()[0]));
  m.must({.at = m.now, .body = StopRequested{.reason = StopReason::timed_out, .message = "too long"}});
  m.settle();
  EXPECT_EQ(m.state.status(), RunStatus::failed);
  EXPECT_EQ(m.state.error(), "too long");
  EXPECT_EQ(m.status("a"), TaskStatus::cancelled);
  EXPECT_EQ(m.status("b"), TaskStatus::skipped);
  EXPECT_EQ(m.state.finished(), m.now);
}

TEST(RunState, ANearerDeadlineIsTheNextDueInstant) {
  Machine m(make_definition({{"a"}}), t0 + seconds{10});
  m.start("a");
  m.retry("a", t0 + seconds{20});
  EXPECT_EQ(m.state.next_due(t0), t0 + seconds{10});
  Machine other(make_definition({{"a"}}), t0 + seconds{30});
  other.start("a");
  other.retry("a", t0 + seconds{20});
  EXPECT_EQ(other.state.next_due(t0), t0 + seconds{20});
}

TEST(RunState, CancellingTwiceIsCancellingOnce) {
  Machine m(make_definition({{"a"}}));
  m.must({.at = t0, .body = StopRequested{.reason = StopReason::cancelled, .message = "enough"}});
  m.must({.at = t0, .body = StopRequested{.reason = StopReason::timed_out, .message = "too late"}});
  m.settle();
  EXPECT_EQ(m.state.status(), RunStatus::cancelled);
  EXPECT_EQ(m.state.error(), "enough");
}

TEST(RunState, ActionsAreOfferedUntilTheyAreAnswered) {
  Machine m(make_definition({{"a"}}));
  EXPECT_EQ(m.offered().size(), 1U);
  EXPECT_EQ(m.offered().size(), 1U);
  m.start("a");
  EXPECT_TRUE(m.offered().empty());
}

TEST(RunState, NothingIsOfferedBeforeTheBeginningAndAfterTheEnd) {
  RunState fresh(make_definition({{"a"}}));
  std::vector<Action> out;
  fresh.next_actions(t0, out);
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(fresh.status(), RunStatus::pending);
  Machine m(make_definition({{"a"}}));
  m.start("a");
  m.complete("a");
  m.settle();
  EXPECT_TRUE(m.offered().empty());
  EXPECT_EQ(m.state.next_due(t0), std::nullopt);
  m.must_not(RunResumed{.epoch = 2});
}

TEST(RunState, RefusesEventsThatCannotBe) {
  auto definition = make_definition({{"a"}, {"b", {"a"}}});
  RunState fresh(definition);
  EXPECT_FALSE(fresh.apply({.at = t0, .body = RunResumed{}}));
  EXPECT_FALSE(fresh.apply({.at = t0, .body = RunCreated{.definition_hash = "another", .inputs = json(JsonObject{}), .deadline = {}}}));

  Machine m(definition);
  m.must_not(RunCreated{.definition_hash = definition->hash, .inputs = json(JsonObject{}), .deadline = {}});
  m.must_not(AttemptStarted{.attempt = {.task = 9, .activation = 1, .attempt = 1}, .wake_at = {}});
  m.must_not(AttemptStarted{.attempt = {.task = 1, .activation = 1, .attempt = 1}, .wake_at = {}});
  m.must_not(AttemptStarted{.attempt = {.task = 0, .activation = 1, .attempt = 2}, .wake_at = {}});
  m.must_not(AttemptStarted{.attempt = {.task = 0, .activation = 2, .attempt = 1}, .wake_at = {}});
  m.must_not(TaskCompleted{.attempt = {.task = 0, .activation = 1, .attempt = 1}, .result = json(1), .metadata = {}, .duration = {}});
  m.must_not(TaskSkipped{.task = 0, .reason = "why"});
  m.must_not(TaskCancelled{.task = 0});
  m.must_not(RunFinished{.status = RunStatus::completed, .error = {}, .outputs = {}});
  m.start("a");
  m.must_not(AttemptStarted{.attempt = {.task = 0, .activation = 1, .attempt = 2}, .wake_at = {}});
  m.must_not(TaskFailed{.attempt = {.task = 0, .activation = 1, .attempt = 2}, .error = broken(), .duration = {}});
  m.must_not(TaskFailed{.attempt = {.task = 0, .activation = 2, .attempt = 1}, .error = broken(), .duration = {}});
  m.must_not(AttemptFailed{.attempt = {.task = 1, .activation = 1, .attempt = 0}, .error = broken(), .duration = {}, .retry_at = t0});
  m.must({.at = t0, .body = RunResumed{.epoch = 2}});
  m.must({.at = t0, .body = Emission{.task = 0, .name = "note", .data = json(1)}});
  m.must({.at = t0, .body = StopRequested{.reason = StopReason::cancelled, .message = "x"}});
  m.must_not(AttemptStarted{.attempt = {.task = 1, .activation = 1, .attempt = 1}, .wake_at = {}});
  m.settle();
  Machine done(make_definition({{"a"}}));
  done.start("a");
  done.complete("a");
  done.must_not(RunFinished{.status = RunStatus::running, .error = {}, .outputs = {}});
}

TEST(RunState, ACopyIsIndependent) {
  Machine m(make_definition({{"a"}, {"b"}}));
  m.start("a");
  auto fork = m;
  fork.fail("a");
  fork.settle();
  EXPECT_EQ(fork.state.status(), RunStatus::failed);
  EXPECT_EQ(m.state.status(), RunStatus::running);
  m.complete("a");
  EXPECT_EQ(m.startable(), "b ");
}

TEST(RunState, LargeFanOutsCostWhatTheyReturn) {
  std::vector<testing::TaskSpec> specs{{"root"}};
  for (int i = 0; i < 20'000; ++i) specs.push_back({"t" + std::to_string(i), {"root"}});
  auto definition = make_definition(specs);
  definition->parallel_execution = true;
  Machine m(definition);
  m.start("root");
  m.complete("root");
  EXPECT_EQ(m.offered().size(), 20'000U);
  for (TaskIndex i = 1; i <= 20'000; ++i)
    m.must({.at = t0, .body = AttemptStarted{.attempt = {.task = i, .activation = 1, .attempt = 1}, .wake_at = {}}});
  EXPECT_TRUE(m.offered().empty());
  EXPECT_EQ(m.state.running(), 20'000U);
}

}  // namespace
}  // namespace skein::workflow
