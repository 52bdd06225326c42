#include "workflow/replay.hpp"

#include "workflow/test_machine.hpp"

namespace skein::workflow {
namespace {

struct ReplayTest : ::testing::Test {
  DefinitionPtr definition = testing::make_definition({{.name = "a"}, {.name = "b", .needs = {"a"}}, {.name = "c", .needs = {"b"}}});
  Replay replay{definition};
  Instant now = t0;

  std::string next(EventBody body) {
    const auto done = replay.next({.at = now, .body = std::move(body)});
    return done ? "" : done.error().message;
  }
  std::string created() { return next(RunCreated{.definition_hash = definition->hash, .inputs = json(JsonObject{}), .deadline = {}}); }
  static AttemptStarted start(TaskIndex task, std::uint32_t attempt = 1) {
    return {.attempt = {.task = task, .activation = 1, .attempt = attempt}, .wake_at = {}, .signal = {}};
  }
};

TEST_F(ReplayTest, ASoundJournalIsFoldedAndItsStartsAreCounted) {
  EXPECT_EQ(created(), "");
  for (TaskIndex task = 0; task < 3; ++task) {
    EXPECT_EQ(next(start(task)), "");
    EXPECT_EQ(next(TaskCompleted{.attempt = start(task).attempt, .result = json(1), .metadata = nullptr, .duration = {}}), "");
  }
  EXPECT_EQ(next(RunFinished{.status = RunStatus::completed, .error = {}, .outputs = nullptr}), "");
  EXPECT_EQ(replay.events(), 8U);
  EXPECT_EQ(replay.checked(), 4U);
  EXPECT_EQ(replay.state().status(), RunStatus::completed);
}

TEST_F(ReplayTest, AStartOutOfItsTurnIsFound) {
  EXPECT_EQ(created(), "");
  EXPECT_EQ(next(start(2)), "event 2 (attempt_started of 'c') was not offered by what came before it");
  EXPECT_EQ(next(start(0)), "");
}

TEST_F(ReplayTest, AnAttemptThatFailedForGoodNeedsNoOffer) {
  EXPECT_EQ(created(), "");
  EXPECT_EQ(next(start(0)), "");
  EXPECT_EQ(next(TaskFailed{.attempt = start(0).attempt, .error = broken(), .duration = {}}), "");
  EXPECT_EQ(replay.state().tasks()[0].status, TaskStatus::failed);
}

TEST_F(ReplayTest, WhatWasKeptOfAnotherRunWasOfferedThere) {
  const Origin origin{.kind = Origin::Kind::retry, .run = "it", .from = {}, .kept = 2, .foreign = 0};
  EXPECT_EQ(next(RunCreated{.definition_hash = definition->hash, .inputs = json(JsonObject{}), .deadline = {}, .origin = origin}), "");
  now += seconds{60};
  EXPECT_EQ(next(start(0)), "");
  EXPECT_EQ(next(TaskCompleted{.attempt = start(0).attempt, .result = json(1), .metadata = nullptr, .duration = {}}), "");
  EXPECT_EQ(replay.checked(), 0U);
  EXPECT_EQ(next(start(2)), "event 4 (attempt_started of 'c') was not offered by what came before it");
  EXPECT_EQ(next(start(1)), "");
  EXPECT_EQ(replay.checked(), 1U);
}

TEST_F(ReplayTest, ARetryBeforeItsTimeIsFound) {
  EXPECT_EQ(created(), "");
  EXPECT_EQ(next(start(0)), "");
  EXPECT_EQ(next(AttemptFailed{.attempt = start(0).attempt, .error = broken(), .duration = {}, .retry_at = t0 + seconds{5}}), "");
  EXPECT_EQ(next(start(0, 2)), "event 4 (attempt_started of 'a') was not offered by what came before it") << "a fold alone takes it";
  now += seconds{5};
  EXPECT_EQ(next(start(0, 2)), "");
}

TEST_F(ReplayTest, DecisionsAreCheckedToo) {
  EXPECT_EQ(created(), "");
  for (EventBody body : std::vector<EventBody>{TaskSkipped{.task = 1, .reason = "why not"}, TaskCancelled{.task = 0},
                                               ItemsListed{.task = 0, .items = json(JsonArray{})}, ItemsEnded{.task = 0, .error = broken()},
                                               EdgeTaken{.task = 0}, SignalTaken{.attempt = start(0).attempt}, ApprovalRequested{.task = 0},
                                               TaskFailed{.attempt = start(2, 0).attempt, .error = broken(), .duration = {}},
                                               RunFinished{.status = RunStatus::completed}}) {
    EXPECT_NE(next(std::move(body)).find("was not offered"), std::string::npos);
  }
  EXPECT_EQ(next(TaskSkipped{.task = 99, .reason = "no such task"}), "event 2 (task_skipped) was not offered by what came before it");
  EXPECT_NE(next(TaskCompleted{.attempt = start(0).attempt}).find("does not follow"), std::string::npos);
  EXPECT_NE(next(TaskFailed{.attempt = {.task = 99, .activation = 1, .attempt = 0}, .error = broken(), .duration = {}})
                .find("event 2 (task_failed)"),
            std::string::npos);
  EXPECT_EQ(next(TaskFailed{.attempt = start(0, 0).attempt, .error = broken(), .duration = {}}), "");
}

TEST(ReplayOfLists, WhatBeginsOrEndsAListIsChecked) {
  auto definition = testing::make_definition({{.name = "each", .for_each = JsonArray{}}});
  Replay replay(definition);
  const auto ok = [&](EventBody body) { return static_cast<bool>(replay.next({.at = t0, .body = std::move(body)})); };
  ASSERT_TRUE(ok(RunCreated{.definition_hash = definition->hash, .inputs = json(JsonObject{}), .deadline = {}}));
  EXPECT_FALSE(ok(ItemsEnded{.task = 0, .error = std::nullopt}));
  ASSERT_TRUE(ok(ItemsListed{.task = 0, .items = json(JsonArray{1})}));
  EXPECT_FALSE(ok(ItemsEnded{.task = 0, .error = std::nullopt}));
  ASSERT_TRUE(ok(AttemptStarted{.attempt = {.task = 0, .item = 0}}));
  ASSERT_TRUE(ok(TaskCompleted{.attempt = {.task = 0, .item = 0}, .result = json(1)}));
  ASSERT_TRUE(ok(ItemsEnded{.task = 0, .error = std::nullopt}));
}

}  // namespace
}  // namespace skein::workflow
