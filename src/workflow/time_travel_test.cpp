#include "workflow/time_travel.hpp"

#include <gtest/gtest.h>

#include "workflow/test_traveller.hpp"

namespace skein::workflow {
namespace {

using testing::make_definition;

TEST(TimeTravel, ARetryKeepsWhatCompletedAndDoesTheRestAgain) {
  auto definition = make_definition({{.name = "a"}, {.name = "b", .needs = {"a"}}, {.name = "c", .needs = {"b"}}});
  definition->global_timeout = seconds{60};
  Traveller old(definition);
  old.start("a");
  old.retry("a", t0);
  old.must({.at = t0, .body = RunResumed{.epoch = 2}});
  old.start("a");
  old.complete("a", 1);
  old.must({.at = t0, .body = Emission{.task = 1, .name = "progress", .data = json(1)}});
  old.start("b");
  old.fail("b");
  old.settle();
  ASSERT_EQ(old.state.status(), RunStatus::failed);

  const auto next = old.retried();
  EXPECT_EQ(lines(next), (Lines{"attempt_started a#1.1", "attempt_failed a#1.1", "attempt_started a#1.2", "task_completed a#1.2"}));
  EXPECT_EQ(startable(next), "b ");
  EXPECT_EQ(next.state.created(), later);
  EXPECT_EQ(next.state.deadline(), later + seconds{60}) << "the run's time begins anew";
  EXPECT_EQ(next.events[1].at, t0) << "what is kept happened when it did";
  const auto& origin = *next.state.origin();
  EXPECT_EQ(origin.kind, Origin::Kind::retry);
  EXPECT_EQ(origin.run, "the-old-one");
  EXPECT_FALSE(origin.from);
  EXPECT_EQ(origin.kept, 4U);
  EXPECT_EQ(origin.foreign, 0U);
}

TEST(TimeTravel, ATaskCanBeNamedToBeginFrom) {
  Traveller old(
      make_definition({{.name = "a"}, {.name = "b", .needs = {"a"}}, {.name = "c", .needs = {"b"}}, {.name = "d", .needs = {"a"}}}));
  for (const auto* name : {"a", "b", "d", "c"}) old.run(name);
  old.settle();
  ASSERT_EQ(old.state.status(), RunStatus::completed);
  EXPECT_EQ(startable(old.retried("b")), "b ");
  EXPECT_EQ(created(old.retried("b")).origin->from, 1U);
  EXPECT_EQ(lines(old.retried("b")),
            (Lines{"attempt_started a#1.1", "task_completed a#1.1", "attempt_started d#1.1", "task_completed d#1.1"}));
  EXPECT_EQ(lines(old.retried("a")), Lines{});
  const auto nothing = old.go(old.how(Origin::Kind::retry));
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, ErrorCode::conflict);
  EXPECT_NE(nothing.error().message.find("--from"), std::string::npos);
}

TEST(TimeTravel, ASkippedTaskIsKeptWhereItsOwnConditionSaidSo) {
  const auto definition = make_definition({{.name = "a", .when = Json("{{ false }}")},
                                           {.name = "b", .needs = {"a"}},
                                           {.name = "c", .needs = {"b"}, .when = Json("{{ true }}")},
                                           {.name = "d", .when = Json("{{ true }}")}});
  Traveller old(definition);
  old.must({.at = t0, .body = TaskSkipped{.task = 0, .reason = "its condition is false"}});
  old.start("b");
  old.fail("b");
  old.settle();  // c because of b, d because the run stopped
  EXPECT_EQ(lines(old.retried()), Lines{"task_skipped a"});
  EXPECT_EQ(startable(old.retried()), "b ");
}

TEST(TimeTravel, ToleratedFailuresAreRetriedAndForksKeepThem) {
  Traveller old(
      make_definition({{.name = "a", .continue_on_failure = true}, {.name = "b", .needs = {"a"}}, {.name = "c", .needs = {"b"}}}));
  old.start("a");
  old.fail("a");
  old.run("b");
  old.start("c");
  old.fail("c");
  old.settle();
  EXPECT_EQ(lines(old.retried()), Lines{});
  EXPECT_EQ(lines(old.forked("c")), (Lines{"attempt_started a#1.1", "task_failed a#1.1", "attempt_started b#1.1", "task_completed b#1.1"}));
}

TEST(TimeTravel, AForkOfARunUnderWayBeginsAgainWhatIsInFlight) {
  auto definition = make_definition({{.name = "a"}, {.name = "b", .needs = {"a"}}, {.name = "c"}, {.name = "d"}});
  definition->parallel_execution = true;
  Traveller old(definition);
  old.run("a");
  old.run("b");
  old.start("c");
  old.start("d");
  old.fail("d");
  const auto next = old.forked("b");
  EXPECT_EQ(lines(next), (Lines{"attempt_started a#1.1", "task_completed a#1.1"}));
  EXPECT_EQ(startable(next), "b c d ") << "a failure that would only end the fork too is no part of it";
  EXPECT_EQ(created(next).origin->foreign, 2U);
  EXPECT_EQ(startable(old.forked("a")), "a c d ");
}

TEST(TimeTravel, ApprovalsOfKeptTasksStayAndOthersAreAskedAgain) {
  const ApprovalDefinition question{.message = text("May I?"), .approvers = {}, .timeout = {}};
  Traveller old(make_definition(
      {{.name = "a", .approval = question}, {.name = "b", .needs = {"a"}, .approval = question}, {.name = "c", .needs = {"b"}}}));
  for (const auto* name : {"a", "b"}) {
    const auto task = old.index(name);
    old.must({.at = t0, .body = ApprovalRequested{.task = task, .activation = 1, .message = "May I?", .parameters = json({}), .due = {}}});
    if (task == 1) break;
    old.must(
        {.at = t0, .body = ApprovalGiven{.task = task, .activation = 1, .by = "ann", .comment = {}, .set = json(JsonObject{{"n", 2}})}});
    old.run(name);
  }
  old.must({.at = t0, .body = ApprovalRejected{.task = 1, .activation = 1, .by = "bob", .comment = {}, .error = broken()}});
  old.settle();
  const auto next = old.retried();
  EXPECT_EQ(lines(next), (Lines{"approval_requested a", "approval_given a", "attempt_started a#1.1", "task_completed a#1.1"}));
  EXPECT_EQ(startable(next), "b ");
}

// -- graphs ----------------------------------------------------------------------------------------------------------------

/// draft → review → draft … → end, then publish.
std::shared_ptr<Definition> loop(bool tolerant = false) {
  auto out = make_definition(
      {{.name = "draft"}, {.name = "review", .continue_on_failure = tolerant}, {.name = "never"}, {.name = "publish", .needs = {"review"}}},
      {{.from = "start", .to = "draft"},
       {.from = "draft", .to = "review"},
       {.from = "review", .to = "draft", .max_iterations = 9},
       {.from = "review", .to = "never"},
       {.from = "review", .to = "end"}});
  return out;
}

void round(Traveller& old, std::optional<EdgeIndex> after_review = 2) {
  old.run("draft");
  old.take_edge("draft", 1);
  old.run("review");
  if (after_review) old.take_edge("review", after_review);
}

TEST(TimeTravel, AGraphIsKeptUpToTheActivationThatFailed) {
  Traveller old(loop());
  round(old);
  old.run("draft");
  old.take_edge("draft", 1);
  old.start("review");
  old.fail("review");
  old.settle();
  const auto next = old.retried();
  EXPECT_EQ(lines(next), (Lines{"attempt_started draft#1.1", "task_completed draft#1.1", "edge_taken draft", "attempt_started review#1.1",
                                "task_completed review#1.1", "edge_taken review", "attempt_started draft#2.1", "task_completed draft#2.1",
                                "edge_taken draft"}));
  EXPECT_EQ(startable(next), "review ");
  EXPECT_EQ(next.state.tasks()[1].activation, 2U);
}

TEST(TimeTravel, ANamedTaskInAGraphIsDoneAgainFromItsFirstActivation) {
  Traveller old(loop());
  round(old);
  round(old, 4);
  old.settle();
  old.run("publish");
  old.settle();
  ASSERT_EQ(old.state.status(), RunStatus::completed);
  EXPECT_EQ(lines(old.retried("review")), (Lines{"attempt_started draft#1.1", "task_completed draft#1.1", "edge_taken draft"}));
  EXPECT_EQ(startable(old.retried("review")), "review ");
  EXPECT_EQ(startable(old.forked("publish")), "publish ");
  EXPECT_EQ(lines(old.forked("publish")).back(), "task_skipped never");
  EXPECT_EQ(startable(old.forked("never")), "publish ") << "what depends on the graph is done again, also where no edge leads to the task";
}

TEST(TimeTravel, ATaskAfterAGraphIsDoneAgainWithIt) {
  Traveller old(loop(true));
  old.run("draft");
  old.take_edge("draft", 1);
  old.start("review");
  old.fail("review");
  old.take_edge("review", 4);
  old.settle();
  old.start("publish");
  old.fail("publish");
  old.settle();
  EXPECT_EQ(startable(old.retried()), "review ") << "a retry does tolerated failures again";
  EXPECT_EQ(startable(old.forked("publish")), "publish ");
}

TEST(TimeTravel, AnActivationThatHadNotEndedIsBegunAgainAndOtherWaysStay) {
  auto definition =
      make_definition({{.name = "a"}, {.name = "b"}, {.name = "c"}},
                      {{.from = "start", .to = "a"}, {.from = "start", .to = "b"}, {.from = "b", .to = "c"}, {.from = "a", .to = "c"}});
  definition->parallel_execution = true;
  Traveller old(definition);
  old.start("a");
  old.run("b");
  old.take_edge("b", 2);
  old.stop();
  old.settle();  // cancels a, skips c
  const auto next = old.retried();
  EXPECT_EQ(lines(next), (Lines{"attempt_started b#1.1", "task_completed b#1.1", "edge_taken b"}));
  EXPECT_EQ(startable(next), "a c ");
  // Where c was decided on after the failure of a, it goes with it.
  Traveller failed(definition);
  failed.start("b");
  failed.start("a");
  failed.complete("b");
  failed.fail("a");
  failed.settle();
  EXPECT_EQ(startable(failed.retried()), "a b ");
}

TEST(TimeTravel, ATaskThatNeverBeganIsNothingToBeginFrom) {
  Traveller old(make_definition({{.name = "a"}, {.name = "b"}}, {{.from = "start", .to = "a"}, {.from = "a", .to = "b"}}));
  old.run("a");
  old.take_edge("a", {});
  old.settle();
  ASSERT_EQ(old.state.status(), RunStatus::completed);
  const auto fork = old.go(old.how(Origin::Kind::fork, "b"));
  ASSERT_FALSE(fork);
  EXPECT_EQ(fork.error().code, ErrorCode::conflict);
  EXPECT_NE(fork.error().message.find("'b' was never begun"), std::string::npos);
}

TEST(TimeTravel, TheFirstOfSeveralFailuresCutsAGraph) {
  auto definition =
      make_definition({{.name = "a"}, {.name = "b"}, {.name = "c"}},
                      {{.from = "start", .to = "a"}, {.from = "start", .to = "b"}, {.from = "b", .to = "c"}, {.from = "a", .to = "c"}});
  definition->failure_strategy = FailureStrategy::continue_on_failure;
  Traveller old(definition);
  for (const auto* name : {"b", "a"}) {
    old.start(name);
    old.fail(name);
  }
  old.settle();
  EXPECT_EQ(startable(old.retried()), "a ") << "sequential: one at a time";
  EXPECT_EQ(lines(old.retried()), Lines{});
  EXPECT_EQ(to_string(Origin::Kind::fork), "fork");
  EXPECT_EQ(to_string(Origin::Kind::retry), "retry");
}

TEST(TimeTravel, AnEdgeThatWasNotChosenIsChosenInTheNewRun) {
  Traveller old(loop());
  round(old, {});
  old.stop(StopReason::failed);
  old.settle();
  EXPECT_EQ(startable(old.retried()), "review ");
  EXPECT_EQ(lines(old.retried()).back(), "task_completed review#1.1");
}

TEST(TimeTravel, ATaskThatLeadsIntoAGraphCutsItWhereItIsDoneAgain) {
  auto definition = make_definition({{.name = "a"}, {.name = "gate", .needs = {"a"}}, {.name = "g"}, {.name = "h"}},
                                    {{.from = "start", .to = "h"}, {.from = "gate", .to = "g"}, {.from = "h", .to = "g"}});
  Traveller old(definition);
  old.run("h");
  old.take_edge("h", 2);
  old.run("a");
  EXPECT_EQ(lines(old.forked("a")), (Lines{"attempt_started h#1.1", "task_completed h#1.1", "edge_taken h"})) << "the gate has not begun";
  old.run("gate");
  old.take_edge("gate", 1);
  old.run("g");
  old.run("g");
  old.settle();
  EXPECT_EQ(lines(old.retried("a")), (Lines{"attempt_started h#1.1", "task_completed h#1.1", "edge_taken h"}));
}

}  // namespace
}  // namespace skein::workflow
