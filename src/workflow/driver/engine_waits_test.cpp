#include <gtest/gtest.h>

#include "store/memory/memory_run_store.hpp"
#include "support/engine_harness.hpp"
#include "workflow/driver/engine.hpp"

// People and signals, as a run waits for them.
namespace skein::workflow {
namespace {

using testing::EdgeSpec;
using testing::EngineHarness;
using testing::make_definition;
using testing::TaskSpec;

struct WaitsTest : ::testing::Test {
  std::unique_ptr<store::RunStore> owned_store = store::make_memory_run_store();
  store::RunStore& store = *owned_store;
  EngineHarness h{store};

  static std::shared_ptr<Definition> parallel(std::vector<TaskSpec> tasks, const std::vector<EdgeSpec>& edges = {}) {
    auto definition = make_definition(tasks, edges);
    definition->parallel_execution = true;
    return definition;
  }
  /// Tasks with the action `listen` wait for the signal parameters.name; all others answer at once.
  static std::shared_ptr<Definition> listening(std::vector<TaskSpec> tasks) {
    auto definition = parallel(std::move(tasks));
    definition->agents[0].kind = "pause";
    return definition;
  }
  static TaskSpec listener(std::string name, Json parameters) {
    return {.name = std::move(name), .action = "listen", .parameters = std::move(parameters)};
  }
  static ApprovalDefinition question(const std::string& message) { return {.message = Template::compile(Json(message)).value()}; }

  void tell(RunId run, std::string kind, const JsonObject& payload) {
    ASSERT_TRUE(store.post({.id = 0, .run = run, .kind = std::move(kind), .payload = to_json(payload), .at = h.clock.now()}));
    h.engine->check_mail(run);
  }
  void signal(RunId run, std::string_view name, Json payload) { tell(run, "signal", {{"name", name}, {"payload", std::move(payload)}}); }
  void approve(RunId run, std::string_view task, JsonObject more = {}) {
    more["task"] = task;
    tell(run, "approve", more);
  }
  RunState replayed(RunId run, const DefinitionPtr& definition) {
    RunState state(definition);
    EXPECT_TRUE(store.read_journal(run, 1, [&](const store::StoredEntry& entry) {
      for (const auto& event : decode_events(entry.text, *definition, store).value()) EXPECT_TRUE(state.apply(event));
      return true;
    }));
    return state;
  }
  std::string error(RunId run) { return store.find_run(run)->summary.error; }
};

using Signals = WaitsTest;

TEST_F(Signals, TheTaskAnswersWithThePayload) {
  const auto definition = listening({listener("a", JsonObject{{"name", "paid"}})});
  const auto run = h.run(definition);
  EXPECT_EQ(h.status(run), RunStatus::waiting);
  signal(run, "other", 1);
  EXPECT_EQ(h.status(run), RunStatus::waiting);
  signal(run, "paid", JsonObject{{"amount", 40}});
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(to_json(*replayed(run, definition).tasks()[0].result), R"({"amount":40})");
}

TEST_F(Signals, OneThatComesEarlyIsKept) {
  auto definition = listening({{.name = "first", .action = "wait_for", .parameters = JsonObject{{"seconds", 5}}},
                               {.name = "a", .needs = {"first"}, .action = "listen", .parameters = JsonObject{{"name", "s"}}}});
  const auto run = h.run(definition);
  signal(run, "s", "early");
  h.advance(seconds{5});
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(to_json(*replayed(run, definition).tasks()[1].result), R"("early")");
}

TEST_F(Signals, EachIsTakenOnceAndInOrder) {
  const auto definition = listening({listener("a", JsonObject{{"name", "s"}}), listener("b", JsonObject{{"name", "s"}})});
  const auto run = h.run(definition);
  signal(run, "s", 1);
  EXPECT_EQ(h.status(run), RunStatus::waiting);
  signal(run, "s", 2);
  EXPECT_EQ(h.status(run), RunStatus::completed);
  const auto state = replayed(run, definition);
  EXPECT_EQ(to_json(*state.tasks()[0].result), "1");
  EXPECT_EQ(to_json(*state.tasks()[1].result), "2");
}

TEST_F(Signals, PatienceCanEnd) {
  const auto definition = listening({listener("a", JsonObject{{"name", "s"}, {"seconds", 10}})});
  const auto run = h.run(definition);
  EXPECT_EQ(h.recorder.due, h.clock.now() + seconds{10});
  h.advance(seconds{10});
  EXPECT_EQ(error(run), "Task 'a' failed: nobody called");
}

TEST_F(Signals, OneThatCameWinsOverPatienceThatEnded) {
  const auto definition = listening({listener("a", JsonObject{{"name", "s"}, {"seconds", 10}})});
  const auto run = h.run(definition);
  ASSERT_TRUE(store.post({.id = 0, .run = run, .kind = "signal", .payload = R"({"name":"s","payload":7})", .at = h.clock.now()}));
  h.clock.advance(seconds{20});
  h.engine->check_mail(run);
  EXPECT_EQ(h.status(run), RunStatus::completed);
}

TEST_F(Signals, ADeadlineThatPassedWinsOverASignal) {
  auto definition = listening({listener("a", JsonObject{{"name", "s"}})});
  definition->tasks[0].deadline = seconds{10};
  definition->failure_strategy = FailureStrategy::continue_on_failure;
  const auto run = h.run(definition);
  ASSERT_TRUE(store.post({.id = 0, .run = run, .kind = "signal", .payload = R"({"name":"s","payload":7})", .at = h.clock.now()}));
  h.clock.advance(seconds{20});
  h.engine->check_mail(run);
  EXPECT_EQ(error(run), "Task 'a' failed: Task deadline exceeded: it took longer than 10.0s");
}

TEST_F(Signals, StoppingARunEndsTheWait) {
  const auto definition = listening({listener("a", JsonObject{{"name", "s"}})});
  const auto run = h.run(definition);
  tell(run, "cancel", {});
  EXPECT_EQ(h.status(run), RunStatus::cancelled);
  EXPECT_EQ(replayed(run, definition).tasks()[0].status, TaskStatus::cancelled);
}

TEST_F(Signals, ARunThatOnlyWaitsLeavesMemoryUntilMailComes) {
  EngineHarness worker(store, {.sleep_after = seconds{5}, .sleep_for_others = false});
  const auto definition = listening({listener("a", JsonObject{{"name", "s"}})});
  const auto run = worker.run(definition);
  EXPECT_EQ(worker.engine->active_runs(), 0U);
  EXPECT_EQ(worker.recorder.asleep, 1);
  EXPECT_TRUE(store.claim_runnable(worker.clock.now() + seconds{1'000'000}, 10)->empty());
  ASSERT_TRUE(store.post({.id = 0, .run = run, .kind = "signal", .payload = R"({"name":"s","payload":7})", .at = worker.clock.now()}));
  const auto claimed = store.claim_runnable(worker.clock.now(), 10);
  ASSERT_EQ(claimed->size(), 1U);
  ASSERT_TRUE(worker.engine->adopt(claimed->front(), definition));
  EXPECT_EQ(worker.status(run), RunStatus::completed);
}

using Approvals = WaitsTest;

TEST_F(Approvals, TheTaskBeginsAfterAYesAndEarlierWorkIsNotRepeated) {
  auto definition = parallel({{.name = "draft"},
                              {.name = "send",
                               .needs = {"draft"},
                               .parameters = JsonObject{{"to", "all"}, {"text", "{{ draft.result }}"}},
                               .approval = question("Send '{{ draft.result }}'?")}});
  const auto run = h.run(definition);
  h.answer("draft", AgentResponse::ok("hello"));
  EXPECT_EQ(h.status(run), RunStatus::waiting);
  const auto asked = replayed(run, definition);
  ASSERT_NE(asked.question(1), nullptr);
  EXPECT_EQ(asked.question(1)->message, "Send 'hello'?");
  EXPECT_EQ(to_json(*asked.question(1)->parameters), R"({"to":"all","text":"hello"})");
  approve(run, "send", {{"by", "maria"}, {"set", JsonObject{{"to", "few"}}}});
  ASSERT_EQ(h.calls.started.size(), 2U);
  EXPECT_EQ(to_json(h.calls.started[1].parameters), R"({"to":"few","text":"hello"})");
  h.answer("send", AgentResponse::ok(1));
  EXPECT_EQ(h.status(run), RunStatus::completed);
}

TEST_F(Approvals, ANewOwnerAsksNotAgain) {
  auto definition = parallel({{.name = "send", .approval = question("Send?")}});
  const auto run = h.run(definition);
  h.engine->abandon_all();
  auto claimed = store.claim(run);
  ASSERT_TRUE(h.engine->adopt(*claimed, definition));
  EXPECT_EQ(std::ranges::count(h.recorder.lines, "approval_requested send"), 1);
  approve(run, "send");
  h.answer("send", AgentResponse::ok(1));
  EXPECT_EQ(h.status(run), RunStatus::completed);
}

TEST_F(Approvals, ANoFailsTheTaskWithItsReason) {
  const auto run = h.run(parallel({{.name = "send", .approval = question("Send?")}}));
  tell(run, "reject", {{"task", "send"}, {"by", "maria"}, {"comment", "too early"}});
  EXPECT_EQ(error(run), "Task 'send' failed: rejected by maria: too early");
  EXPECT_TRUE(h.calls.started.empty());
}

TEST_F(Approvals, OnlyThoseWhoWereAskedMayAnswer) {
  auto approval = question("Send?");
  approval.approvers = {"maria"};
  const auto run = h.run(parallel({{.name = "send", .approval = approval}}));
  approve(run, "send", {{"by", "paul"}});
  EXPECT_EQ(h.status(run), RunStatus::waiting);
  approve(run, "unknown", {{"by", "maria"}});
  EXPECT_EQ(h.status(run), RunStatus::waiting);
  approve(run, "send", {{"by", "maria"}});
  EXPECT_EQ(h.calls.started.size(), 1U);
  approve(run, "send", {{"by", "maria"}});  // too late, and without effect
  h.answer("send", AgentResponse::ok(1));
  EXPECT_EQ(h.status(run), RunStatus::completed);
}

TEST_F(Approvals, SilenceMeansWhatTheWorkflowSays) {
  auto approval = question("Send?");
  approval.timeout = seconds{60};
  const auto no = h.run(parallel({{.name = "send", .approval = approval}}));
  h.advance(seconds{60});
  EXPECT_EQ(error(no), "Task 'send' failed: nobody answered within 1m 00s");
  approval.on_timeout = ApprovalTimeout::approve;
  const auto yes = h.run(parallel({{.name = "send", .approval = approval}}));
  h.advance(seconds{60});
  h.answer("send", AgentResponse::ok(1));
  EXPECT_EQ(h.status(yes), RunStatus::completed);
}

TEST_F(Approvals, ConditionsComeFirst) {
  const auto run = h.run(parallel({{.name = "send", .when = "{{ false }}", .approval = question("Send?")}}));
  EXPECT_EQ(h.status(run), RunStatus::completed);
  const auto broken = h.run(parallel({{.name = "send", .when = "{{ 1 }}", .approval = question("Send?")}}));
  EXPECT_EQ(error(broken), "Task 'send' failed: when: a condition must be true or false, not 1; compare it with something");
}

TEST_F(Approvals, AQuestionThatCannotBePutTogetherFailsItsTask) {
  const auto run = h.run(parallel({{.name = "send", .approval = question("{{ 1 / 0 }}")}}));
  EXPECT_EQ(h.status(run), RunStatus::failed);
  const auto other = h.run(parallel({{.name = "send", .parameters = JsonObject{{"x", "{{ 1 / 0 }}"}}, .approval = question("Send?")}}));
  EXPECT_EQ(h.status(other), RunStatus::failed);
}

TEST_F(Approvals, SecretsAreHiddenInWhatIsAsked) {
  h.outside.secrets["KEY"] = "s3cr3t-value";
  h.secrets.add("s3cr3t-value");
  auto definition = parallel({{.name = "send", .parameters = JsonObject{{"key", "{{ secrets.KEY }}"}}, .approval = question("Send?")}});
  const auto run = h.run(definition);
  EXPECT_EQ(to_json(*replayed(run, definition).question(0)->parameters).find("s3cr3t"), std::string::npos);
  approve(run, "send");
  EXPECT_EQ(to_json(h.calls.started[0].parameters), R"({"key":"s3cr3t-value"})");
}

TEST_F(Approvals, EachRoundOfALoopIsAskedFor) {
  auto definition = parallel({{.name = "a", .approval = question("Again?")}},
                             {{.from = "start", .to = "a"}, {.from = "a", .to = "a", .max_iterations = 1}, {.from = "a", .to = "end"}});
  const auto run = h.run(definition);
  approve(run, "a", {{"set", JsonObject{{"x", 1}}}});
  EXPECT_EQ(to_json(h.calls.started[0].parameters), R"({"x":1})");
  h.answer("a", AgentResponse::ok(1));
  EXPECT_EQ(h.status(run), RunStatus::waiting);
  approve(run, "a");
  EXPECT_EQ(to_json(h.calls.started[1].parameters), "{}");
  h.answer("a", AgentResponse::ok(2));
  EXPECT_EQ(h.status(run), RunStatus::completed);
}

TEST_F(Approvals, AListIsAskedForOnce) {
  auto definition = parallel({{.name = "each", .for_each = JsonArray{1, 2}, .approval = question("All of them?")}});
  const auto run = h.run(definition);
  EXPECT_TRUE(h.calls.started.empty());
  approve(run, "each");
  EXPECT_EQ(h.calls.started.size(), 2U);
}

TEST_F(Approvals, StoppingARunEndsTheQuestion) {
  auto approval = question("Send?");
  approval.timeout = seconds{60};
  const auto definition = parallel({{.name = "send", .approval = approval}});
  const auto run = h.run(definition);
  tell(run, "cancel", {});
  EXPECT_EQ(h.status(run), RunStatus::cancelled);
  EXPECT_EQ(h.recorder.due, std::nullopt);
}

TEST(WaitingState, EventsThatCannotBeAreRefused) {
  auto definition = make_definition({{.name = "a", .approval = ApprovalDefinition{}}, {.name = "b"}});
  definition->parallel_execution = true;
  RunState state(definition);
  const auto apply = [&](EventBody body) { return state.apply({.at = Instant{seconds{1}}, .body = std::move(body)}).has_value(); };
  const auto json = [](Json of) { return std::make_shared<const Json>(std::move(of)); };
  ASSERT_TRUE(apply(RunCreated{.definition_hash = definition->hash, .inputs = json(JsonObject{}), .deadline = {}}));
  const ApprovalRequested asked{.task = 0, .activation = 1, .message = "?", .parameters = json(1), .due = {}};
  const ApprovalGiven yes{.task = 0, .activation = 1, .by = "", .comment = "", .set = nullptr};
  const ApprovalRejected no{.task = 0, .activation = 1, .by = "", .comment = "", .error = {}};
  EXPECT_FALSE(apply(yes));
  EXPECT_FALSE(apply(no));
  EXPECT_FALSE(apply(ApprovalRequested{.task = 1, .activation = 1, .message = "?", .parameters = json(1), .due = {}}));  // it asks nobody
  EXPECT_FALSE(apply(ApprovalRequested{.task = 0, .activation = 2, .message = "?", .parameters = json(1), .due = {}}));
  ASSERT_TRUE(apply(asked));
  EXPECT_FALSE(apply(asked));
  EXPECT_FALSE(apply(AttemptStarted{.attempt = {.task = 0}, .wake_at = {}, .signal = {}}));
  EXPECT_FALSE(apply(TaskCompleted{.attempt = {.task = 0, .attempt = 0}, .result = json(1), .metadata = {}, .duration = {}}));
  EXPECT_FALSE(apply(ApprovalGiven{.task = 0, .activation = 1, .by = "", .comment = "", .set = json(1)}));
  EXPECT_TRUE(apply(yes));
  EXPECT_FALSE(apply(yes));
  EXPECT_FALSE(apply(asked));  // it was answered
  ASSERT_TRUE(apply(AttemptStarted{.attempt = {.task = 1}, .wake_at = {}, .signal = "s"}));
  EXPECT_FALSE(apply(SignalTaken{.attempt = {.task = 1}}));  // it has not come
  EXPECT_FALSE(apply(SignalTaken{.attempt = {.task = 0}}));
  EXPECT_TRUE(apply(SignalReceived{.name = "s", .payload = json(1)}));
  EXPECT_TRUE(apply(SignalTaken{.attempt = {.task = 1}}));
}

}  // namespace
}  // namespace skein::workflow
