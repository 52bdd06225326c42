#include <gtest/gtest.h>

#include "workflow/test_traveller.hpp"

// What a retry keeps of agents that did not come to their end, and what budgets the new run has.
namespace skein::workflow {
namespace {

using agent::CallKind;
using testing::make_definition;

Error over_budget() {
  return {.code = ErrorCode::budget_exceeded, .message = "no money", .context = {}, .retryable = false, .retry_after = {}};
}

/// A journal with calls in it.
struct Caller : Traveller {
  using Traveller::Traveller;

  void call(const Attempt& attempt, CallKind kind, agent::Spend reserved = {.tokens = 100}) {
    const auto number = static_cast<std::uint32_t>(state.calls(attempt.step()).size() + 1);
    must({.at = now,
          .body = CallStarted{.attempt = attempt,
                              .number = number,
                              .kind = kind,
                              .request = json(JsonObject{{"question", "q"}, {"answer", JsonObject{}}}),
                              .reserved = reserved}});
  }
  void answer(const Attempt& attempt, Json value = "fine", agent::Spend used = {.tokens = 40}) {
    const auto calls = state.calls(attempt.step());
    must({.at = now,
          .body = CallEnded{.attempt = attempt,
                            .number = static_cast<std::uint32_t>(calls.size()),
                            .kind = calls.back().kind,
                            .answer = json(std::move(value)),
                            .used = used}});
  }
  void ask_model(const Attempt& attempt) {
    call(attempt, CallKind::model);
    answer(attempt);
  }
  void fail_with(const Attempt& attempt, Error error) {
    must({.at = now, .body = TaskFailed{.attempt = attempt, .error = std::move(error), .duration = {}}});
  }
};

std::shared_ptr<Definition> two() { return make_definition({{.name = "a"}, {.name = "b", .needs = {"a"}}}); }

TEST(TimeTravelCalls, AnAgentWhoseBudgetWasUsedUpGoesOn) {
  auto definition = two();
  definition->budget.spend.tokens = 90;
  definition->agents.front().budget.tokens = 80;
  definition->budget.attempts = 5;
  Caller old(definition);
  old.start("a");
  old.ask_model(old.attempt("a"));
  old.must({.at = t0, .body = AttemptFailed{.attempt = old.attempt("a"), .error = broken(), .duration = {}, .retry_at = t0}});
  old.start("a");
  old.ask_model(old.attempt("a"));
  old.fail_with(old.attempt("a"), over_budget());
  old.settle();
  ASSERT_EQ(old.state.status(), RunStatus::failed);

  auto way = old.how(Origin::Kind::retry);
  const auto next = Caller::arrived(old.go(way));
  EXPECT_EQ(lines(next), (Lines{"attempt_started a#1.1", "model_called a#1.1", "model_answered a#1.1", "attempt_failed a#1.1",
                                "attempt_started a#1.2", "model_called a#1.2", "model_answered a#1.2", "attempt_failed a#1.2"}));
  EXPECT_EQ(startable(next), "a ");
  EXPECT_EQ(next.state.calls({.task = 0}).size(), 2U);
  EXPECT_EQ(next.state.tasks()[0].error->code, ErrorCode::budget_exceeded);
  EXPECT_EQ(next.events[1].at, later) << "time limits begin anew";
  EXPECT_EQ(next.state.spend_left().tokens, 90U) << "what is kept uses up nothing";
  EXPECT_EQ(next.state.spend_left(0).tokens, 80U);
  EXPECT_EQ(next.state.attempts_left(), 5U);

  way.budget = {.wall_time = seconds{60},
                .attempts = 9,
                .spend = {.tokens = 500, .nano_dollars = 7, .tool_calls = {}},
                .agents = {{definition->agents.front().name, {.tokens = 300, .nano_dollars = {}, .tool_calls = 4}}}};
  const auto richer = Caller::arrived(old.go(way));
  EXPECT_EQ(richer.state.spend_left().tokens, 500U);
  EXPECT_EQ(richer.state.spend_left().nano_dollars, 7U);
  EXPECT_EQ(richer.state.spend_left(0), (agent::SpendLimits{.tokens = 300, .nano_dollars = 7, .tool_calls = 4}));
  EXPECT_EQ(richer.state.attempts_left(), 9U);
  EXPECT_EQ(richer.state.until(), later + seconds{60});

  way.budget = {};
  EXPECT_EQ(Caller::arrived(old.go(way)).state.attempts_left(), 5U) << "as the definition has it";
  way.budget.agents = {{"nobody", {}}};
  EXPECT_EQ(old.go(way).error().code, ErrorCode::invalid_argument);
}

TEST(TimeTravelCalls, WhatAnAgentFoundToBeItsEndBeginsAnew) {
  for (const auto& [answer, code, kept] :
       std::initializer_list<std::tuple<Json, ErrorCode, bool>>{{"fine", ErrorCode::agent_failed, false},
                                                                {"fine", ErrorCode::too_large, false},
                                                                {"fine", ErrorCode::rejected, false},
                                                                {"fine", ErrorCode::timeout, true},
                                                                {JsonObject{{"error", "overloaded"}}, ErrorCode::agent_failed, true}}) {
    Caller old(two());
    old.start("a");
    const auto a = old.attempt("a");
    old.call(a, CallKind::model);
    old.answer(a, answer);
    auto error = broken();
    error.code = code;
    old.fail_with(a, error);
    old.settle();
    EXPECT_EQ(lines(old.retried()).size(), kept ? 4U : 0U) << to_string(code);
    EXPECT_EQ(lines(old.retried("a")), Lines{}) << "what is named begins anew";
    EXPECT_EQ(lines(old.forked("b")), Lines{}) << "only a retry goes on";
  }
}

TEST(TimeTravelCalls, ACancelledConversationGoesOnAndAnOpenModelCallIsMadeAnew) {
  Caller old(two());
  old.start("a");
  const auto a = old.attempt("a");
  old.ask_model(a);
  old.call(a, CallKind::person);
  old.call(a, CallKind::tool);
  old.answer(a);
  old.stop();
  old.settle();
  const auto waits = old.retried();
  EXPECT_EQ(lines(waits), (Lines{"attempt_started a#1.1", "model_called a#1.1", "model_answered a#1.1", "person_asked a#1.1",
                                 "tool_called a#1.1", "tool_answered a#1.1", "attempt_failed a#1.1"}));
  EXPECT_EQ(waits.state.tasks()[0].error->code, ErrorCode::cancelled);

  Caller asking(two());
  asking.start("a");
  asking.ask_model(asking.attempt("a"));
  asking.call(asking.attempt("a"), CallKind::model);
  asking.stop();
  asking.settle();
  EXPECT_EQ(asking.retried().state.calls({.task = 0}).size(), 1U);
}

TEST(TimeTravelCalls, ACallThatWasRepeatedIsMadeAnewOnlyWhereNobodyAnswered) {
  for (const bool answered : {true, false}) {
    Caller old(two());
    old.start("a");
    const auto a = old.attempt("a");
    old.ask_model(a);
    old.call(a, CallKind::model);
    auto again = old.journal.back();
    std::get<CallStarted>(again.body).again = true;
    old.must(again);
    if (answered) old.answer(a);
    old.stop();
    old.settle();
    const auto next = old.retried();
    EXPECT_EQ(next.state.calls({.task = 0}).size(), answered ? 2U : 1U);
    EXPECT_EQ(lines(next).size(), answered ? 7U : 4U);
  }
}

TEST(TimeTravelCalls, ADeadlineBetweenTwoAttemptsEndsNoneOfThem) {
  Caller old(two());
  old.start("a");
  const auto a = old.attempt("a");
  old.ask_model(a);
  old.must({.at = old.now, .body = AttemptFailed{.attempt = a, .error = over_budget(), .duration = {}, .retry_at = old.now + seconds{60}}});
  old.fail_with(a, {.code = ErrorCode::timeout, .message = "Task deadline exceeded", .context = {}, .retryable = false, .retry_after = {}});
  old.settle();
  const auto again = old.retried();
  EXPECT_EQ(lines(again), (Lines{"attempt_started a#1.1", "model_called a#1.1", "model_answered a#1.1", "attempt_failed a#1.1"}));
}

TEST(TimeTravelCalls, TheYesToATaskIsKeptWithItsConversation) {
  Caller old(make_definition({{.name = "a", .approval = ApprovalDefinition{.message = text("sure?"), .approvers = {}, .timeout = {}}}}));
  old.must({.at = t0, .body = ApprovalRequested{.task = 0, .activation = 1, .message = "sure?", .parameters = json(nullptr), .due = {}}});
  old.must({.at = t0, .body = ApprovalGiven{.task = 0, .activation = 1, .by = "ann", .comment = {}, .set = json(JsonObject{{"n", 2}})}});
  old.start("a");
  old.ask_model(old.attempt("a"));
  old.fail_with(old.attempt("a"), over_budget());
  old.settle();
  const auto next = old.retried();
  EXPECT_EQ(startable(next), "a ");
  EXPECT_EQ(to_json(*next.state.edits(0)), R"({"n":2})") << "the conversation was about these";
}

TEST(TimeTravelCalls, ItemsGoOnEachForThemselves) {
  auto definition = make_definition({{.name = "each", .for_each = JsonArray{}, .max_concurrency = 3}});
  definition->parallel_execution = true;
  finish_definition(*definition);
  Caller old(definition);
  old.list("each", 4);
  for (std::uint32_t i = 0; i < 3; ++i) old.start_item("each", i);
  old.do_item("each", 0, 1);
  old.ask_model(old.item("each", 2));
  old.must({.at = t0, .body = TaskFailed{.attempt = old.item("each", 2), .error = over_budget(), .duration = {}}});
  old.fail_item("each", 1);
  old.end_items("each", broken());
  old.settle();
  const auto next = old.retried();
  EXPECT_EQ(lines(next), (Lines{"items_listed each", "attempt_started each[0]#1.1", "attempt_started each[1]#1.1",
                                "attempt_failed each[1]#1.1", "attempt_started each[2]#1.1", "task_completed each[0]#1.1",
                                "model_called each[2]#1.1", "model_answered each[2]#1.1", "attempt_failed each[2]#1.1"}));
  EXPECT_EQ(next.state.calls({.task = 0, .item = 2}).size(), 1U);
}

std::shared_ptr<Definition> loop() {
  return make_definition({{.name = "draft"}, {.name = "review"}, {.name = "publish", .needs = {"review"}}},
                         {{.from = "start", .to = "draft"},
                          {.from = "draft", .to = "review"},
                          {.from = "review", .to = "draft", .when = "{{ true }}", .max_iterations = 5}});
}

/// Round 1 is done, and in round 2 the review, or already the draft, ran out of money.
Caller in_round_two(std::string_view failing) {
  Caller old(loop());
  for (const auto* name : {"draft", "review"}) {
    old.start(name);
    old.ask_model(old.attempt(name));
    old.complete(name);
    old.take_edge(name, std::string_view(name) == "draft" ? EdgeIndex{1} : EdgeIndex{2});
  }
  if (failing == "review") {
    old.run("draft");
    old.take_edge("draft", EdgeIndex{1});
  }
  old.start(failing);
  old.ask_model(old.attempt(failing));
  old.ask_model(old.attempt(failing));
  old.fail_with(old.attempt(failing), over_budget());
  old.settle();
  return old;
}

TEST(TimeTravelCalls, ARoundOfALoopGoesOn) {
  for (const auto* failing : {"draft", "review"}) {
    const auto old = in_round_two(failing);
    const auto next = old.retried();
    const auto task = *next.state.definition().find_task(failing);
    EXPECT_EQ(startable(next), std::string(failing) + " ");
    EXPECT_EQ(next.state.tasks()[task].activation, 2U);
    EXPECT_EQ(next.state.calls({.task = task}).size(), 2U) << failing;
    EXPECT_EQ(next.state.tasks()[task].attempt, 1U);
    const auto kept = lines(next);
    EXPECT_EQ(kept.back(), fmt::format("attempt_failed {}#2.1", failing));
    EXPECT_EQ(std::ranges::count(kept, fmt::format("model_answered {}#1.1", failing)), 1);
    EXPECT_TRUE(old.forked("publish").state.calls({.task = task}).empty()) << "only a retry goes on";
  }
}

TEST(TimeTravelCalls, InAGraphWhatIsNamedOrComesAfterItBeginsAnew) {
  const auto old = in_round_two("review");
  EXPECT_EQ(lines(old.retried("draft")), Lines{});
  const auto review = old.retried("review");
  EXPECT_EQ(startable(review), "review ");
  EXPECT_EQ(review.state.tasks()[1].activation, 1U);
  EXPECT_TRUE(review.state.calls({.task = 1}).empty());
}

TEST(TimeTravelCalls, ACancelledRoundGoesOnAndParallelWaysEachForThemselves) {
  auto definition = make_definition({{.name = "a"}, {.name = "b"}}, {{.from = "start", .to = "a"}, {.from = "start", .to = "b"}});
  definition->parallel_execution = true;
  finish_definition(*definition);
  Caller old(definition);
  old.start("a");
  old.start("b");
  old.ask_model(old.attempt("b"));
  old.ask_model(old.attempt("a"));
  old.call(old.attempt("b"), CallKind::model);
  old.stop();
  old.settle();
  const auto next = old.retried();
  EXPECT_EQ(next.state.calls({.task = 0}).size(), 1U);
  EXPECT_EQ(next.state.calls({.task = 1}).size(), 1U);
  EXPECT_EQ(lines(next).size(), 8U);
  EXPECT_EQ(next.state.spent(), (agent::Spend{.tokens = 80, .nano_dollars = 0, .tool_calls = 0}));
}

TEST(TimeTravelCalls, ASequentialWorkflowGoesOnWithOneConversation) {
  Caller old(make_definition({{.name = "a", .continue_on_failure = true}, {.name = "b"}}));
  for (const auto* name : {"a", "b"}) {
    old.start(name);
    old.ask_model(old.attempt(name));
    old.fail_with(old.attempt(name), over_budget());
  }
  old.settle();
  const auto next = old.retried();
  EXPECT_EQ(lines(next).size(), 4U);
  EXPECT_EQ(startable(next), "a ");
}

TEST(TimeTravelCalls, BudgetsThatNothingUsedAreTheDefinitions) {
  auto definition = two();
  definition->agents.front().budget.tokens = 80;
  Caller old(definition);
  old.start("a");
  old.fail("a");
  old.settle();
  const auto next = old.retried();
  EXPECT_TRUE(created(next).agent_limits->empty());
  EXPECT_EQ(next.state.spend_left(0).tokens, 80U);
}

TEST(TimeTravelCalls, ARunMayHaveABudgetOfTokensAlone) {
  auto definition = two();
  Caller old(definition);
  old.start("a");
  old.ask_model(old.attempt("a"));
  old.fail_with(old.attempt("a"), over_budget());
  old.settle();
  auto way = old.how(Origin::Kind::retry);
  way.budget.spend.tokens = 500;
  const auto next = Caller::arrived(old.go(way));
  EXPECT_EQ(next.state.spend_left().tokens, 500U) << "what is kept uses up nothing";
  EXPECT_EQ(next.state.attempts_left(), std::nullopt);
}

TEST(TimeTravelCalls, ItemsWithinAGraphBeginAnew) {
  Caller old(make_definition({{.name = "each", .for_each = JsonArray{}}}, {{.from = "start", .to = "each"}}));
  old.list("each", 1);
  old.start_item("each", 0);
  old.ask_model(old.item("each", 0));
  old.must({.at = t0, .body = TaskFailed{.attempt = old.item("each", 0), .error = over_budget(), .duration = {}}});
  old.end_items("each", broken());
  old.settle();
  const auto next = old.retried();
  EXPECT_EQ(lines(next), Lines{});
  EXPECT_EQ(startable(next), "each ");
}

}  // namespace
}  // namespace skein::workflow
