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

TEST(Calls, ThatAreRepeatedStayChargedTwice) {
  auto definition = testing::make_definition({{.name = "a"}});
  definition->budget.spend.tokens = 1000;
  finish_definition(*definition);
  Machine machine(definition);
  machine.start("a");
  const auto a = machine.attempt("a");
  const auto again = [&](std::uint32_t number) {
    auto call = called(a, number, {.tokens = 100});
    call.again = true;
    return call;
  };
  machine.must_not(again(1));
  machine.must({.at = t0, .body = called(a, 1, {.tokens = 100})});
  auto tool = again(1);
  tool.kind = agent::CallKind::tool;
  machine.must_not(tool);
  machine.must({.at = t0, .body = again(1)});
  EXPECT_EQ(machine.state.spent().tokens, 200U);
  EXPECT_EQ(machine.state.calls({.task = 0})[0].times, 2U);
  machine.must({.at = t0, .body = answered(a, 1, {.tokens = 30})});
  EXPECT_EQ(machine.state.spent().tokens, 130U) << "nobody knows what the first time cost";
  EXPECT_EQ(machine.state.spent_by(0).tokens, 130U);
  EXPECT_EQ(machine.state.paid().tokens, 30U);
  machine.must_not(again(1));
}

TEST(Calls, ThatWereAnsweredOrAskPeopleAreNotRepeated) {
  Machine machine(testing::make_definition({{.name = "a"}}));
  machine.start("a");
  const auto a = machine.attempt("a");
  auto again = called(a, 1);
  again.again = true;
  machine.must({.at = t0, .body = called(a, 1)});
  machine.must({.at = t0, .body = answered(a, 1)});
  machine.must_not(again);
  again.number = 2;
  again.kind = agent::CallKind::person;
  again.request = json(JsonObject{{"question", "well?"}, {"answer", JsonObject{}}});
  auto first = again;
  first.again = false;
  machine.must({.at = t0, .body = first});
  machine.must_not(again);
}

CallStarted asked(const Attempt& attempt, std::uint32_t number) {
  return {.attempt = attempt,
          .number = number,
          .kind = agent::CallKind::person,
          .request = json(JsonObject{{"question", "well?"}, {"answer", JsonObject{}}}),
          .reserved = {}};
}

CallEnded said(const Attempt& attempt, std::uint32_t number) {
  return {.attempt = attempt, .number = number, .kind = agent::CallKind::person, .answer = json("yes"), .used = {}};
}

TEST(Calls, OfPeopleLetTheAttemptWaitOnceNothingElseIsUnderWay) {
  auto definition = testing::make_definition({{.name = "a"}, {.name = "b"}});
  definition->parallel_execution = true;
  definition->max_parallel_tasks = 1;
  finish_definition(*definition);
  Machine machine(definition);
  machine.start("a");
  const auto a = machine.attempt("a");
  EXPECT_EQ(machine.startable(), "");
  machine.must({.at = t0, .body = asked(a, 1)});
  EXPECT_EQ(machine.status("a"), TaskStatus::waiting);
  EXPECT_EQ(machine.startable(), "b ") << "it takes no place while it waits";
  EXPECT_FALSE(machine.state.waits_for_others());
  machine.must({.at = t0, .body = called(a, 2)});
  EXPECT_EQ(machine.status("a"), TaskStatus::running);
  machine.must({.at = t0, .body = asked(a, 3)});
  EXPECT_EQ(machine.state.running(), 1U);
  machine.must({.at = t0, .body = answered(a, 2)});
  EXPECT_EQ(machine.status("a"), TaskStatus::waiting);
  EXPECT_TRUE(machine.state.waits_in_calls({.task = 0}));
  EXPECT_EQ(machine.state.in_flight().size(), 1U);
  ASSERT_EQ(machine.state.asking(0).size(), 2U);
  EXPECT_EQ(machine.state.asking(0)[1].call, 3U);
  machine.must_not(answered(a, 1));
  machine.must({.at = t0, .body = said(a, 3)});
  EXPECT_EQ(machine.status("a"), TaskStatus::waiting);
  machine.must({.at = t0, .body = said(a, 1)});
  EXPECT_EQ(machine.status("a"), TaskStatus::running);
  EXPECT_TRUE(machine.state.asking(0).empty());
  EXPECT_FALSE(machine.state.waits_in_calls({.task = 0}));
  EXPECT_FALSE(machine.state.waits_in_calls({.task = 0, .item = 7}));
  machine.complete("a");
}

TEST(Calls, OfPeopleAreTheLastThingThatARunWaitsFor) {
  Machine machine(testing::make_definition({{.name = "a"}}));
  machine.start("a");
  machine.must({.at = t0, .body = asked(machine.attempt("a"), 1)});
  EXPECT_EQ(machine.state.status(), RunStatus::waiting);
  EXPECT_TRUE(machine.state.waits_for_others());
  EXPECT_FALSE(machine.state.next_due(t0));
  machine.stop();
  machine.settle();
  EXPECT_EQ(machine.state.status(), RunStatus::cancelled);
  EXPECT_EQ(machine.state.running(), 0U);
}

TEST(Calls, OfPeopleStayOpenThroughTheNextAttempt) {
  Machine machine(testing::make_definition({{.name = "a"}}));
  machine.start("a");
  machine.must({.at = t0, .body = asked(machine.attempt("a"), 1)});
  machine.retry("a", t0 + seconds{1});
  EXPECT_TRUE(machine.state.asking(0).empty()) << "nobody can answer an attempt that is over";
  machine.must_not(said(machine.attempt("a"), 1));
  machine.now = t0 + seconds{1};
  machine.start("a");
  EXPECT_EQ(machine.status("a"), TaskStatus::waiting);
  machine.must({.at = machine.now, .body = said(machine.attempt("a"), 1)});
  EXPECT_EQ(machine.state.running(), 1U);
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

TEST(Calls, AreForgottenWithTheirTaskAndNoOther) {
  auto definition = testing::make_definition({{.name = "each", .for_each = JsonArray{}, .max_concurrency = 2}, {.name = "other"}});
  definition->parallel_execution = true;
  Machine machine(definition);
  machine.list("each", 2);
  machine.start_item("each", 0);
  machine.start("other");
  machine.must({.at = t0, .body = called(machine.item("each", 0), 1)});
  machine.must({.at = t0, .body = called(machine.attempt("other"), 1)});
  machine.stop();
  machine.must({.at = t0, .body = TaskCancelled{.task = 0}});
  EXPECT_TRUE(machine.state.calls({.task = 0, .item = 0}).empty());
  EXPECT_EQ(machine.state.calls({.task = 1}).size(), 1U);
}

TEST(Calls, OfAnEarlierAttemptDoNotLetOneThatWaitsMakeMore) {
  Machine machine(testing::make_definition({{.name = "a"}}));
  machine.start("a");
  machine.must({.at = t0, .body = called(machine.attempt("a"), 1)});
  machine.must({.at = t0, .body = answered(machine.attempt("a"), 1)});
  machine.retry("a", t0);
  auto next = machine.attempt("a");
  ++next.attempt;
  machine.must({.at = t0, .body = AttemptStarted{.attempt = next, .wake_at = {}, .signal = "news"}});
  EXPECT_FALSE(machine.state.waits_in_calls({.task = 0}));
  machine.must_not(called(next, 2));
}

}  // namespace
}  // namespace skein::workflow
