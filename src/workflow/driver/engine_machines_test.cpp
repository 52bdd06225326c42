#include <gtest/gtest.h>

#include "store/memory/memory_run_store.hpp"
#include "support/engine_harness.hpp"
#include "support/thinker.hpp"
#include "workflow/driver/day_budget.hpp"
#include "workflow/driver/engine.hpp"

// Attempts that are many calls, each journaled before it is made and when it is answered.
namespace skein::workflow {
namespace {

using testing::call_answer;
using testing::EngineHarness;
using testing::make_definition;
using testing::TaskSpec;

std::shared_ptr<Definition> thinking(std::vector<TaskSpec> tasks = {{.name = "think"}}) {
  auto definition = make_definition(tasks);
  definition->agents.front().kind = "thinker";
  finish_definition(*definition);
  return definition;
}

/// An engine that knows the kind.
struct Owner : EngineHarness {
  explicit Owner(store::RunStore& store, EngineOptions options = {}) : EngineHarness(store, options) {
    kinds.add("thinker", [](const agent::AgentSettings&, const agent::AgentServices&) -> Result<std::unique_ptr<agent::Agent>> {
      return std::make_unique<testing::ThinkingAgent>();
    });
  }
  /// Answers the call with that key.
  void answer_call(std::string_view ending, AgentResponse response) {
    for (const auto& [id, request] : calls.open) {
      if (!request->request.idempotency_key.ends_with(ending)) continue;
      const auto call = id;
      const auto keep = std::move(calls.open.at(call));
      calls.open.erase(call);
      engine->on_answer(call, std::move(response));
      return;
    }
    FAIL() << "no open call " << ending;
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> out;
    for (const auto& call : calls.started) out.push_back(call.key.substr(call.key.find(':') + 1));
    return out;
  }
};

struct MachinesTest : ::testing::Test {
  std::shared_ptr<store::MemoryDatabase> database = store::make_memory_database();
  std::unique_ptr<store::RunStore> store = store::make_memory_run_store(database);
  std::unique_ptr<Owner> h = std::make_unique<Owner>(*store);
  std::shared_ptr<Definition> definition = thinking();

  static Json tools(std::initializer_list<Json> names) {
    JsonArray list;
    for (const auto& name : names) list.push_back(name);
    return JsonObject{{"tools", std::move(list)}};
  }
  RunState folded(RunId run) const {
    RunState state(definition);
    (void)store->read_journal(run, 1, [&](const store::StoredEntry& entry) {
      for (const auto& event : decode_events(entry.text, *definition, *store).value()) EXPECT_TRUE(state.apply(event));
      return true;
    });
    return state;
  }
  void tell(RunId run, std::string kind, JsonObject payload) {
    ASSERT_TRUE(
        store->post({.id = 0, .run = run, .kind = std::move(kind), .payload = to_json(Json(std::move(payload))), .at = h->clock.now()}));
  }
  /// The owner dies; another one goes on.
  void crash(RunId run) {
    store->close();
    store = store::make_memory_run_store(database);
    h = std::make_unique<Owner>(*store);
    ASSERT_EQ(h->engine->adopt(store->claim(run).value(), definition), Engine::Adopted::driven);
  }
};

TEST_F(MachinesTest, EachCallIsJournaledBeforeItIsMadeAndItsAnswerBeforeTheNext) {
  const auto run = h->run(definition);
  h->answer_call("/1", call_answer(tools({"add", "look"})));
  h->answer_call("/3", call_answer("seen"));
  h->answer_call("/2", call_answer(3));
  h->answer_call("/4", call_answer("done"));
  EXPECT_EQ(h->recorder.lines,
            (std::vector<std::string>{"run_created", "attempt_started think#1", "model_called think", "model_answered think",
                                      "tool_called think", "tool_called think", "tool_answered think", "tool_answered think",
                                      "model_called think", "model_answered think", "task_completed think", "run_completed"}));
  EXPECT_EQ(h->keys(), (std::vector<std::string>{"think:1/1", "think:1/2", "think:1/3", "think:1/4"}));
  EXPECT_EQ(to_json(*folded(run).tasks()[0].result), R"({"said":"done","heard":[{"look":"seen"},{"add":3}]})");
  EXPECT_TRUE(folded(run).calls({.task = 0}).empty());
}

TEST_F(MachinesTest, ACallsTimeoutIsItsOwn) {
  (void)h->run(definition);
  h->answer_call("/1", call_answer(tools({"add"})));
  EXPECT_GT(h->calls.started[0].timeout, std::chrono::hours{1000});
  EXPECT_EQ(h->calls.started[1].timeout, seconds{5});
  h->answer_call("/2",
                 AgentResponse::failed(
                     {.code = ErrorCode::timeout, .message = "Request timeout", .context = {}, .retryable = true, .retry_after = {}}));
  h->answer_call("/3", call_answer("well"));
  EXPECT_EQ(h->recorder.lines.back(), "run_completed");
}

TEST_F(MachinesTest, AfterACrashOnlyWhatWasInFlightIsRepeatedWithTheSameKey) {
  const auto run = h->run(definition);
  h->answer_call("/1", call_answer(tools({"add", "look"})));
  h->answer_call("/2", call_answer(3));
  crash(run);
  EXPECT_EQ(h->keys(), (std::vector<std::string>{"think:1/3"}));
  h->answer_call("/3", call_answer("seen"));
  EXPECT_EQ(h->keys().back(), "think:1/4");
  h->answer_call("/4", call_answer("done"));
  EXPECT_EQ(h->status(run), RunStatus::completed);
  EXPECT_EQ(to_json(*folded(run).tasks()[0].result), R"({"said":"done","heard":[{"add":3},{"look":"seen"}]})");
}

TEST_F(MachinesTest, WhatMustNotBeRepeatedGetsAnAnswerInstead) {
  const auto run = h->run(definition);
  h->answer_call("/1", call_answer(tools({"once", "look"})));
  crash(run);
  EXPECT_EQ(h->keys(), (std::vector<std::string>{"think:1/3"}));
  h->answer_call("/3", call_answer("seen"));
  h->answer_call("/4", call_answer("done"));
  EXPECT_EQ(to_json(*folded(run).tasks()[0].result), R"({"said":"done","heard":[{"once":"unknown"},{"look":"seen"}]})");
}

TEST_F(MachinesTest, AnEffectOfTheTaskIsThatOfItsCalls) {
  definition = thinking({{.name = "think", .effect = true}});
  const auto run = h->run(definition);
  crash(run);
  EXPECT_EQ(h->keys(), (std::vector<std::string>{"think:1/1"}));
}

TEST_F(MachinesTest, TheNextAttemptGoesOnWhereTheLastOneFailed) {
  const auto run = h->run(definition);
  h->answer_call("/1", call_answer(tools({"add"})));
  h->answer_call("/2", call_answer(3));
  h->answer_call("/3", call_answer(JsonObject{{"error", "busy"}}));
  EXPECT_EQ(folded(run).tasks()[0].status, TaskStatus::retrying);
  EXPECT_EQ(folded(run).calls({.task = 0}).size(), 3U);
  h->advance(seconds{1});
  EXPECT_EQ(h->keys().back(), "think:1/4");
  h->answer_call("/4", call_answer(JsonObject{{"error", "busy"}}));
  crash(run);
  h->clock.advance(seconds{100});
  h->engine->tick();
  EXPECT_EQ(h->keys(), (std::vector<std::string>{"think:1/5"}));
  h->answer_call("/5", call_answer("done"));
  EXPECT_EQ(to_json(*folded(run).tasks()[0].result), R"({"said":"done","heard":[{"add":3}]})");
}

TEST_F(MachinesTest, ACancelledTaskEndsItsCalls) {
  const auto run = h->run(definition);
  h->answer_call("/1", call_answer(tools({"add", "look"})));
  ASSERT_TRUE(store->post({.id = 0, .run = run, .kind = "cancel", .payload = R"({"reason":"enough"})", .at = h->clock.now()}));
  h->engine->check_mail(run);
  EXPECT_EQ(h->status(run), RunStatus::cancelled);
  EXPECT_EQ(h->calls.cancelled.size(), 2U);
  EXPECT_TRUE(h->calls.open.empty());
}

TEST_F(MachinesTest, AnAbandonedRunEndsItsCallsAndCanBeGoneOnWith) {
  const auto run = h->run(definition);
  h->engine->abandon_all();
  EXPECT_EQ(h->calls.cancelled.size(), 1U);
  ASSERT_TRUE(h->engine->adopt(store->claim(run).value(), definition));
  EXPECT_EQ(h->keys().back(), "think:1/1");
}

TEST_F(MachinesTest, ADeadlineEndsTheCalls) {
  definition = thinking({{.name = "think", .deadline = seconds{10}}});
  const auto run = h->run(definition);
  h->advance(seconds{11});
  EXPECT_EQ(h->status(run), RunStatus::failed);
  EXPECT_EQ(h->calls.cancelled.size(), 1U);
  EXPECT_TRUE(folded(run).calls({.task = 0}).empty());
}

TEST_F(MachinesTest, AnAgentThatDoesNotBeginFailsTheAttempt) {
  definition = thinking({{.name = "think", .parameters = JsonObject{{"lazy", true}}}});
  const auto run = h->run(definition);
  EXPECT_EQ(h->status(run), RunStatus::failed);
  EXPECT_EQ(folded(run).error(), "Task 'think' failed: it does not want to");
}

TEST_F(MachinesTest, ItemsThinkEachForThemselves) {
  definition = thinking({{.name = "think", .for_each = JsonArray{1, 2}, .max_concurrency = 2}});
  const auto run = h->run(definition);
  EXPECT_EQ(h->keys(), (std::vector<std::string>{"think:1:0/1", "think:1:1/1"}));
  h->answer_call(":0/1", call_answer("a"));
  h->answer_call(":1/1", call_answer("b"));
  EXPECT_EQ(to_json(*folded(run).tasks()[0].result), R"([{"said":"a","heard":[]},{"said":"b","heard":[]}])");
}

TEST_F(MachinesTest, CallsAreChargedTheirWorstUntilTheyAreAnswered) {
  definition = thinking();
  definition->budget.spend.tokens = 150;
  const auto run = h->run(definition);
  EXPECT_EQ(folded(run).spent().tokens, 100U);
  h->answer_call("/1", call_answer(tools({"add"}), 30));
  EXPECT_EQ(folded(run).spent(), (agent::Spend{.tokens = 30, .tool_calls = 1}));
  EXPECT_EQ(folded(run).spend_left().tokens, 120U);
  h->answer_call("/2", call_answer(1));
  EXPECT_EQ(folded(run).spent().tokens, 130U);  // the next model call, at its worst
  h->answer_call("/3", call_answer(tools({"add"}), 115));
  h->answer_call("/4", call_answer(1));
  EXPECT_EQ(h->status(run), RunStatus::failed);
  EXPECT_EQ(folded(run).error(), "Task 'think' failed: no tokens left");
  EXPECT_EQ(folded(run).spent().tokens, 145U);
}

TEST_F(MachinesTest, APersonIsAskedAndTheRunNeedsNoMemoryMeanwhile) {
  h = std::make_unique<Owner>(*store, EngineOptions{.sleep_after = {}, .sleep_for_others = true});
  const auto run = h->run(definition);
  h->answer_call("/1", call_answer(tools({"ask", "look"})));
  EXPECT_TRUE(h->engine->drives(run)) << "a tool is under way";
  h->answer_call("/3", call_answer("seen"));
  EXPECT_FALSE(h->engine->drives(run));
  EXPECT_EQ(store->find_run(run)->summary.status, RunStatus::waiting);
  EXPECT_EQ(store->find_run(run)->summary.next_due, store::never);
  tell(run, "answer", {{"task", "think"}, {"value", 7}, {"by", "ann"}});  // not a text
  tell(run, "answer", {{"task", "think"}, {"value", "red"}, {"by", "ann"}, {"call", 3}});  // no such question
  tell(run, "approve", {{"task", "think"}, {"by", "ann"}});               // it is no approval
  ASSERT_TRUE(h->engine->adopt(store->claim(run).value(), definition));
  EXPECT_EQ(folded(run).tasks()[0].status, TaskStatus::waiting);
  tell(run, "answer", {{"task", "think"}, {"value", "red"}, {"by", "ann"}, {"comment", "my favourite"}});
  EXPECT_FALSE(h->engine->drives(run));
  ASSERT_TRUE(h->engine->adopt(store->claim(run).value(), definition));
  h->answer_call("/4", call_answer("done"));
  EXPECT_EQ(to_json(*folded(run).tasks()[0].result),
            R"({"said":"done","heard":[{"ask":{"value":"red","by":"ann","comment":"my favourite"}},{"look":"seen"}]})");
}

TEST_F(MachinesTest, APersonMayDeclineToAnswer) {
  const auto run = h->run(definition);
  h->answer_call("/1", call_answer(tools({"ask"})));
  tell(run, "reject", {{"task", "think"}, {"by", "ann"}});
  h->engine->check_mail(run);
  h->answer_call("/3", call_answer("done"));
  EXPECT_EQ(to_json(*folded(run).tasks()[0].result), R"({"said":"done","heard":[{"ask":{"by":"ann","rejected":true}}]})");
}

TEST_F(MachinesTest, AnApprovalIsDurableBeforeTheCallIsMadeAndACrashBetweenThemMakesItOnce) {
  const auto run = h->run(definition);
  h->answer_call("/1", call_answer(tools({"pay", "pay"})));
  EXPECT_TRUE(h->calls.open.empty());
  tell(run, "approve", {{"task", "think"}, {"by", "eve"}, {"call", 3}});                          // not asked
  tell(run, "approve", {{"task", "think"}, {"by", "ann"}, {"call", 3}, {"set", {{"n", "two"}}}});  // does not fit
  tell(run, "approve", {{"task", "think"}, {"by", "ann"}, {"call", 3}, {"set", {{"n", 2}}}});
  crash(run);
  EXPECT_EQ(h->keys(), (std::vector<std::string>{"think:1/4"})) << "the word was read by the new owner";
  EXPECT_EQ(to_json(folded(run).calls({.task = 0})[2].answer->at("value")), R"({"n":2})");
  crash(run);
  EXPECT_EQ(h->keys(), (std::vector<std::string>{"think:1/4"}));
  EXPECT_EQ(folded(run).asking(0).size(), 1U);
  h->answer_call("/4", call_answer("paid"));
  EXPECT_EQ(folded(run).tasks()[0].status, TaskStatus::waiting);
  tell(run, "reject", {{"task", "think"}, {"by", "eve"}});
  tell(run, "reject", {{"task", "think"}, {"by", "ann"}, {"comment", "once is enough"}});
  tell(run, "approve", {{"task", "think"}, {"by", "ann"}});  // too late
  h->engine->check_mail(run);
  h->answer_call("/5", call_answer("done"));
  EXPECT_EQ(h->status(run), RunStatus::completed);
  EXPECT_EQ(to_json(*folded(run).tasks()[0].result),
            R"({"said":"done","heard":[{"pay_now":"paid"},{"pay":{"by":"ann","rejected":true,"comment":"once is enough"}}]})");
}

TEST_F(MachinesTest, ARunIsCancelledWhileItWaitsForAPerson) {
  const auto run = h->run(definition);
  h->answer_call("/1", call_answer(tools({"ask"})));
  tell(run, "cancel", {});
  tell(run, "answer", {{"task", "think"}, {"value", "red"}});
  h->engine->check_mail(run);
  EXPECT_EQ(h->status(run), RunStatus::cancelled);
}

TEST_F(MachinesTest, WaitingForAPersonEndsWithTheTasksDeadline) {
  definition = thinking({{.name = "think", .deadline = seconds{10}}});
  const auto run = h->run(definition);
  h->answer_call("/1", call_answer(tools({"ask"})));
  h->advance(seconds{9});
  EXPECT_EQ(folded(run).status(), RunStatus::waiting);
  h->advance(seconds{2});
  EXPECT_EQ(h->status(run), RunStatus::failed);
}

TEST_F(MachinesTest, AnAgentsOwnBudgetHoldsForAllItsTasks) {
  definition = thinking({{.name = "a"}, {.name = "b", .needs = {"a"}}});
  definition->agents.front().budget.tokens = 105;
  const auto run = h->run(definition);
  h->answer_call("a:1/1", call_answer("fine", 100));
  EXPECT_EQ(h->status(run), RunStatus::failed);
  EXPECT_EQ(folded(run).spent_by(0).tokens, 100U);
}

TEST_F(MachinesTest, WhatAFailedCallMayHaveCostStaysCharged) {
  definition = thinking({{.name = "a"}});
  const auto run = h->run(definition);
  auto lost = call_answer(JsonObject{{"error", "the line broke"}}, 3);
  lost.metadata["unsettled"] = true;
  h->answer_call("a:1/1", std::move(lost));
  EXPECT_EQ(folded(run).spent().tokens, 100U);
}

TEST_F(MachinesTest, WhatAnUnansweredCallReservedStaysCharged) {
  definition = thinking({{.name = "a", .continue_on_failure = true, .deadline = seconds{10}}, {.name = "b", .needs = {"a"}}});
  definition->budget.spend.tokens = 120;
  const auto run = h->run(definition);
  h->advance(seconds{11});
  EXPECT_EQ(folded(run).spent().tokens, 120U);  // 100 of the first, and what was left for the second
}

TEST_F(MachinesTest, ACallReservesNoMoreThanItsAgentMaySpendOnADay) {
  definition->agents.front().daily.tokens = 60;
  const auto run = h->run(definition);
  EXPECT_EQ(folded(run).calls({.task = 0})[0].reserved.tokens, 60U);
}

TEST_F(MachinesTest, WhatACallCostBeforeACrashStaysChargedWhenItIsRepeated) {
  definition->budget.spend.tokens = 250;
  finish_definition(*definition);
  const auto run = h->run(definition);
  crash(run);
  EXPECT_EQ(h->keys(), (std::vector<std::string>{"think:1/1"})) << "the same key";
  EXPECT_EQ(h->recorder.lines, (std::vector<std::string>{"run_resumed", "model_called think"}));
  EXPECT_EQ(folded(run).spent().tokens, 200U) << "either may have been paid for";
  h->answer_call("/1", call_answer(tools({"add"}), 10));
  EXPECT_EQ(folded(run).spent().tokens, 110U);
  crash(run);
  EXPECT_EQ(folded(run).spent().tokens, 110U) << "a call of a tool costs no tokens";
  h->answer_call("/2", call_answer(3));
  EXPECT_EQ(folded(run).spent().tokens, 210U);
  crash(run);
  EXPECT_TRUE(h->calls.started.empty()) << "what is left does not pay for it once more";
  EXPECT_EQ(folded(run).calls({.task = 0})[2].answer->at("error").as_string().find("Budget exceeded: a call of the model was under way"),
            0U);
  EXPECT_EQ(folded(run).spent().tokens, 210U);
}

TEST_F(MachinesTest, ACancelledRunRepeatsNothingWithItsLastOwnersBudget) {
  definition->budget.spend.tokens = 250;
  finish_definition(*definition);
  const auto run = h->run(definition);
  tell(run, "cancel", {});
  crash(run);
  EXPECT_EQ(h->status(run), RunStatus::cancelled);
  EXPECT_EQ(folded(run).spent().tokens, 100U);
}

TEST_F(MachinesTest, TheLastCallOfADayIsLoweredToWhatIsLeft) {
  definition->agents.front().daily.tokens = 150;
  const auto account = account_of_day(definition->name + "/" + definition->agents.front().name, h->clock.now());
  ASSERT_TRUE(store->settle(account, "k", {.tokens = 80, .nano_dollars = 0}));
  ASSERT_TRUE(store->reserve(account, "k2", {.tokens = 20, .nano_dollars = 0}, {})->granted);
  const auto run = h->run(definition);
  EXPECT_EQ(folded(run).calls({.task = 0})[0].reserved.tokens, 50U);
  h->answer_call("/1", call_answer(tools({"add"}), 10));
  ASSERT_TRUE(store->settle(account, "k3", {.tokens = 45, .nano_dollars = 0}));
  h->answer_call("/2", call_answer(1));
  EXPECT_EQ(folded(run).calls({.task = 0})[2].reserved.tokens, 100U) << "too little is left: the ledger says what of";
}

TEST_F(MachinesTest, PassingAShareOfABudgetIsAnEventOfTheRun) {
  definition->budget.spend.tokens = 1000;
  definition->agents.front().budget.tokens = 400;
  (void)h->run(definition);
  const auto alerts = [&] { return std::ranges::count(h->recorder.lines, "emitted think"); };
  h->answer_call("/1", call_answer(tools({"add"}), 300));
  EXPECT_EQ(alerts(), 0);
  h->answer_call("/2", call_answer(1));
  h->answer_call("/3", call_answer(tools({"add"}), 50));
  EXPECT_EQ(alerts(), 1) << "of the agent's";
  h->answer_call("/4", call_answer(1));
  h->answer_call("/5", call_answer("done", 20));
  EXPECT_EQ(alerts(), 1);
}

TEST_F(MachinesTest, AlertsThatComeWithAnAnswerAreEventsOfTheRun) {
  (void)h->run(definition);
  auto answer = call_answer("done", 20);
  answer.emitted.push_back({.name = "spend_alert", .data = JsonObject{{"reason", "day_budget"}}});
  h->answer_call("/1", std::move(answer));
  EXPECT_EQ(h->recorder.lines,
            (std::vector<std::string>{"run_created", "attempt_started think#1", "model_called think", "model_answered think",
                                      "emitted think", "task_completed think", "run_completed"}));
}

}  // namespace
}  // namespace skein::workflow
