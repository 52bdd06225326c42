#include <gtest/gtest.h>

#include <algorithm>

#include "store/memory/memory_run_store.hpp"
#include "support/engine_harness.hpp"
#include "workflow/driver/engine.hpp"

// Conditions, lists, edges and deadlines, as a run lives through them.
namespace skein::workflow {
namespace {

using testing::EdgeSpec;
using testing::EngineHarness;
using testing::make_definition;
using testing::TaskSpec;

Error transient() {
  return {.code = ErrorCode::connection_failed, .message = "connection refused", .context = {}, .retryable = true, .retry_after = {}};
}
Error final_error() {
  return {.code = ErrorCode::invalid_argument, .message = "bad request", .context = {}, .retryable = false, .retry_after = {}};
}

std::shared_ptr<Definition> remote(std::vector<TaskSpec> tasks, const std::vector<EdgeSpec>& edges = {}) {
  auto definition = make_definition(tasks, edges);
  definition->parallel_execution = true;
  return definition;
}
/// Tasks answer at once with their parameters.
std::shared_ptr<Definition> local(std::vector<TaskSpec> tasks, const std::vector<EdgeSpec>& edges = {}) {
  auto definition = remote(std::move(tasks), edges);
  definition->agents[0].kind = "inline";
  return definition;
}
Json value(Json of) { return JsonObject{{"value", std::move(of)}}; }
JsonPtr json(Json of) { return std::make_shared<const Json>(std::move(of)); }

struct LanguageTest : ::testing::Test {
  std::unique_ptr<store::RunStore> owned_store = store::make_memory_run_store();
  store::RunStore& store = *owned_store;
  EngineHarness h{store};

  /// The run as its journal tells it: the same fold as a new owner makes.
  RunState replayed(RunId run, const DefinitionPtr& definition) {
    RunState state(definition);
    const auto read = store.read_journal(run, 1, [&](const store::StoredEntry& entry) {
      const auto events = decode_events(entry.text, *definition, store);
      if (!events) throw std::runtime_error(events.error().message);
      for (const auto& event : *events) {
        const auto folded = state.apply(event);
        if (!folded) throw std::runtime_error(folded.error().message);
      }
      return true;
    });
    EXPECT_TRUE(read);
    return state;
  }
  std::string result(const RunState& state, std::string_view task) {
    const auto& of = state.tasks()[*state.definition().find_task(task)];
    return of.result ? to_json(*of.result) : "none";
  }
  TaskStatus status(const RunState& state, std::string_view task) { return state.tasks()[*state.definition().find_task(task)].status; }
  std::string error(RunId run) { return store.find_run(run)->summary.error; }
  std::size_t count(std::string_view line) { return static_cast<std::size_t>(std::ranges::count(h.recorder.lines, line)); }
};

using Conditions = LanguageTest;

TEST_F(Conditions, AFalseOneSkipsTheTaskAndWhatDependsOnItSeesNull) {
  const auto definition =
      local({{.name = "check", .parameters = value(3)},
             {.name = "big", .needs = {"check"}, .when = "{{ check.result.value > 5 }}"},
             {.name = "small", .needs = {"check"}, .parameters = value("small"), .when = "{{ check.result.value <= 5 }}"},
             {.name = "join", .needs = {"big", "small"}, .parameters = value("{{ (big.result // small.result).value }}")}});
  const auto run = h.run(definition);
  EXPECT_EQ(h.status(run), RunStatus::completed);
  const auto state = replayed(run, definition);
  EXPECT_EQ(status(state, "big"), TaskStatus::skipped);
  EXPECT_EQ(state.tasks()[1].skip_reason, "its condition is false");
  EXPECT_EQ(result(state, "join"), R"({"value":"small"})");
}

TEST_F(Conditions, WhatIsNeitherTrueNorFalseFailsTheTask) {
  const auto definition = local({{.name = "a", .when = "{{ 1 + 1 }}"}});
  const auto run = h.run(definition);
  EXPECT_EQ(h.status(run), RunStatus::failed);
  EXPECT_EQ(error(run), "Task 'a' failed: when: a condition must be true or false, not 2; compare it with something");
  EXPECT_EQ(replayed(run, definition).status(), RunStatus::failed);
}

TEST_F(Conditions, TheyAreDecidedOnceHoweverOftenTheTaskIsTried) {
  const auto run = h.run(remote({{.name = "a", .when = "{{ true }}"}}));
  h.answer("a", AgentResponse::failed(transient()));
  h.advance(seconds{1});
  h.answer("a", AgentResponse::ok(1));
  EXPECT_EQ(h.status(run), RunStatus::completed);
}

TEST_F(Conditions, AFailedOneOfAListFailsItsTask) {
  const auto run = h.run(local({{.name = "a", .when = "{{ 'yes' }}", .for_each = JsonArray{1}}}));
  EXPECT_EQ(error(run), "Task 'a' failed: when: a condition must be true or false, not \"yes\"; compare it with something");
  const auto skipped = h.run(local({{.name = "a", .when = "{{ false }}", .for_each = JsonArray{1}}}));
  EXPECT_EQ(h.status(skipped), RunStatus::completed);
}

using Lists = LanguageTest;

TEST_F(Lists, ResultsAreInOrderWhateverEndsFirst) {
  const auto definition = remote({{.name = "each",
                                   .parameters = value("{{ index }}:{{ item.name }}"),
                                   .for_each = JsonArray{JsonObject{{"name", "a"}}, JsonObject{{"name", "b"}}, JsonObject{{"name", "c"}}}},
                                  {.name = "after", .needs = {"each"}, .parameters = value("{{ each.result | join('-') }}")}});
  const auto run = h.run(definition);
  ASSERT_EQ(h.calls.started.size(), 3U);
  EXPECT_EQ(to_json(h.calls.started[1].parameters), R"({"value":"1:b"})");
  EXPECT_EQ(h.calls.started[2].key, run.str() + ":each:1:2");
  for (const auto id : {2, 0, 1}) {
    const auto call = h.calls.started[static_cast<std::size_t>(id)].id;
    h.calls.open.erase(call);
    h.engine->on_answer(call, AgentResponse::ok(Json(fmt::format("r{}", id))));
  }
  EXPECT_EQ(to_json(h.calls.started.back().parameters), R"({"value":"r0-r1-r2"})");
  h.answer("after", AgentResponse::ok(nullptr));
  EXPECT_EQ(h.status(run), RunStatus::completed);
  const auto state = replayed(run, definition);
  EXPECT_EQ(result(state, "each"), R"(["r0","r1","r2"])");
  EXPECT_EQ(to_json(*state.tasks()[0].metadata), R"({"items":3,"failed":0,"failures":[]})");
}

TEST_F(Lists, NoMoreItemsRunAtOnceThanAllowed) {
  const auto definition = remote({{.name = "each", .for_each = JsonArray{1, 2, 3, 4, 5}, .max_concurrency = 2}});
  const auto run = h.run(definition);
  for (int ended = 0; ended < 5; ++ended) {
    EXPECT_EQ(h.calls.open.size(), std::min<std::size_t>(2, 5 - static_cast<std::size_t>(ended)));
    h.answer("each", AgentResponse::ok(ended));
  }
  EXPECT_EQ(h.status(run), RunStatus::completed);
}

TEST_F(Lists, ASequentialWorkflowTakesOneItemAtATimeUnlessItSaysMore) {
  auto one = make_definition({{.name = "each", .for_each = JsonArray{1, 2, 3}}, {.name = "after"}});
  (void)h.run(one);
  EXPECT_EQ(h.calls.open.size(), 1U);
  auto two = make_definition({{.name = "each", .for_each = JsonArray{1, 2, 3}, .max_concurrency = 2}, {.name = "after"}});
  (void)h.run(two);
  EXPECT_EQ(h.calls.open.size(), 3U);
}

TEST_F(Lists, TheCapOfTheWorkflowCountsItems) {
  const auto definition = remote({{.name = "each", .for_each = JsonArray{1, 2, 3, 4}}, {.name = "other"}});
  definition->max_parallel_tasks = 3;
  (void)h.run(definition);
  EXPECT_EQ(h.calls.open.size(), 3U);
}

TEST_F(Lists, EachItemIsRetriedByItself) {
  const auto definition = remote({{.name = "each", .for_each = JsonArray{"a", "b"}}});
  const auto run = h.run(definition);
  h.answer("each", AgentResponse::failed(transient()));
  h.answer("each", AgentResponse::ok("b"));
  EXPECT_EQ(h.status(run), RunStatus::waiting);
  h.advance(seconds{1});
  ASSERT_EQ(h.calls.started.size(), 3U);
  EXPECT_EQ(h.calls.started[2].attempt, 2U);
  EXPECT_EQ(h.calls.started[2].key, h.calls.started[0].key);
  h.answer("each", AgentResponse::ok("a"));
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(result(replayed(run, definition), "each"), R"(["a","b"])");
}

TEST_F(Lists, AfterAFailureNoItemStartsAndWhatRanIsKept) {
  const auto definition =
      remote({{.name = "each", .for_each = JsonArray{0, 1, 2, 3}, .max_concurrency = 2}, {.name = "after", .needs = {"each"}}});
  definition->failure_strategy = FailureStrategy::continue_on_failure;
  const auto run = h.run(definition);
  h.answer("each", AgentResponse::failed(final_error()));
  EXPECT_EQ(h.calls.open.size(), 1U);
  h.answer("each", AgentResponse::ok("one"));
  EXPECT_EQ(h.status(run), RunStatus::failed);
  EXPECT_EQ(error(run), "Task 'each' failed: 1 of 4 items failed; item 0: bad request");
  const auto state = replayed(run, definition);
  EXPECT_EQ(result(state, "each"), R"([null,"one",null,null])");
  EXPECT_EQ(status(state, "after"), TaskStatus::skipped);
}

TEST_F(Lists, ToleratedFailuresLeaveHoles) {
  const auto definition = remote({{.name = "each", .continue_on_failure = true, .for_each = JsonArray{0, 1, 2}, .max_concurrency = 1}});
  const auto run = h.run(definition);
  h.answer("each", AgentResponse::ok("zero"));
  h.answer("each", AgentResponse::failed(final_error()));
  h.answer("each", AgentResponse::ok("two"));
  EXPECT_EQ(h.status(run), RunStatus::completed);
  const auto state = replayed(run, definition);
  EXPECT_EQ(status(state, "each"), TaskStatus::completed);
  EXPECT_EQ(result(state, "each"), R"(["zero",null,"two"])");
  EXPECT_EQ(to_json(*state.tasks()[0].metadata),
            R"({"items":3,"failed":1,"failures":[{"index":1,"code":"invalid_argument","message":"bad request"}]})");
}

TEST_F(Lists, AnEmptyListCompletesAtOnce) {
  const auto definition = local({{.name = "each", .for_each = JsonArray{}}});
  const auto run = h.run(definition);
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(result(replayed(run, definition), "each"), "[]");
}

TEST_F(Lists, WhatIsNoListFailsTheTask) {
  auto run = h.run(local({{.name = "each", .for_each = "{{ 'abc' }}"}}));
  EXPECT_EQ(error(run), "Task 'each' failed: for_each: a list is needed, not \"abc\"; collect the values with [ … ]");
  run = h.run(local({{.name = "a", .parameters = value(1)}, {.name = "each", .needs = {"a"}, .for_each = "{{ a.result.value[0] }}"}}));
  EXPECT_EQ(error(run).substr(0, 36), "Task 'each' failed: for_each: cannot");
}

TEST_F(Lists, StoppingAbandonsItemsInFlightAndWaiting) {
  const auto definition = remote({{.name = "each", .for_each = JsonArray{0, 1, 2}}, {.name = "doomed"}});
  const auto run = h.run(definition);
  h.answer("each", AgentResponse::failed(transient()));
  h.answer("doomed", AgentResponse::failed(final_error()));
  EXPECT_EQ(h.status(run), RunStatus::failed);
  EXPECT_EQ(h.calls.cancelled.size(), 2U);
  EXPECT_EQ(status(replayed(run, definition), "each"), TaskStatus::cancelled);
  EXPECT_EQ(h.engine->active_runs(), 0U);
}

TEST_F(Lists, ANewOwnerRepeatsOnlyTheItemsInFlight) {
  const auto definition = remote({{.name = "each", .for_each = JsonArray{0, 1, 2}, .max_concurrency = 2}});
  const auto run = h.run(definition);
  h.answer("each", AgentResponse::ok("zero"));
  h.engine->abandon_all();
  h.calls.started.clear();
  h.calls.open.clear();
  auto claimed = store.claim(run);
  ASSERT_TRUE(claimed);
  ASSERT_TRUE(h.engine->adopt(*claimed, definition));
  ASSERT_EQ(h.calls.started.size(), 2U);
  EXPECT_EQ(h.calls.started[0].key, run.str() + ":each:1:1");
  EXPECT_EQ(h.calls.started[1].key, run.str() + ":each:1:2");
  h.answer("each", AgentResponse::ok("one"));
  h.answer("each", AgentResponse::ok("two"));
  EXPECT_EQ(result(replayed(run, definition), "each"), R"(["zero","one","two"])");
}

TEST_F(Lists, TimersOfItemsFireOnceEach) {
  const auto definition =
      remote({{.name = "each", .action = "wait_for", .parameters = JsonObject{{"seconds", "{{ item }}"}}, .for_each = JsonArray{1, 3}}});
  definition->agents[0].kind = "pause";
  const auto run = h.run(definition);
  EXPECT_EQ(h.status(run), RunStatus::waiting);
  h.advance(seconds{2});
  EXPECT_EQ(h.status(run), RunStatus::waiting);
  h.advance(seconds{2});
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(result(replayed(run, definition), "each"), R"(["rested","rested"])");
}

using Edges = LanguageTest;

/// draft → review → draft until the review has seen three drafts.
std::shared_ptr<Definition> review_loop(std::uint32_t most) {
  return local({{.name = "draft", .parameters = value("{{ (draft.result.value // 0) + 1 }}")},
                {.name = "review", .parameters = value("{{ draft.result.value }}")},
                {.name = "publish", .needs = {"review"}, .parameters = value("{{ [review.activations[].result.value] }}")}},
               {{.from = "start", .to = "draft"},
                {.from = "draft", .to = "review"},
                {.from = "review", .to = "draft", .when = "{{ review.result.value < 3 }}", .max_iterations = most}});
}

TEST_F(Edges, ALoopGoesRoundUntilItsConditionFails) {
  const auto definition = review_loop(10);
  const auto run = h.run(definition);
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(count("attempt_started draft#1"), 3U);
  const auto state = replayed(run, definition);
  EXPECT_EQ(state.tasks()[0].activation, 3U);
  EXPECT_EQ(result(state, "publish"), R"({"value":[1,2,3]})");
  EXPECT_EQ(state.fired(2), 2U);
  EXPECT_EQ(state.completed_tasks(), 3U);
}

TEST_F(Edges, EachActivationHasItsOwnKey) {
  auto definition =
      remote({{.name = "a"}}, {{.from = "start", .to = "a"}, {.from = "a", .to = "a", .max_iterations = 1}, {.from = "a", .to = "end"}});
  const auto run = h.run(definition);
  h.answer("a", AgentResponse::ok(1));
  ASSERT_EQ(h.calls.started.size(), 2U);
  EXPECT_EQ(h.calls.started[0].key, run.str() + ":a:1");
  EXPECT_EQ(h.calls.started[1].key, run.str() + ":a:2");
  h.answer("a", AgentResponse::ok(2));
  EXPECT_EQ(h.status(run), RunStatus::completed);
}

TEST_F(Edges, ASpentLoopWithoutAnotherWayFails) {
  const auto definition = review_loop(1);
  const auto run = h.run(definition);
  EXPECT_EQ(h.status(run), RunStatus::failed);
  EXPECT_EQ(error(run),
            "Loop limit reached: the edge from 'review' to 'draft' has fired 1 times (its max_iterations) and no other edge leads on");
  EXPECT_EQ(status(replayed(run, definition), "publish"), TaskStatus::skipped);
}

TEST_F(Edges, ASpentLoopTakesTheNextEdgeThatHolds) {
  const auto definition =
      local({{.name = "try"}, {.name = "give_up"}, {.name = "unused"}}, {{.from = "start", .to = "try"},
                                                                         {.from = "try", .to = "try", .max_iterations = 2},
                                                                         {.from = "try", .to = "unused", .when = "{{ false }}"},
                                                                         {.from = "try", .to = "give_up"}});
  const auto run = h.run(definition);
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(count("attempt_started try#1"), 3U);
  const auto state = replayed(run, definition);
  EXPECT_EQ(status(state, "give_up"), TaskStatus::completed);
  EXPECT_EQ(status(state, "unused"), TaskStatus::skipped);
  EXPECT_EQ(state.tasks()[2].skip_reason, "no edge led to it");
}

TEST_F(Edges, ACaseThatCannotBeDecidedStopsTheRun) {
  const auto run = h.run(local({{.name = "a"}}, {{.from = "start", .to = "a"}, {.from = "a", .to = "end", .when = "{{ 7 }}"}}));
  EXPECT_EQ(h.status(run), RunStatus::failed);
  EXPECT_EQ(error(run), "Edge from 'a' to 'end' failed: a condition must be true or false, not 7; compare it with something");
}

TEST_F(Edges, WaysThatMeetEnterOneAfterTheOther) {
  const auto definition = remote({{.name = "left"}, {.name = "right"}, {.name = "meet"}, {.name = "after", .needs = {"meet"}}},
                                 {{.from = "left", .to = "meet"}, {.from = "right", .to = "meet"}});
  const auto run = h.run(definition);
  h.answer("left", AgentResponse::ok(1));
  h.answer("right", AgentResponse::ok(2));
  EXPECT_EQ(h.calls.open.size(), 1U);
  h.answer("meet", AgentResponse::ok("first"));
  EXPECT_EQ(h.calls.open.size(), 1U);
  h.answer("meet", AgentResponse::ok("second"));
  h.answer("after", AgentResponse::ok(nullptr));
  EXPECT_EQ(h.status(run), RunStatus::completed);
  const auto state = replayed(run, definition);
  EXPECT_EQ(state.tasks()[2].activation, 2U);
  EXPECT_EQ(result(state, "meet"), R"("second")");
}

TEST_F(Edges, AFailureEndsItsWayAndBlocksWhatWaitsForTheGraph) {
  const auto definition = remote({{.name = "a"}, {.name = "b"}, {.name = "after", .needs = {"b"}}, {.name = "free"}},
                                 {{.from = "start", .to = "a"}, {.from = "a", .to = "b"}});
  definition->failure_strategy = FailureStrategy::partial_completion_allowed;
  const auto run = h.run(definition);
  h.answer("a", AgentResponse::failed(final_error()));
  h.answer("free", AgentResponse::ok(1));
  EXPECT_EQ(h.status(run), RunStatus::partially_completed);
  const auto state = replayed(run, definition);
  EXPECT_EQ(status(state, "b"), TaskStatus::skipped);
  EXPECT_EQ(status(state, "after"), TaskStatus::skipped);
}

TEST_F(Edges, AToleratedFailureIsFollowedByItsEdges) {
  const auto definition = remote({{.name = "a", .continue_on_failure = true}, {.name = "repair"}},
                                 {{.from = "start", .to = "a"}, {.from = "a", .to = "repair", .when = "{{ a.status == 'failed' }}"}});
  const auto run = h.run(definition);
  h.answer("a", AgentResponse::failed(final_error()));
  h.answer("repair", AgentResponse::ok(1));
  EXPECT_EQ(h.status(run), RunStatus::completed);
}

TEST_F(Edges, ASkippedBeginningEndsItsWay) {
  const auto definition = local({{.name = "gate", .when = "{{ false }}"}, {.name = "inside"}, {.name = "after", .needs = {"inside"}}},
                                {{.from = "gate", .to = "inside"}});
  const auto run = h.run(definition);
  EXPECT_EQ(h.status(run), RunStatus::completed);
  const auto state = replayed(run, definition);
  EXPECT_EQ(status(state, "inside"), TaskStatus::skipped);
  EXPECT_EQ(status(state, "after"), TaskStatus::completed);
}

TEST_F(Edges, ABlockedBeginningBlocksItsGraph) {
  const auto definition =
      remote({{.name = "bad"}, {.name = "gate", .needs = {"bad"}}, {.name = "inside"}, {.name = "after", .needs = {"inside"}}},
             {{.from = "gate", .to = "inside"}});
  definition->failure_strategy = FailureStrategy::continue_on_failure;
  const auto run = h.run(definition);
  h.answer("bad", AgentResponse::failed(final_error()));
  EXPECT_EQ(h.status(run), RunStatus::failed);
  const auto state = replayed(run, definition);
  for (const auto* name : {"gate", "inside", "after"}) EXPECT_EQ(status(state, name), TaskStatus::skipped) << name;
}

TEST_F(Edges, WhatNoWayLeadsToIsSkipped) {
  const auto definition = local({{.name = "a"}, {.name = "island"}, {.name = "after", .needs = {"island"}}},
                                {{.from = "island", .to = "island", .max_iterations = 1}});
  const auto run = h.run(definition);
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(status(replayed(run, definition), "island"), TaskStatus::skipped);
}

TEST_F(Edges, StoppingInTheMiddleOfALoopEndsEverything) {
  const auto definition = remote(
      {{.name = "a"}, {.name = "b"}, {.name = "c"}, {.name = "doomed"}, {.name = "after", .needs = {"a"}}},
      {{.from = "start", .to = "a"}, {.from = "a", .to = "b"}, {.from = "b", .to = "a", .max_iterations = 3}, {.from = "b", .to = "c"}});
  const auto run = h.run(definition);
  h.answer("a", AgentResponse::ok(1));
  h.answer("doomed", AgentResponse::failed(final_error()));
  EXPECT_EQ(h.status(run), RunStatus::failed);
  const auto state = replayed(run, definition);
  EXPECT_EQ(status(state, "a"), TaskStatus::completed);
  EXPECT_EQ(status(state, "b"), TaskStatus::cancelled);
  EXPECT_EQ(status(state, "c"), TaskStatus::skipped);
  EXPECT_EQ(status(state, "after"), TaskStatus::skipped);
}

TEST_F(Edges, ANewOwnerGoesOnInTheMiddleOfALoop) {
  const auto definition = remote(
      {{.name = "a"}, {.name = "b"}},
      {{.from = "start", .to = "a"}, {.from = "a", .to = "b"}, {.from = "b", .to = "a", .max_iterations = 1}, {.from = "b", .to = "end"}});
  const auto run = h.run(definition);
  h.answer("a", AgentResponse::ok(1));
  h.answer("b", AgentResponse::ok(1));
  h.engine->abandon_all();
  h.calls.started.clear();
  h.calls.open.clear();
  auto claimed = store.claim(run);
  ASSERT_TRUE(claimed);
  ASSERT_TRUE(h.engine->adopt(*claimed, definition));
  ASSERT_EQ(h.calls.started.size(), 1U);
  EXPECT_EQ(h.calls.started[0].key, run.str() + ":a:2");
  h.answer("a", AgentResponse::ok(2));
  h.answer("b", AgentResponse::ok(2));
  EXPECT_EQ(h.status(run), RunStatus::completed);
}

TEST_F(Edges, AListInsideALoopIsMadeAnewEachTime) {
  const auto definition = local(
      {{.name = "each", .parameters = value("{{ item }}"), .for_each = "{{ [range((each.result // [] | length) + 1)] }}"}},
      {{.from = "start", .to = "each"}, {.from = "each", .to = "each", .when = "{{ (each.result | length) < 3 }}", .max_iterations = 9}});
  const auto run = h.run(definition);
  EXPECT_EQ(h.status(run), RunStatus::completed);
  const auto state = replayed(run, definition);
  EXPECT_EQ(result(state, "each"), R"([{"value":0},{"value":1},{"value":2}])");
  EXPECT_EQ(state.tasks()[0].activation, 3U);
}

using Deadlines = LanguageTest;

TEST_F(Deadlines, TheyEndACallInFlight) {
  const auto definition = remote({{.name = "a", .deadline = seconds{5}}});
  const auto run = h.run(definition);
  EXPECT_EQ(h.recorder.due, h.clock.now() + seconds{5});
  h.advance(seconds{5});
  EXPECT_EQ(h.status(run), RunStatus::failed);
  EXPECT_EQ(error(run), "Task 'a' failed: Task deadline exceeded: it took longer than 5.0s");
  EXPECT_EQ(h.calls.cancelled.size(), 1U);
}

TEST_F(Deadlines, TheyEndAWaitForTheNextAttempt) {
  const auto definition =
      remote({{.name = "a", .continue_on_failure = true, .deadline = milliseconds{500}}, {.name = "b", .needs = {"a"}}});
  const auto run = h.run(definition);
  h.answer("a", AgentResponse::failed(transient()));
  h.advance(milliseconds{500});
  h.answer("b", AgentResponse::ok(1));
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(status(replayed(run, definition), "a"), TaskStatus::failed);
}

TEST_F(Deadlines, TheyCountAllItemsAndKeepWhatCameBack) {
  const auto definition = remote({{.name = "each", .continue_on_failure = true, .for_each = JsonArray{0, 1}, .deadline = seconds{5}}});
  const auto run = h.run(definition);
  h.answer("each", AgentResponse::ok("zero"));
  h.advance(seconds{5});
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(h.calls.cancelled.size(), 1U);
  const auto state = replayed(run, definition);
  EXPECT_EQ(status(state, "each"), TaskStatus::failed);
  EXPECT_EQ(result(state, "each"), R"(["zero",null])");
}

TEST_F(Deadlines, EachActivationHasItsOwn) {
  const auto definition = remote({{.name = "a", .deadline = seconds{5}}},
                                 {{.from = "start", .to = "a"}, {.from = "a", .to = "a", .max_iterations = 1}, {.from = "a", .to = "end"}});
  const auto run = h.run(definition);
  h.advance(seconds{4});
  h.answer("a", AgentResponse::ok(1));
  h.advance(seconds{4});
  EXPECT_EQ(h.calls.open.size(), 1U);
  h.answer("a", AgentResponse::ok(2));
  EXPECT_EQ(h.status(run), RunStatus::completed);
  EXPECT_EQ(h.recorder.due, std::nullopt);
}

TEST(LanguageState, EventsThatCannotBeAreRefused) {
  auto definition = remote({{.name = "each", .for_each = JsonArray{1}}, {.name = "a"}},
                           {{.from = "start", .to = "a"}, {.from = "a", .to = "a", .max_iterations = 1}});
  RunState state(definition);
  const Instant now{seconds{1}};
  const auto apply = [&](EventBody body) { return state.apply({.at = now, .body = std::move(body)}).has_value(); };
  ASSERT_TRUE(apply(RunCreated{.definition_hash = definition->hash, .inputs = json(JsonObject{}), .deadline = {}}));
  EXPECT_FALSE(apply(AttemptStarted{.attempt = {.task = 0}, .wake_at = {}}));                 // it has items
  EXPECT_FALSE(apply(AttemptStarted{.attempt = {.task = 0, .item = 0}, .wake_at = {}}));      // not listed
  EXPECT_FALSE(apply(ItemsListed{.task = 0, .activation = 1, .items = json(JsonObject{})}));  // no list
  EXPECT_FALSE(apply(ItemsListed{.task = 0, .activation = 2, .items = json(JsonArray{})}));
  EXPECT_FALSE(apply(ItemsListed{.task = 1, .activation = 1, .items = json(JsonArray{})}));
  EXPECT_FALSE(apply(ItemsEnded{.task = 0, .activation = 1, .error = {}, .duration = {}}));
  EXPECT_FALSE(apply(ItemsEnded{.task = 0, .activation = 2, .error = {}, .duration = {}}));
  ASSERT_TRUE(apply(ItemsListed{.task = 0, .activation = 1, .items = json(JsonArray{1, 2})}));
  EXPECT_FALSE(apply(AttemptStarted{.attempt = {.task = 0, .item = 1}, .wake_at = {}}));  // not its turn
  EXPECT_FALSE(apply(AttemptStarted{.attempt = {.task = 0, .item = 2}, .wake_at = {}}));
  EXPECT_FALSE(apply(ItemsEnded{.task = 0, .activation = 1, .error = {}, .duration = {}}));  // items are left
  EXPECT_FALSE(apply(TaskCompleted{.attempt = {.task = 0}, .result = json(1), .metadata = {}, .duration = {}}));
  EXPECT_FALSE(apply(TaskFailed{.attempt = {.task = 0, .item = 0}, .error = {}, .duration = {}}));
  EXPECT_FALSE(apply(EdgeTaken{.task = 1, .activation = 1, .edge = 1}));  // it has not ended
  ASSERT_TRUE(apply(AttemptStarted{.attempt = {.task = 1}, .wake_at = {}}));
  ASSERT_TRUE(apply(TaskCompleted{.attempt = {.task = 1}, .result = json(1), .metadata = {}, .duration = {}}));
  EXPECT_FALSE(apply(EdgeTaken{.task = 1, .activation = 2, .edge = 1}));
  EXPECT_FALSE(apply(EdgeTaken{.task = 1, .activation = 1, .edge = 0}));  // that edge leaves from somewhere else
  EXPECT_TRUE(apply(EdgeTaken{.task = 1, .activation = 1, .edge = std::nullopt}));
  EXPECT_FALSE(apply(TaskSkipped{.task = 1, .reason = ""}));
}

}  // namespace
}  // namespace skein::workflow
