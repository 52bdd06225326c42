#include <gtest/gtest.h>

#include "workflow/test_machine.hpp"

// Conditions, lists and edges as the run's state machine sees them.
namespace skein::workflow {
namespace {

using testing::make_definition;
using testing::TaskSpec;

std::shared_ptr<Definition> parallel(const std::vector<TaskSpec>& tasks, const std::vector<testing::EdgeSpec>& edges = {}) {
  auto definition = make_definition(tasks, edges);
  definition->parallel_execution = true;
  return definition;
}

TaskSpec listing(std::string name, bool continue_on_failure = false) {
  return {.name = std::move(name), .continue_on_failure = continue_on_failure, .for_each = "{{ inputs.list }}"};
}

// -- conditions -----------------------------------------------------------------------------------------------------------

TEST(RunStateConditions, AConditionDoesNotSaveATaskWhoseNeedFailed) {
  auto definition = make_definition({{"bad"}, {.name = "asks", .needs = {"bad"}, .when = true}, {"after", {"asks"}}});
  definition->failure_strategy = FailureStrategy::continue_on_failure;
  Machine m(definition);
  m.start("bad");
  m.fail("bad");
  m.settle();
  EXPECT_EQ(m.state.tasks()[1].skip_reason, "task 'bad' failed");
  EXPECT_EQ(m.state.tasks()[2].skip_reason, "task 'asks' was skipped");
}

TEST(RunStateConditions, ATaskThatMayRunHasNoReasonToBeSkipped) {
  Machine m(make_definition({{"a"}, {"b", {"a"}}}));
  EXPECT_EQ(m.state.skip_reason(0), "");
  EXPECT_EQ(m.state.skip_reason(1), "");
}

// -- lists ----------------------------------------------------------------------------------------------------------------

TEST(RunStateLists, TheMetadataListsOnlyTheFirstHundredFailures) {
  auto definition = parallel({listing("each", true)});
  Machine m(definition);
  m.list("each", 120);
  for (std::uint32_t i = 0; i < 120; ++i) {
    m.start_item("each", i);
    m.must({.at = t0, .body = TaskFailed{.attempt = m.item("each", i), .error = broken(), .duration = {}}});
  }
  ASSERT_EQ(m.offered().size(), 1U);
  EXPECT_TRUE(std::holds_alternative<EndItems>(m.offered()[0]));
  EXPECT_EQ(m.state.items_failure(0), std::nullopt);
  m.must({.at = t0, .body = ItemsEnded{.task = 0, .activation = 1, .error = {}, .duration = {}}});
  const auto& metadata = m.state.tasks()[0].metadata->get_object();
  EXPECT_EQ(metadata.at("failed"), Json(120));
  EXPECT_EQ(metadata.at("failures").get_array().size(), 100U);
}

TEST(RunStateLists, OnlyATaskWithItemsCanFailByThem) {
  Machine m(parallel({{"plain"}, listing("each")}));
  EXPECT_EQ(m.state.items_failure(0), std::nullopt);
  EXPECT_EQ(m.state.items_failure(1), std::nullopt);
  m.list("each", 2);
  m.start_item("each", 0);
  m.must({.at = t0, .body = TaskFailed{.attempt = m.item("each", 0), .error = broken(), .duration = {}}});
  const auto failure = m.state.items_failure(1);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->message, "1 of 2 items failed; item 0: it broke");
}

TEST(RunStateLists, ItemsThatMayStartKeepARunGoing) {
  for (const bool in_parallel : {false, true}) {
    auto definition = make_definition({listing("each")});
    definition->parallel_execution = in_parallel;
    Machine m(definition);
    m.list("each", 2);
    EXPECT_EQ(m.state.status(), RunStatus::running);
    m.start_item("each", 0);
    m.must({.at = t0, .body = AttemptFailed{.attempt = m.item("each", 0), .error = broken(), .duration = {}, .retry_at = t0 + seconds{9}}});
    EXPECT_EQ(m.state.status(), in_parallel ? RunStatus::running : RunStatus::waiting);  // one at once, and it waits for its retry
  }
}

TEST(RunStateLists, ARetryingItemCanOnlyEndByItsOwnAttempt) {
  Machine m(parallel({listing("each")}));
  m.list("each", 1);
  m.start_item("each", 0);
  m.must({.at = t0, .body = AttemptFailed{.attempt = m.item("each", 0), .error = broken(), .duration = {}, .retry_at = t0 + seconds{9}}});
  auto other = m.item("each", 0);
  ++other.attempt;
  m.must_not(TaskFailed{.attempt = other, .error = broken(), .duration = {}});
  other = m.item("each", 0);
  ++other.activation;
  m.must_not(TaskFailed{.attempt = other, .error = broken(), .duration = {}});
  m.must({.at = t0, .body = TaskFailed{.attempt = m.item("each", 0), .error = broken(), .duration = {}}});
  EXPECT_EQ(m.state.fan_out(0)->failed, 1U);
  EXPECT_EQ(m.state.next_due(t0), std::nullopt);  // the timer is gone
}

// -- edges ----------------------------------------------------------------------------------------------------------------

TEST(RunStateEdges, AnEntryDuringTheChoiceWaitsForIt) {
  // 0: start → x, 1: start → y, 2: y → x, 3: x → end, 4: x → x
  Machine m(parallel({{"x"}, {"y"}}, {{.from = "start", .to = "x"},
                                      {.from = "start", .to = "y"},
                                      {.from = "y", .to = "x"},
                                      {.from = "x", .to = "end"},
                                      {.from = "x", .to = "x"}}));
  m.start("x");
  m.start("y");
  m.complete("x");
  m.complete("y");
  m.take_edge("y", 2);
  EXPECT_EQ(m.state.tasks()[0].activation, 1U);
  EXPECT_EQ(m.state.tasks()[0].queued, 1U);
  auto looping = m;
  m.take_edge("x", 3);
  EXPECT_EQ(m.state.tasks()[0].activation, 2U);
  EXPECT_EQ(m.startable(), "x ");
  // A way back to itself goes before the entry that waits.
  looping.take_edge("x", 4);
  EXPECT_EQ(looping.state.tasks()[0].activation, 2U);
  EXPECT_EQ(looping.state.tasks()[0].queued, 1U);
  looping.start("x");
  looping.complete("x");
  looping.take_edge("x", std::nullopt);
  EXPECT_EQ(looping.state.tasks()[0].activation, 3U);
  looping.start("x");
  looping.complete("x");
  looping.take_edge("x", 3);
  looping.settle();
  EXPECT_EQ(looping.state.status(), RunStatus::completed);
  EXPECT_EQ(looping.state.completed_tasks(), 2U);
}

TEST(RunStateEdges, ATaskThatFailedAndIsEnteredAgainCountsByItsLastEnd) {
  Machine m(parallel({{"again", {}, true}}, {{.from = "start", .to = "again"}, {.from = "again", .to = "again"}}));
  m.start("again");
  m.fail("again");
  EXPECT_EQ(m.state.failed_tasks(), 1U);
  m.take_edge("again", 1);
  EXPECT_EQ(m.state.failed_tasks(), 0U);
  m.start("again");
  m.complete("again");
  m.take_edge("again", std::nullopt);
  m.settle();
  EXPECT_EQ(m.state.completed_tasks(), 1U);
  EXPECT_EQ(m.state.failed_tasks(), 0U);
}

TEST(RunStateEdges, OnlyWhatEndedForGoodIsAReasonToSkip) {
  // `x` fails and is entered again, and while it goes on `bad` fails: `last` is skipped because of `bad`.
  auto definition = parallel({{"x"}, {"y"}, {"bad"}, {"last", {"x", "bad"}}},
                             {{.from = "start", .to = "x"}, {.from = "start", .to = "y"}, {.from = "y", .to = "x"}});
  definition->failure_strategy = FailureStrategy::continue_on_failure;
  Machine m(definition);
  for (const auto* name : {"x", "y", "bad"}) m.start(name);
  m.fail("x");
  m.complete("y");
  m.take_edge("y", 2);
  m.fail("bad");
  EXPECT_EQ(m.state.skip_reason(3), "task 'bad' failed");
}

TEST(RunStateEdges, ActivationsAreKeptOfWhatRanWhereSomebodyAsks) {
  const auto asks = Json("{{ x.activations }}");
  auto definition = parallel(
      {{.name = "x", .parameters = JsonObject{{"earlier", asks}}}, {.name = "y", .when = false}, {"never"}},
      {{.from = "start", .to = "x"}, {.from = "x", .to = "y"}, {.from = "y", .to = "never", .when = false}, {.from = "x", .to = "x"}});
  Machine m(definition);
  EXPECT_TRUE(m.state.activations(0).empty());
  m.start("x");
  m.complete("x", 1);
  m.take_edge("x", 3);
  m.start("x");
  m.complete("x", 2);
  m.take_edge("x", 1);
  m.must({.at = t0, .body = TaskSkipped{.task = 1, .reason = "its condition is false"}});
  m.settle();
  EXPECT_EQ(m.state.status(), RunStatus::completed);
  ASSERT_EQ(m.state.activations(0).size(), 2U);
  EXPECT_EQ(*m.state.activations(0)[1].result, Json(2));
  EXPECT_TRUE(m.state.activations(1).empty());
  EXPECT_TRUE(m.state.activations(2).empty());
  EXPECT_EQ(m.state.tasks()[2].skip_reason, "no edge led to it");
}

TEST(RunStateEdges, StoppingLeavesAGraphThatIsQuietAsItIs) {
  Machine m(parallel({{"looped"}, {"beside"}}, {{.from = "start", .to = "looped"}, {.from = "looped", .to = "end"}}));
  m.start("looped");
  m.start("beside");
  m.complete("looped");
  m.take_edge("looped", 1);
  m.stop();
  m.settle();
  EXPECT_EQ(m.status("looped"), TaskStatus::completed);
  EXPECT_EQ(m.status("beside"), TaskStatus::cancelled);
  EXPECT_EQ(m.state.status(), RunStatus::cancelled);
}

// -- stopping and instants ------------------------------------------------------------------------------------------------

TEST(RunStateStop, WhatEndsWhileTheRunStopsMakesNothingReady) {
  Machine m(parallel({{"a"}, {"b", {"a"}}}));
  m.start("a");
  m.stop();
  m.complete("a");
  EXPECT_EQ(m.startable(), "");
  EXPECT_EQ(m.state.status(), RunStatus::running);  // it has `b` to skip
  m.settle();
  EXPECT_EQ(m.status("a"), TaskStatus::completed);
  EXPECT_EQ(m.status("b"), TaskStatus::skipped);
}

TEST(RunStateStop, ADeadlineThatHasPassedOrNoLongerMattersIsNotDue) {
  Machine m(make_definition({{"a"}}), t0 + seconds{10});
  EXPECT_EQ(m.state.next_due(t0 + seconds{10}), std::nullopt);
  m.start("a");
  m.stop();
  EXPECT_EQ(m.state.next_due(t0), std::nullopt);
}

TEST(RunStateReading, TellsWhatItWasGivenAndWhatCameOut) {
  Machine m(make_definition({{"a"}}));
  EXPECT_EQ(m.state.created(), t0);
  EXPECT_EQ(*m.state.inputs_ptr(), Json(JsonObject{}));
  EXPECT_EQ(m.state.outputs(), nullptr);
  m.start("a");
  m.complete("a");
  m.must({.at = t0, .body = RunFinished{.status = RunStatus::completed, .error = {}, .outputs = json(JsonObject{{"n", 1}})}});
  EXPECT_EQ(*m.state.outputs(), Json(JsonObject{{"n", 1}}));
}

}  // namespace
}  // namespace skein::workflow
