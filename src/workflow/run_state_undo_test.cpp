#include "workflow/test_machine.hpp"

namespace skein::workflow {
namespace {

/// book → pay → ship; the first two can be undone.
DefinitionPtr order(OnFailure on_failure = OnFailure::compensate) {
  const Json undo = JsonObject{};
  auto definition = testing::make_definition(
      {{.name = "book", .undo = undo}, {.name = "pay", .needs = {"book"}, .undo = undo}, {.name = "ship", .needs = {"pay"}}});
  definition->on_failure = on_failure;
  return definition;
}

/// The undo step that is offered; empty where none is.
std::string offered_undo(Machine& machine) {
  for (const auto& action : machine.offered()) {
    if (const auto* start = std::get_if<StartAttempt>(&action))
      return machine.state.definition().tasks[start->attempt.task].name + ":" + std::to_string(start->attempt.activation);
  }
  return {};
}

/// Starts the first attempt of an undo step.
void start_undo(Machine& machine, std::string_view name, std::uint32_t activation = 1, std::string signal = {}) {
  const auto index = *machine.state.definition().find_task(name);
  machine.must({.at = machine.now,
                .body = AttemptStarted{
                    .attempt = {.task = index, .activation = activation, .attempt = 1}, .wake_at = {}, .signal = std::move(signal)}});
}

void undo_begins(Machine& machine, std::string reason = "it failed") {
  machine.must({.at = machine.now, .body = CompensationStarted{.reason = std::move(reason)}});
}

Machine failed_order(OnFailure on_failure = OnFailure::compensate) {
  Machine machine(order(on_failure));
  machine.start("book");
  machine.complete("book");
  machine.start("pay");
  machine.complete("pay");
  machine.start("ship");
  machine.fail("ship");
  return machine;
}

const FinishRun* offered_end(const std::vector<Action>& actions) {
  return actions.empty() ? nullptr : std::get_if<FinishRun>(&actions.back());
}

TEST(Undo, AFailedRunUndoesNewestFirst) {
  auto machine = failed_order();
  const auto offered = machine.offered();
  ASSERT_EQ(offered.size(), 1U);
  ASSERT_TRUE(std::holds_alternative<StartCompensation>(offered[0]));
  EXPECT_EQ(std::get<StartCompensation>(offered[0]).reason, "Task 'ship' failed: it broke");
  undo_begins(machine);
  EXPECT_TRUE(machine.state.compensating());
  EXPECT_EQ(offered_undo(machine), "pay/undo:1");
  machine.must_not(AttemptStarted{.attempt = {.task = 3}, .wake_at = {}, .signal = {}});  // book before pay
  start_undo(machine, "pay/undo");
  EXPECT_TRUE(machine.offered().empty());
  machine.must_not(AttemptStarted{.attempt = {.task = 3}, .wake_at = {}, .signal = {}});  // two at a time
  machine.complete("pay/undo");
  EXPECT_EQ(machine.status("pay"), TaskStatus::compensated);
  EXPECT_EQ(offered_undo(machine), "book/undo:1");
  start_undo(machine, "book/undo");
  machine.complete("book/undo");
  machine.settle();
  EXPECT_EQ(machine.state.status(), RunStatus::failed);
  EXPECT_EQ(machine.state.error(), "Task 'ship' failed: it broke");
  EXPECT_EQ(machine.state.completed_tasks(), 2U) << "undo steps are no tasks";
}

TEST(Undo, BeginsAtTheEndOfTheRunAndOnce) {
  Machine machine(order());
  machine.start("book");
  machine.complete("book");
  machine.must_not(CompensationStarted{.reason = "too early"});
  auto failed = failed_order();
  undo_begins(failed);
  failed.must_not(CompensationStarted{.reason = "again"});
}

TEST(Undo, StepsOutOfTurnAreRefused) {
  auto machine = failed_order();
  undo_begins(machine);
  const auto pay = *machine.state.definition().find_task("pay/undo");
  const auto started = [](Attempt attempt) { return AttemptStarted{.attempt = attempt, .wake_at = {}, .signal = {}}; };
  machine.must_not(started({.task = pay, .activation = 2, .attempt = 1}));
  machine.must_not(started({.task = pay, .activation = 1, .attempt = 2}));
  machine.must_not(started({.task = pay, .activation = 1, .attempt = 1, .item = 0}));
  for (const auto* name : {"pay/undo", "book/undo"}) {
    start_undo(machine, name);
    machine.complete(name);
  }
  machine.must_not(started({.task = pay, .activation = 1, .attempt = 1}));
  machine.settle();
  EXPECT_EQ(machine.state.status(), RunStatus::failed);
}

TEST(Undo, WhatCannotBeUndoneIsNamedAndTheRestGoesOn) {
  auto machine = failed_order();
  undo_begins(machine);
  start_undo(machine, "pay/undo");
  machine.fail("pay/undo");
  start_undo(machine, "book/undo");
  machine.complete("book/undo");
  machine.settle();
  EXPECT_EQ(machine.state.error(), "Task 'ship' failed: it broke; not undone: 'pay'");
  // Later, on request: only what is left.
  undo_begins(machine, "again");
  EXPECT_EQ(machine.state.status(), RunStatus::running);
  EXPECT_EQ(offered_undo(machine), "pay/undo:1");
  start_undo(machine, "pay/undo");
  machine.complete("pay/undo");
  machine.settle();
  EXPECT_EQ(machine.state.status(), RunStatus::failed);
  EXPECT_EQ(machine.state.error(), "Task 'ship' failed: it broke");
  machine.must_not(CompensationStarted{.reason = "nothing is left"});
}

TEST(Undo, RetriesAndTimersOfAnUndoStepAreDurable) {
  auto machine = failed_order();
  undo_begins(machine);
  start_undo(machine, "pay/undo");
  EXPECT_EQ(machine.state.in_flight().size(), 1U);
  machine.retry("pay/undo", t0 + seconds{5});
  EXPECT_EQ(machine.state.status(), RunStatus::waiting);
  EXPECT_EQ(machine.state.next_due(t0), t0 + seconds{5});
  EXPECT_TRUE(machine.offered().empty());
  machine.now = t0 + seconds{5};
  ASSERT_EQ(machine.offered().size(), 1U);
  EXPECT_EQ(std::get<StartAttempt>(machine.offered()[0]).attempt.attempt, 2U);
  machine.start("pay/undo", t0 + seconds{9});
  EXPECT_TRUE(machine.offered().empty());
  machine.now = t0 + seconds{9};
  EXPECT_TRUE(std::holds_alternative<FireTimer>(machine.offered().at(0)));
  machine.complete("pay/undo");
  EXPECT_EQ(offered_undo(machine), "book/undo:1");
}

TEST(Undo, AnUndoStepMayWaitForASignal) {
  auto machine = failed_order();
  undo_begins(machine);
  start_undo(machine, "pay/undo", 1, "refunded");
  EXPECT_TRUE(machine.offered().empty());
  machine.must({.at = t0, .body = SignalReceived{.name = "refunded", .payload = json(1)}});
  ASSERT_TRUE(std::holds_alternative<TakeSignal>(machine.offered().at(0)));
  machine.must({.at = t0, .body = SignalTaken{.attempt = machine.attempt("pay/undo")}});
  machine.complete("pay/undo");
  EXPECT_EQ(machine.status("pay"), TaskStatus::compensated);
}

TEST(Undo, CancellingStopsTheUndoing) {
  auto machine = failed_order();
  undo_begins(machine);
  start_undo(machine, "pay/undo");
  machine.retry("pay/undo", t0);
  machine.stop();
  const auto offered = machine.offered();
  ASSERT_EQ(offered.size(), 1U) << "no next attempt beside the cancellation";
  EXPECT_TRUE(std::holds_alternative<CancelTask>(offered[0]));
  machine.stop();
  machine.settle();
  EXPECT_EQ(machine.state.status(), RunStatus::failed);
  EXPECT_EQ(machine.state.error(), "Task 'ship' failed: it broke; not undone: 'book', 'pay'");
  undo_begins(machine);
  EXPECT_EQ(offered_undo(machine), "pay/undo:1");
}

TEST(Undo, CancellingBetweenTwoStepsEndsTheRun) {
  auto machine = failed_order();
  undo_begins(machine);
  machine.stop();
  machine.must_not(AttemptStarted{.attempt = {.task = 4}, .wake_at = {}, .signal = {}});
  machine.settle();
  EXPECT_EQ(machine.state.status(), RunStatus::failed);
}

TEST(Undo, AStepThatEndsBesideACancellationCounts) {
  for (const bool well : {true, false}) {
    auto machine = failed_order();
    undo_begins(machine);
    start_undo(machine, "pay/undo");
    machine.complete("pay/undo");
    start_undo(machine, "book/undo");
    machine.stop();
    well ? machine.complete("book/undo") : machine.fail("book/undo");
    machine.must_not(TaskCancelled{.task = *machine.state.definition().find_task("book/undo")});
    machine.settle();
    EXPECT_EQ(machine.state.status(), RunStatus::failed);
    EXPECT_EQ(machine.state.error(), well ? "Task 'ship' failed: it broke" : "Task 'ship' failed: it broke; not undone: 'book'");
  }
}

TEST(Undo, ACompletedRunThatIsUndoneIsCancelled) {
  Machine machine(order(OnFailure::keep));
  for (const auto* task : {"book", "pay", "ship"}) {
    machine.start(task);
    machine.complete(task);
  }
  machine.must_not(CompensationStarted{.reason = "too early"});
  machine.settle();
  ASSERT_EQ(machine.state.status(), RunStatus::completed);
  undo_begins(machine, "ordered twice");
  start_undo(machine, "pay/undo");
  machine.complete("pay/undo");
  start_undo(machine, "book/undo");
  machine.complete("book/undo");
  machine.settle();
  EXPECT_EQ(machine.state.status(), RunStatus::cancelled);
  EXPECT_EQ(machine.state.error(), "ordered twice");
}

TEST(Undo, APartlyCompletedRunThatIsUndoneIsCancelled) {
  auto definition = std::make_shared<Definition>(*order(OnFailure::keep));
  definition->failure_strategy = FailureStrategy::partial_completion_allowed;
  Machine machine(definition);
  machine.start("book");
  machine.complete("book");
  machine.start("pay");
  machine.fail("pay");
  machine.settle();
  ASSERT_EQ(machine.state.status(), RunStatus::partially_completed);
  undo_begins(machine, "regretted");
  start_undo(machine, "book/undo");
  machine.complete("book/undo");
  machine.settle();
  EXPECT_EQ(machine.state.status(), RunStatus::cancelled);
  EXPECT_EQ(machine.state.error(), "regretted");
}

TEST(Undo, NothingIsUndoneUnlessTheWorkflowOrAPersonSaysSo) {
  auto machine = failed_order(OnFailure::keep);
  ASSERT_NE(offered_end(machine.offered()), nullptr);
  machine.must_not(AttemptStarted{.attempt = {.task = 4}, .wake_at = {}, .signal = {}});
  machine.settle();
  undo_begins(machine);
  EXPECT_EQ(offered_undo(machine), "pay/undo:1");
}

TEST(Undo, ACancelledRunKeepsItsWork) {
  Machine machine(order());
  machine.start("book");
  machine.complete("book");
  machine.stop();
  machine.settle();
  EXPECT_EQ(machine.state.status(), RunStatus::cancelled);
  EXPECT_EQ(machine.status("book"), TaskStatus::completed);
}

TEST(Undo, WhatIsLeftToAnotherRunIsNotUndoneNowOrLater) {
  auto machine = failed_order(OnFailure::keep);
  machine.settle();
  const auto began = [](std::vector<LeftUndo> left) { return CompensationStarted{.reason = "asked", .left = std::move(left)}; };
  machine.must_not(began({{.task = 2, .run = "other"}}));                    // cannot be undone
  machine.must_not(began({{.task = 0, .activation = 2, .run = "other"}}));  // was not done
  machine.must_not(began({{.task = 0, .run = "other"}, {.task = 1, .run = "other"}}));
  machine.must({.at = machine.now, .body = began({{.task = 1, .run = "other"}})});
  EXPECT_EQ(offered_undo(machine), "book/undo:1");
  start_undo(machine, "book/undo");
  machine.fail("book/undo");
  machine.settle();
  EXPECT_EQ(machine.state.error(), "Task 'ship' failed: it broke; not undone: 'book'");
  EXPECT_EQ(machine.status("pay"), TaskStatus::completed);
  undo_begins(machine);
  EXPECT_EQ(offered_undo(machine), "book/undo:1");
  start_undo(machine, "book/undo");
  machine.complete("book/undo");
  machine.settle();
  EXPECT_EQ(machine.state.error(), "Task 'ship' failed: it broke");
  machine.must_not(CompensationStarted{.reason = "nothing remains here"});
  machine.must_not(began({{.task = 0, .run = "other"}}));  // was undone
}

TEST(Undo, ARunThatDidNothingHasNothingToUndo) {
  Machine machine(order());
  machine.start("book");
  machine.fail("book");
  machine.settle();
  EXPECT_EQ(machine.state.status(), RunStatus::failed);
  machine.must_not(CompensationStarted{.reason = "why not"});
}

TEST(Undo, EveryActivationOfALoopIsUndoneByItself) {
  auto definition = testing::make_definition({{.name = "first"}, {.name = "book", .undo = JsonObject{}}},
                                             {{.from = "first", .to = "book"}, {.from = "book", .to = "book", .max_iterations = 5}});
  definition->on_failure = OnFailure::compensate;
  Machine loop(definition);
  loop.start("first");
  loop.complete("first");
  loop.take_edge("first", 0);
  for (int round = 1; round <= 2; ++round) {
    loop.start("book");
    loop.complete("book", round * 10);
    loop.take_edge("book", 1);
  }
  loop.start("book");
  loop.fail("book");
  loop.settle();
  undo_begins(loop);
  EXPECT_EQ(offered_undo(loop), "book/undo:2");
  start_undo(loop, "book/undo", 2);
  EXPECT_EQ(loop.state.activations(1).size(), 3U);
  loop.fail("book/undo");
  EXPECT_EQ(loop.status("book"), TaskStatus::failed) << "its latest activation was another";
  start_undo(loop, "book/undo", 1);
  loop.complete("book/undo");
  loop.settle();
  EXPECT_EQ(loop.state.error(), "Task 'book' failed: it broke; not undone: 'book' (activation 2)");
}

}  // namespace
}  // namespace skein::workflow
