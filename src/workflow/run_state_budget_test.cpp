#include "workflow/test_machine.hpp"

namespace skein::workflow {
namespace {

Machine with_budget(std::optional<std::uint32_t> attempts, std::optional<Instant> until = {}) {
  auto definition = testing::make_definition({{.name = "a"}, {.name = "each", .for_each = JsonArray{}, .undo = JsonObject{}}});
  definition->parallel_execution = true;
  Machine machine(definition);
  machine.state = RunState(definition);
  machine.must({.at = t0,
                .body = RunCreated{.definition_hash = definition->hash,
                                   .inputs = json(JsonObject{}),
                                   .deadline = {},
                                   .parent = {},
                                   .until = until,
                                   .attempts = attempts}});
  return machine;
}

Error over() {
  return {.code = ErrorCode::budget_exceeded, .message = "Budget exceeded", .context = {}, .retryable = false, .retry_after = {}};
}

TEST(Budget, CallsAreChargedWhenTheyStartAndWaitsAreNot) {
  auto machine = with_budget(2);
  EXPECT_EQ(machine.state.attempts_left(), 2U);
  machine.start("a");
  EXPECT_EQ(machine.state.attempts_left(), 1U);
  machine.list("each", 3);
  machine.start_item("each", 0, "signal");
  EXPECT_EQ(machine.state.attempts_left(), 1U);
  machine.start_item("each", 1);
  EXPECT_EQ(machine.state.attempts_used(), 2U);
  EXPECT_EQ(machine.state.over_budget(t0, true), "Budget exceeded: the run has used its 2 attempts");
  EXPECT_EQ(machine.state.over_budget(t0, false), "") << "waiting costs nothing";
}

TEST(Budget, NothingBeginsAfterItsTime) {
  auto machine = with_budget({}, t0 + seconds{60});
  EXPECT_EQ(machine.state.attempts_left(), std::nullopt);
  EXPECT_EQ(machine.state.over_budget(t0 + seconds{59}, true), "");
  EXPECT_EQ(machine.state.over_budget(t0 + seconds{60}, false), "Budget exceeded: the run may begin nothing more after 1m 00s");
}

TEST(Budget, AStepThatNeverBeganFailsInItsTurnOnly) {
  auto machine = with_budget(1);
  const auto a = machine.attempt("a");
  machine.must_not(TaskFailed{.attempt = {.task = 1, .activation = 1, .attempt = 0}, .error = over(), .duration = {}});
  machine.must_not(TaskFailed{.attempt = {.task = 0, .activation = 7, .attempt = 0}, .error = over(), .duration = {}});
  machine.must_not(TaskFailed{.attempt = {.task = 1, .activation = 1, .attempt = 0, .item = 0}, .error = over(), .duration = {}});
  machine.list("each", 2);
  machine.must_not(TaskFailed{.attempt = {.task = 1, .activation = 1, .attempt = 0, .item = 1}, .error = over(), .duration = {}});
  machine.must(
      {.at = t0, .body = TaskFailed{.attempt = {.task = 1, .activation = 1, .attempt = 0, .item = 0}, .error = over(), .duration = {}}});
  EXPECT_EQ(machine.state.find_step({.task = 1, .item = 0})->status, TaskStatus::failed);
  machine.must(
      {.at = t0, .body = TaskFailed{.attempt = {.task = 1, .activation = 1, .attempt = 0, .item = 1}, .error = over(), .duration = {}}});
  machine.must_not(TaskFailed{.attempt = {.task = 1, .activation = 1, .attempt = 0, .item = 2}, .error = over(), .duration = {}});
  EXPECT_EQ(machine.state.items_failure(1)->code, ErrorCode::budget_exceeded);
  machine.must({.at = t0, .body = TaskFailed{.attempt = a, .error = over(), .duration = {}}});
  EXPECT_EQ(machine.status("a"), TaskStatus::failed);
  machine.must_not(TaskFailed{.attempt = a, .error = over(), .duration = {}});
}

TEST(Budget, AStoppingRunFailsNothingThatNeverBegan) {
  auto machine = with_budget(1);
  const auto a = machine.attempt("a");
  machine.stop();
  machine.must_not(TaskFailed{.attempt = a, .error = over(), .duration = {}});
}

struct ReservationTest : ::testing::TestWithParam<std::pair<const char*, std::uint32_t>> {};

TEST_P(ReservationTest, AChildGivesBackWhatItDidNotUse) {
  auto machine = with_budget(10);
  const RunId child = RunId::parse("01890000-0000-7000-8000-000000000001").value();
  machine.must(
      {.at = t0,
       .body = AttemptStarted{.attempt = {.task = 0}, .wake_at = {}, .signal = signal_of_end(child), .reserved = 6, .child = child}});
  EXPECT_EQ(machine.state.attempts_left(), 4U);
  EXPECT_EQ(machine.state.awaited_children(0), std::vector{child});
  machine.must({.at = t0, .body = SignalReceived{.name = signal_of_end(child), .payload = json(parse_json(GetParam().first).value())}});
  EXPECT_EQ(machine.state.attempts_left(), GetParam().second);
  machine.must({.at = t0, .body = SignalReceived{.name = signal_of_end(child), .payload = json(JsonObject{{"attempts", 0}})}});
  EXPECT_EQ(machine.state.attempts_left(), GetParam().second) << "only once";
}

INSTANTIATE_TEST_SUITE_P(Payloads, ReservationTest,
                         ::testing::Values(std::pair{R"({"attempts":2})", 8U}, std::pair{R"({"attempts":0})", 10U},
                                           std::pair{R"({"attempts":99})", 4U}, std::pair{R"({"attempts":-5})", 10U},
                                           std::pair{R"({"attempts":"x"})", 4U}, std::pair{"{}", 4U}));

TEST(Budget, AChildWithoutAReservationChangesNothing) {
  auto machine = with_budget({});
  const RunId child = RunId::parse("01890000-0000-7000-8000-000000000001").value();
  machine.must({.at = t0, .body = AttemptStarted{.attempt = {.task = 0}, .wake_at = {}, .signal = signal_of_end(child), .child = child}});
  EXPECT_EQ(machine.state.attempts_used(), 0U);
  EXPECT_TRUE(machine.state.awaited_children(1).empty());
}

TEST(Budget, AnAgentsIsTheDefinitionsUnlessTheRunSaysOtherwise) {
  auto definition = testing::make_definition({{.name = "a"}, {.name = "b"}});
  definition->agents.front().budget.tokens = 10;
  definition->agents.push_back(definition->agents.front());
  definition->agents.back().name = "other";
  definition->tasks[1].agent = 1;
  RunState state(definition);
  ASSERT_TRUE(
      state.apply({.at = t0,
                   .body = RunCreated{.definition_hash = definition->hash,
                                      .inputs = json(JsonObject{}),
                                      .deadline = {},
                                      .agent_limits = AgentLimits{{"other", {.tokens = 70, .nano_dollars = {}, .tool_calls = {}}}}}}));
  EXPECT_EQ(state.spend_left(0).tokens, 10U);
  EXPECT_EQ(state.spend_left(1).tokens, 70U);
}

}  // namespace
}  // namespace skein::workflow
