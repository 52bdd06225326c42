#include <gtest/gtest.h>

#include "store/memory/memory_run_store.hpp"
#include "support/engine_harness.hpp"
#include "workflow/driver/engine.hpp"

// Runs that tasks of other runs begin.
namespace skein::workflow {
namespace {

using testing::EngineHarness;
using testing::make_definition;
using testing::TaskSpec;

struct ChildrenTest : ::testing::Test {
  std::shared_ptr<store::MemoryDatabase> database = store::make_memory_database();
  std::unique_ptr<store::RunStore> store = store::make_memory_run_store(database);
  EngineHarness h{*store};
  std::shared_ptr<Definition> inner = child_definition();

  static std::shared_ptr<Definition> child_definition() {
    auto definition = make_definition({{.name = "work", .parameters = JsonObject{{"n", "{{ inputs.n }}"}}}});
    definition->name = "inner";
    definition->outputs.push_back({.name = "doubled", .value = Template::compile("{{ work.result }}").value()});
    definition->document = JsonObject{{"name", "inner"}};
    finish_definition(*definition);
    return definition;
  }
  /// Tasks with the action "run" run the inner workflow.
  std::shared_ptr<Definition> outer(std::vector<TaskSpec> tasks) const {
    auto definition = make_definition(tasks);
    definition->parallel_execution = true;
    AgentDefinition agent;
    agent.name = "inner";
    agent.kind = "child";
    agent.workflow = inner;
    definition->agents.push_back(std::move(agent));
    for (auto& task : definition->tasks) {
      if (task.action == "run") task.agent = 1;
    }
    return definition;
  }
  static TaskSpec runs(const char* name) { return {.name = name, .action = "run", .parameters = JsonObject{{"n", 4}}}; }
  RunId child(std::size_t place = 0) const {
    store::RunFilter filter;
    filter.workflow = "inner";
    return store->list_runs(filter)->at(place).id;
  }
  RunState folded(RunId run, const DefinitionPtr& definition) const {
    RunState state(definition);
    (void)store->read_journal(run, 1, [&](const store::StoredEntry& entry) {
      for (const auto& event : decode_events(entry.text, *definition, *store).value()) EXPECT_TRUE(state.apply(event));
      return true;
    });
    return state;
  }
};

TEST_F(ChildrenTest, ATaskRunsAnotherWorkflowAndItsOutputsAreTheResult) {
  const auto definition = outer({runs("sub")});
  const auto id = h.run(definition);
  EXPECT_EQ(h.status(id), RunStatus::waiting);
  EXPECT_EQ(to_json(h.calls.started.back().parameters), R"({"n":4})");
  h.answer("work", AgentResponse::ok(8));
  EXPECT_EQ(h.status(child()), RunStatus::completed);
  EXPECT_EQ(h.status(id), RunStatus::completed);
  const auto state = folded(id, definition);
  EXPECT_EQ(to_json(*state.tasks()[0].result), R"({"doubled":8})");
  EXPECT_EQ(folded(child(), inner).parent(), id);
}

TEST_F(ChildrenTest, AChildThatFailsIsTriedAgainAsARunOfItsOwn) {
  const auto id = h.run(outer({runs("sub")}));
  const Error no{.code = ErrorCode::invalid_argument, .message = "no", .context = {}, .retryable = false, .retry_after = {}};
  h.answer("work", AgentResponse::failed(no));
  EXPECT_EQ(h.status(id), RunStatus::waiting) << "until the next attempt";
  h.advance(seconds{2});
  h.answer("work", AgentResponse::ok(8));
  EXPECT_EQ(h.status(id), RunStatus::completed);
  EXPECT_EQ(h.status(child(0)), RunStatus::completed);
  EXPECT_EQ(h.status(child(1)), RunStatus::failed);
}

TEST_F(ChildrenTest, CancellingTheParentCancelsItsChildren) {
  auto task = runs("each");
  task.for_each = JsonArray{1, 2, 3};
  const auto id = h.run(outer({task}));
  EXPECT_EQ(h.calls.open.size(), 3U);
  ASSERT_TRUE(store->post({.id = 0, .run = id, .kind = "cancel", .payload = "{}", .at = h.clock.now()}));
  h.engine->check_mail(id);
  h.meet();
  EXPECT_EQ(h.status(id), RunStatus::cancelled);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(h.status(child(i)), RunStatus::cancelled);
  EXPECT_TRUE(h.calls.open.empty());
  EXPECT_EQ(h.engine->active_runs(), 0U);
}

TEST_F(ChildrenTest, AnItemThatFailsLeavesTheRunsOfTheOthersAlone) {
  auto task = runs("each");
  task.for_each = JsonArray{1, 2, 3};
  task.continue_on_failure = true;
  const auto definition = outer({task});
  definition->agents[1].retry.max_attempts = 1;
  const auto id = h.run(definition);
  const Error no{.code = ErrorCode::invalid_argument, .message = "no", .context = {}, .retryable = false, .retry_after = {}};
  h.answer("work", AgentResponse::failed(no));
  ASSERT_EQ(h.calls.open.size(), 2U);
  h.answer("work", AgentResponse::ok(8));
  h.answer("work", AgentResponse::ok(8));
  EXPECT_EQ(h.status(id), RunStatus::completed);
  std::size_t completed = 0;
  for (std::size_t i = 0; i < 3; ++i) completed += h.status(child(i)) == RunStatus::completed ? 1 : 0;
  EXPECT_EQ(completed, 2U);
}

TEST_F(ChildrenTest, ADeadlineOfTheTaskCancelsItsChild) {
  auto task = runs("sub");
  task.deadline = seconds{5};
  const auto id = h.run(outer({task}));
  h.advance(seconds{6});
  EXPECT_EQ(h.status(id), RunStatus::failed);
  EXPECT_EQ(h.status(child()), RunStatus::cancelled);
}

TEST_F(ChildrenTest, ACrashSeparatesNoChildFromItsParent) {
  const auto definition = outer({runs("sub")});
  const auto id = h.run(definition);
  store->close();  // both owners are gone
  const auto other_store = store::make_memory_run_store(database);
  EngineHarness other(*other_store);
  const auto claimed = other_store->claim_runnable(other.clock.now(), 10);
  ASSERT_EQ(claimed->size(), 2U);
  for (const auto& claim : *claimed)
    ASSERT_TRUE(other.engine->adopt(claim, claim.run == id ? DefinitionPtr(definition) : DefinitionPtr(inner)));
  other.answer("work", AgentResponse::ok(8));
  EXPECT_EQ(other.status(id), RunStatus::completed);
}

TEST_F(ChildrenTest, TheEndOfAChildIsWaitingForAParentThatWasAway) {
  const auto definition = outer({runs("sub")});
  EngineHarness sleepy(*store, {.sleep_after = {}, .sleep_for_others = true});
  const auto id = sleepy.run(definition);
  EXPECT_FALSE(sleepy.engine->drives(id)) << "it waits for nothing but its child";
  sleepy.answer("work", AgentResponse::ok(8));
  EXPECT_EQ(sleepy.status(id), RunStatus::waiting);
  const auto claimed = store->claim_runnable(sleepy.clock.now(), 10);
  ASSERT_EQ(claimed->size(), 1U) << "mail makes it claimable";
  ASSERT_TRUE(sleepy.engine->adopt(claimed->front(), definition));
  EXPECT_EQ(sleepy.status(id), RunStatus::completed);
}

TEST_F(ChildrenTest, AChildThatIsUndoneAfterItsEndHasEndedOnce) {
  inner = make_definition({{.name = "work", .undo = JsonObject{{"n", 1}}}});
  inner->name = "inner";
  finish_definition(*inner);
  const auto definition = outer({runs("sub")});
  EngineHarness sleepy(*store, {.sleep_after = {}, .sleep_for_others = true});
  const auto id = sleepy.run(definition);
  sleepy.answer("work", AgentResponse::ok(8));
  ASSERT_TRUE(sleepy.engine->compensate(store->claim(child()).value(), inner, "regretted"));
  sleepy.answer_last(AgentResponse::ok(nullptr));
  ASSERT_EQ(sleepy.status(child()), RunStatus::cancelled);
  const auto claimed = store->claim_runnable(sleepy.clock.now(), 10);
  ASSERT_EQ(claimed->size(), 1U) << "both ends are in the mail";
  ASSERT_TRUE(sleepy.engine->adopt(claimed->front(), definition));
  EXPECT_EQ(sleepy.status(id), RunStatus::completed);
  const auto ends = sleepy.recorder.lines;
  EXPECT_EQ(std::ranges::count_if(ends, [](const auto& line) { return line.contains("signal_received"); }), 1);
}

TEST_F(ChildrenTest, ABudgetBoundsTheWholeFamily) {
  inner->tasks.push_back(inner->tasks[0]);
  inner->tasks[1].name = "more";
  finish_definition(*inner);
  auto definition = outer({runs("first"), {.name = "second", .needs = {"first"}}, {.name = "third", .needs = {"second"}}});
  definition->budget.attempts = 3;
  const auto id = h.run(definition);
  h.answer("work", AgentResponse::ok(1));
  h.answer("more", AgentResponse::ok(1));
  h.answer("second", AgentResponse::ok(1));
  EXPECT_EQ(h.status(id), RunStatus::failed);
  const auto state = folded(id, definition);
  EXPECT_EQ(state.tasks()[2].error->code, ErrorCode::budget_exceeded);
  EXPECT_EQ(state.tasks()[2].attempt, 0U) << "it never began";
  EXPECT_EQ(state.error(), "Task 'third' failed: Budget exceeded: the run has used its 3 attempts");
}

TEST_F(ChildrenTest, AChildMayUseNoMoreThanIsLeft) {
  inner->agents[0].retry.max_attempts = 9;
  auto definition = outer({runs("sub")});
  definition->agents[1].retry.max_attempts = 1;
  definition->budget = {.wall_time = seconds{100}, .attempts = 2};
  const auto id = h.run(definition);
  const Error busy{.code = ErrorCode::connection_failed, .message = "busy", .context = {}, .retryable = true, .retry_after = {}};
  h.answer("work", AgentResponse::failed(busy));
  h.advance(seconds{2});
  h.answer("work", AgentResponse::failed(busy));
  h.advance(seconds{4});
  EXPECT_TRUE(h.calls.open.empty()) << "the retry would break the budget";
  EXPECT_EQ(h.status(child()), RunStatus::failed);
  EXPECT_EQ(h.status(id), RunStatus::failed);
  EXPECT_EQ(folded(child(), inner).until(), h.clock.now() - seconds{6} + seconds{100});
}

TEST_F(ChildrenTest, NobodyElseCanSayThatAChildHasEnded) {
  const auto definition = outer({runs("sub")});
  const auto id = h.run(definition);
  const auto pretend = to_json(Json(JsonObject{{"name", signal_of_end(child())}, {"payload", {{"status", "completed"}}}}));
  ASSERT_TRUE(store->post({.id = 0, .run = id, .kind = "signal", .payload = pretend, .at = h.clock.now()}));
  for (const char* bad : {"{}", R"({"run":7})", R"({"run":"nonsense"})", R"({"run":"01890000-0000-7000-8000-000000000000"})"})
    ASSERT_TRUE(store->post({.id = 0, .run = id, .kind = "ended", .payload = bad, .at = h.clock.now()}));
  h.engine->check_mail(id);
  EXPECT_EQ(h.status(id), RunStatus::waiting);
  EXPECT_TRUE(store->inbox(id)->empty() || h.engine->drives(id));
}

TEST_F(ChildrenTest, SecretsDoNotReachTheChildsJournal) {
  h.secrets.add("hunter2");
  auto task = runs("sub");
  task.parameters = JsonObject{{"n", "hunter2"}};
  h.run(outer({task}));
  EXPECT_EQ(to_json(folded(child(), inner).inputs()).find("hunter2"), std::string::npos);
}

/// A limit of one run for each `n`.
ConcurrencyDefinition one_for_each_n() { return {.key = Template::compile("{{ inputs.n }}").value(), .limit = 1, .queue = true}; }

TEST_F(ChildrenTest, AChildThatNeedsThePlaceOfAnAncestorIsRefused) {
  inner->concurrency = one_for_each_n();
  auto middle = outer({runs("sub")});
  middle->name = "middle";
  auto definition = outer({runs("sub"), {.name = "other", .action = "run", .parameters = JsonObject{{"n", 5}}}});
  definition->name = inner->name;
  definition->concurrency = one_for_each_n();
  for (const bool directly : {true, false}) {
    if (!directly) definition->agents[1].workflow = middle;
    const auto id = h.run(definition, JsonObject{{"n", 4}});
    const auto state = folded(id, definition);
    if (directly) {
      ASSERT_EQ(state.tasks()[0].status, TaskStatus::failed);
      EXPECT_EQ(state.tasks()[0].error->code, ErrorCode::conflict);
      EXPECT_EQ(
          state.tasks()[0].error->message,
          "workflow 'inner' would wait for ever: a run that it is a part of holds the place of its concurrency key (inner/4); give the "
          "inner workflow another name or another 'concurrency.key'");
    } else {
      ASSERT_TRUE(state.tasks()[0].error);
      EXPECT_NE(state.tasks()[0].error->message.find("would wait for ever"), std::string::npos) << state.tasks()[0].error->message;
    }
  }
}

TEST_F(ChildrenTest, AChildWithAnotherKeyWaitsForItsOwnPlace) {
  inner->concurrency = one_for_each_n();
  auto definition = outer({runs("sub")});
  definition->name = inner->name;
  definition->concurrency = one_for_each_n();
  const auto id = h.run(definition, JsonObject{{"n", 3}});
  EXPECT_EQ(folded(id, definition).tasks()[0].status, TaskStatus::waiting);
  EXPECT_EQ(to_json(*folded(child(), inner).held()), R"(["inner/3"])");
}

}  // namespace
}  // namespace skein::workflow
