#include "workflow/run_scope.hpp"

#include "workflow/test_machine.hpp"

namespace skein::workflow {
namespace {

/// first → second, and a list that runs beside them; the run has inputs.
struct RunScopeTest : ::testing::Test {
  static DefinitionPtr made() {
    auto definition = testing::make_definition({{.name = "first"},
                                                {.name = "second", .needs = {"first"}, .continue_on_failure = true},
                                                {.name = "each", .for_each = Json("{{ [1, 2] }}")}});
    definition->name = "flow";
    definition->version = "1.2.0";
    definition->parallel_execution = true;
    return definition;
  }
  RunScopeTest() {
    state = RunState(state.definition_ptr());
    apply(RunCreated{.definition_hash = state.definition().hash,
                     .inputs = json(JsonObject{{"city", JsonObject{{"name", "Oslo"}}}, {"none", nullptr}, {"n", 4}}),
                     .deadline = {}});
  }
  void apply(EventBody body) {
    const auto folded = state.apply({.at = t0, .body = std::move(body)});
    ASSERT_TRUE(folded) << folded.error().message;
  }
  void start(TaskIndex task, std::uint32_t item = no_item) {
    apply(AttemptStarted{.attempt = {.task = task, .activation = 1, .attempt = 1, .item = item}, .wake_at = {}, .signal = {}});
  }
  void complete_first() {
    start(0);
    apply(TaskCompleted{.attempt = {.task = 0, .activation = 1, .attempt = 1},
                        .result = json(JsonObject{{"x", 1}}),
                        .metadata = json(JsonObject{{"status", 200}}),
                        .duration = {}});
  }
  void fail_second() {
    start(1);
    apply(TaskFailed{.attempt = {.task = 1, .activation = 1, .attempt = 1}, .error = broken(), .duration = {}});
  }
  /// As JSON; an error's message in angle brackets.
  std::string look(std::string_view head, std::string_view field = {}, std::optional<Step> step = {}) {
    Json scratch;
    const auto found = RunScope(state, "the-run", outside, step).find(head, field, scratch);
    return found ? to_json(**found) : "<" + found.error().message + ">";
  }

  RunState state{made()};
  const OutsideValues* outside = nullptr;
};

TEST_F(RunScopeTest, WhatATaskGotDone) {
  complete_first();
  fail_second();
  EXPECT_EQ(look("first", "result"), R"({"x":1})");
  EXPECT_EQ(look("first", "metadata"), R"({"status":200})");
  EXPECT_EQ(look("first", "status"), R"("completed")");
  EXPECT_EQ(look("first", "attempts"), "1");
  EXPECT_EQ(look("first", "error"), "null");
  EXPECT_EQ(look("first", "nonsense"), "null");
  EXPECT_EQ(look("second", "result"), "null");
  EXPECT_EQ(look("second", "metadata"), "null");
  EXPECT_EQ(look("second", "error"), R"({"code":"agent_failed","message":"it broke"})");
  EXPECT_EQ(look("first"), R"({"status":"completed","result":{"x":1},"error":null,"attempts":1,"metadata":{"status":200}})");
  EXPECT_EQ(look("second"),
            R"({"status":"failed","result":null,"error":{"code":"agent_failed","message":"it broke"},"attempts":1,"metadata":null})");
}

TEST_F(RunScopeTest, ATaskThatHasNotEndedHasNoValues) {
  const auto told = "<task 'first' has not ended yet; add it to depends_on>";
  EXPECT_EQ(look("first", "result"), told);
  start(0);
  EXPECT_EQ(look("first", "status"), told);
  EXPECT_EQ(look("tasks", "first"), told);
}

TEST_F(RunScopeTest, AllTasksThatHaveEnded) {
  EXPECT_EQ(look("tasks"), "{}");
  complete_first();
  EXPECT_EQ(look("tasks"), R"({"first":)" + look("first") + "}");
  EXPECT_EQ(look("tasks", "first"), look("first"));
  EXPECT_EQ(look("tasks", "nobody"), "<there is no task 'nobody'>");
}

TEST_F(RunScopeTest, Inputs) {
  EXPECT_EQ(look("inputs"), R"({"city":{"name":"Oslo"},"none":null,"n":4})");
  EXPECT_EQ(look("inputs", "n"), "4");
  EXPECT_EQ(look("inputs", "nonsense"), "null");
  EXPECT_EQ(look("city"), R"({"name":"Oslo"})");
  EXPECT_EQ(look("city", "name"), R"("Oslo")");
  EXPECT_EQ(look("city", "nonsense"), "null");
  EXPECT_EQ(look("none", "name"), "null") << "as in jq";
  EXPECT_EQ(look("n", "name"), R"(<cannot index number with "name">)");
  EXPECT_EQ(look("nobody"), "<there is no task or input 'nobody'>");
}

TEST_F(RunScopeTest, TheRunAndItsWorkflow) {
  EXPECT_EQ(look("run", "id"), R"("the-run")");
  EXPECT_EQ(look("run", "created"), to_json(Json(to_rfc3339(t0))));
  EXPECT_EQ(look("run"), R"({"id":"the-run","created":)" + look("run", "created") + "}");
  EXPECT_EQ(look("run", "nonsense"), "null");
  EXPECT_EQ(look("workflow", "name"), R"("flow")");
  EXPECT_EQ(look("workflow", "version"), R"("1.2.0")");
  EXPECT_EQ(look("workflow"), R"({"name":"flow","version":"1.2.0"})");
  EXPECT_EQ(look("workflow", "nonsense"), "null");
}

TEST_F(RunScopeTest, ItemsOnlyInsideTheirTask) {
  apply(ItemsListed{.task = 2, .activation = 1, .items = json(JsonArray{JsonObject{{"id", 7}}, 2})});
  const Step second{.task = 2, .item = 1};
  EXPECT_EQ(look("item", "id", Step{.task = 2, .item = 0}), "7");
  EXPECT_EQ(look("item", {}, second), "2");
  EXPECT_EQ(look("index", {}, second), "1");
  EXPECT_EQ(look("item", "id", second), R"(<cannot index number with "id">)");
  EXPECT_EQ(look("item", {}, Step{.task = 0, .item = 0}), "<'item' has a meaning only inside the task with the for_each>");
  EXPECT_EQ(look("item"), "<there is no task or input 'item'>");
  EXPECT_EQ(look("index"), "<there is no task or input 'index'>");
  EXPECT_EQ(look("n", {}, second), "4") << "the rest means the same there";
}

TEST_F(RunScopeTest, InputsThatAreNoObjectHaveNoMembers) {
  state = RunState(state.definition_ptr());
  apply(RunCreated{.definition_hash = state.definition().hash, .inputs = json("none"), .deadline = {}});
  EXPECT_EQ(look("inputs", "city"), R"("none")");
  EXPECT_EQ(look("city"), "<there is no task or input 'city'>");
}

struct Outside final : OutsideValues {
  [[nodiscard]] Result<std::string> env(std::string_view name) const override { return "env of " + std::string(name); }
  [[nodiscard]] Result<std::string> secret(std::string_view name) const override {
    if (name == "TOKEN") return "secret";
    return fail(ErrorCode::not_found, "no such secret");
  }
};

TEST_F(RunScopeTest, OutsideValuesOnlyWhereSomethingIsSentOut) {
  EXPECT_EQ(look("env", "HOME"), "<'env' cannot be used here: a decision or an output must not depend on it>");
  EXPECT_EQ(look("secrets", "TOKEN"), "<'secrets' cannot be used here: a decision or an output must not depend on it>");
  const Outside values;
  outside = &values;
  EXPECT_EQ(look("env", "HOME"), R"("env of HOME")");
  EXPECT_EQ(look("secrets", "TOKEN"), R"("secret")");
  EXPECT_EQ(look("secrets", "OTHER"), "<no such secret>");
  EXPECT_EQ(look("secrets"), "<name one value, as in secrets.NAME>");
}

TEST(RunScopeOfGraphs, ActivationsAndWhatAnUndoStepUndoes) {
  auto definition = testing::make_definition({{.name = "book", .undo = JsonObject{}}},
                                             {{.from = "start", .to = "book"}, {.from = "book", .to = "book", .max_iterations = 5}});
  Machine machine(definition);
  const auto look = [&](std::string_view field, std::optional<Step> step = {}) {
    Json scratch;
    return to_json(**RunScope(machine.state, "the-run", nullptr, step).find("book", field, scratch));
  };
  EXPECT_EQ(look("status"), R"("pending")") << "a task of a graph may be asked before it ran";
  machine.start("book");
  machine.complete("book", 1);
  machine.take_edge("book", 1);
  machine.start("book");
  machine.complete("book", 2);
  machine.take_edge("book", {});
  machine.settle();
  ASSERT_EQ(machine.state.status(), RunStatus::completed);
  EXPECT_EQ(look("result"), "2");
  EXPECT_EQ(look("activations"), R"([{"status":"completed","result":1,"error":null},{"status":"completed","result":2,"error":null}])");
  machine.must({.at = t0, .body = CompensationStarted{.reason = "not wanted"}});
  const auto undo = *definition->find_task("book/undo");
  const Step step{.task = undo};
  for (const std::uint32_t activation : {2U, 1U}) {
    machine.must({.at = t0, .body = AttemptStarted{.attempt = {.task = undo, .activation = activation, .attempt = 1}, .wake_at = {}}});
    EXPECT_EQ(look("result", step), std::to_string(activation));
    EXPECT_EQ(look("status", step), R"("completed")");
    EXPECT_EQ(look({}, step), R"({"status":"completed","result":)" + std::to_string(activation) + "}");
    EXPECT_EQ(look("nonsense", step), "null");
    EXPECT_EQ(look("result"), "2") << "others see the last";
    machine.complete("book/undo");
  }
}

TEST(RunScopeOfGraphs, ActivationsThatFailedHaveAnErrorAndNoResult) {
  auto definition = testing::make_definition({{.name = "book", .continue_on_failure = true, .undo = JsonObject{}}},
                                             {{.from = "start", .to = "book"}, {.from = "book", .to = "book", .max_iterations = 5}});
  Machine machine(definition);
  const Step undo{.task = *definition->find_task("book/undo")};
  const auto look = [&](std::string_view field, std::optional<Step> step = {}) {
    Json scratch;
    return to_json(**RunScope(machine.state, "the-run", nullptr, step).find("book", field, scratch));
  };
  EXPECT_EQ(look("status", undo), R"("pending")") << "nothing is there to be undone";
  machine.start("book");
  machine.fail("book");
  machine.take_edge("book", 1);
  machine.start("book");
  machine.complete("book", 2);
  machine.take_edge("book", {});
  const std::string failed = R"({"status":"failed","result":null,"error":{"code":"agent_failed","message":"it broke"}})";
  const std::string completed = R"({"status":"completed","result":2,"error":null})";
  EXPECT_EQ(look("activations"), "[" + failed + "," + completed + "]");
  EXPECT_EQ(look({}), R"({"status":"completed","result":2,"error":null,"attempts":1,"metadata":null,"activations":[)" + failed + "," +
                          completed + "]}");
  EXPECT_EQ(look("result", undo), "null");
  EXPECT_EQ(look({}, undo), R"({"status":"failed","result":null})");
}

}  // namespace
}  // namespace skein::workflow
