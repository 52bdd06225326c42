#include "workflow/test_machine.hpp"

namespace skein::workflow {
namespace {

CallStarted called(const Attempt& attempt, std::uint32_t number, agent::Spend reserved = {}) {
  return {.attempt = attempt, .number = number, .kind = agent::CallKind::model, .request = json("q"), .reserved = reserved};
}

CallEnded answered(const Attempt& attempt, std::uint32_t number, agent::Spend used = {}) {
  return {.attempt = attempt, .number = number, .kind = agent::CallKind::model, .answer = json("a"), .used = used};
}

TEST(Calls, AreNumberedAndAnsweredOnce) {
  auto definition = testing::make_definition({{.name = "a"}});
  Machine machine(definition);
  machine.must_not(called({.task = 0}, 1));
  machine.start("a");
  const auto a = machine.attempt("a");
  machine.must_not(called(a, 2));
  machine.must_not(answered(a, 1));
  machine.must({.at = t0, .body = called(a, 1)});
  machine.must_not(called(a, 1));
  machine.must_not(answered(a, 2));
  machine.must_not(CallEnded{.attempt = a, .number = 1, .kind = agent::CallKind::tool, .answer = json("a"), .used = {}});
  machine.must({.at = t0, .body = answered(a, 1)});
  machine.must_not(answered(a, 1));
  EXPECT_EQ(machine.state.calls({.task = 0}).size(), 1U);
  EXPECT_EQ(*machine.state.calls({.task = 0})[0].answer, Json("a"));
}

TEST(Calls, OfAnAttemptThatWaitsCannotBe) {
  auto definition = testing::make_definition({{.name = "each", .for_each = JsonArray{}}});
  Machine machine(definition);
  machine.list("each", 1);
  machine.start_item("each", 0, "signal");
  machine.must_not(called(machine.item("each", 0), 1));
}

TEST(Calls, OfAnInnerWorkflowAreReservedAndGivenBack) {
  auto definition = testing::make_definition({{.name = "a"}});
  RunState state(definition);
  ASSERT_TRUE(state.apply({.at = t0,
                           .body = RunCreated{.definition_hash = definition->hash,
                                              .inputs = json(JsonObject{}),
                                              .deadline = {},
                                              .limits = {.tokens = 100, .nano_dollars = {}, .tool_calls = 5}}}));
  const auto child = RunId::parse("01890000-0000-7000-8000-000000000002").value();
  const Attempt a{.task = 0};
  ASSERT_TRUE(state.apply({.at = t0,
                           .body = AttemptStarted{.attempt = a,
                                                  .wake_at = {},
                                                  .signal = signal_of_end(child),
                                                  .reserved_spend = {.tokens = 100, .tool_calls = 5},
                                                  .child = child}}));
  EXPECT_EQ(state.spend_left().tokens, 0U);
  const auto ended = [&](Json spent) {
    auto copy = state;
    EXPECT_TRUE(copy.apply(
        {.at = t0, .body = SignalReceived{.name = signal_of_end(child), .payload = json(JsonObject{{"spent", std::move(spent)}})}}));
    return copy.spend_left();
  };
  EXPECT_EQ(ended(JsonObject{{"tokens", 30}, {"tool_calls", std::uint64_t{2}}}),
            (agent::SpendLimits{.tokens = 70, .nano_dollars = {}, .tool_calls = 3}));
  EXPECT_EQ(ended(JsonObject{{"tokens", -3}, {"tool_calls", 900}}),
            (agent::SpendLimits{.tokens = 100, .nano_dollars = {}, .tool_calls = 0}));
  EXPECT_EQ(ended(nullptr), (agent::SpendLimits{.tokens = 0, .nano_dollars = {}, .tool_calls = 0}));
}

}  // namespace
}  // namespace skein::workflow
