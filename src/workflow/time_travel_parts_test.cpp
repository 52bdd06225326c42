#include "workflow/time_travel.hpp"

#include <gtest/gtest.h>

#include "workflow/test_traveller.hpp"

namespace skein::workflow {
namespace {

using testing::make_definition;

// -- lists -----------------------------------------------------------------------------------------------------------------

std::shared_ptr<Definition> fan(bool parallel = true, bool tolerant = false) {
  auto out = make_definition({{.name = "each",
                               .continue_on_failure = tolerant,
                               .for_each = Json("{{ [1, 2, 3, 4, 5] }}"),
                               .max_concurrency = 4,
                               .deadline = seconds{10}},
                              {.name = "more", .for_each = Json("{{ [1, 2] }}"), .max_concurrency = 2},
                              {.name = "after", .needs = {"each"}}});
  out->parallel_execution = parallel;
  return out;
}

TEST(TimeTravel, ItemsThatCompletedAreKept) {
  auto definition = fan();
  definition->failure_strategy = FailureStrategy::continue_on_failure;
  Traveller old(definition);
  old.list("each", 5);
  for (std::uint32_t i = 0; i < 4; ++i) old.start_item("each", i, i == 0 ? "go" : "");
  old.must({.at = t0, .body = Emission{.task = 0, .name = "progress", .data = json(1)}});
  old.do_item("each", 2, "two");
  old.fail_item("each", 1);
  old.fail_item("each", 3);
  old.end_items("each", broken());
  old.list("more", 2);
  old.start_item("more", 0);
  old.fail_item("more", 0);
  old.end_items("more", broken());
  old.settle();
  ASSERT_EQ(old.state.status(), RunStatus::failed);
  const auto next = old.retried();
  EXPECT_EQ(lines(next),
            (Lines{"items_listed each", "attempt_started each[0]#1.1", "attempt_failed each[0]#1.1", "attempt_started each[1]#1.1",
                   "attempt_failed each[1]#1.1", "attempt_started each[2]#1.1", "emitted each", "task_completed each[2]#1.1"}))
      << "none of 'more' completed";
  EXPECT_EQ(next.events[1].at, later) << "its deadline begins anew";
  EXPECT_EQ(startable(next), "each each each each more ") << "0 and 1 again, 3 anew, 4 for the first time";
  EXPECT_EQ(std::get<AttemptFailed>(next.events[3].body).error.code, ErrorCode::cancelled);
  EXPECT_EQ(std::get<AttemptFailed>(next.events[5].body).error.message, "it broke");
  EXPECT_EQ(startable(old.retried("each")), "each more ") << "named: all of it again";
}

TEST(TimeTravel, AnItemThatIsDoneAgainKeepsOneAttemptOnly) {
  Traveller old(fan());
  old.list("each", 5);
  for (std::uint32_t i = 0; i < 2; ++i) old.start_item("each", i);
  old.must({.at = t0, .body = AttemptFailed{.attempt = old.item("each", 0), .error = broken(), .duration = {}, .retry_at = t0}});
  old.start_item("each", 0);
  old.must({.at = t0, .body = AttemptFailed{.attempt = old.item("each", 1), .error = broken(), .duration = {}, .retry_at = t0}});
  old.start_item("each", 1);
  old.do_item("each", 1);
  old.stop();
  old.settle();
  EXPECT_EQ(lines(old.retried()),
            (Lines{"items_listed each", "attempt_started each[0]#1.1", "attempt_failed each[0]#1.1", "attempt_started each[1]#1.1",
                   "attempt_failed each[1]#1.1", "attempt_started each[1]#1.2", "task_completed each[1]#1.2"}));
}

TEST(TimeTravel, FailuresOfItemsThatAreToleratedStay) {
  Traveller old(fan(true, true));
  old.list("each", 5);
  for (std::uint32_t i = 0; i < 3; ++i) old.start_item("each", i);
  old.do_item("each", 0);
  old.fail_item("each", 1);
  old.stop();
  old.settle();
  const auto next = old.retried();
  EXPECT_EQ(lines(next), (Lines{"items_listed each", "attempt_started each[0]#1.1", "attempt_started each[1]#1.1",
                                "task_completed each[0]#1.1", "task_failed each[1]#1.1"}));
}

TEST(TimeTravel, ASequentialWorkflowGoesOnWithOneList) {
  auto definition = fan(false);
  definition->failure_strategy = FailureStrategy::continue_on_failure;
  Traveller old(definition);
  for (const auto* name : {"each", "more"}) {
    old.list(name, 2);
    old.start_item(name, 0);
    old.do_item(name, 0);
    old.start_item(name, 1);
    old.fail_item(name, 1);
    old.end_items(name, broken());
  }
  old.settle();
  EXPECT_EQ(lines(old.retried()), (Lines{"items_listed each", "attempt_started each[0]#1.1", "task_completed each[0]#1.1"}));
}

TEST(TimeTravel, AListThatCompletedIsKeptWholeAndOneInAGraphIsDoneAgain) {
  Traveller old(fan());
  old.list("each", 1);
  old.start_item("each", 0);
  old.do_item("each", 0);
  old.end_items("each");
  old.start("after");
  old.fail("after");
  old.settle();
  EXPECT_EQ(lines(old.retried()),
            (Lines{"items_listed each", "attempt_started each[0]#1.1", "task_completed each[0]#1.1", "items_completed each"}));
  EXPECT_EQ(lines(old.retried("each")), Lines{});

  Traveller graph(make_definition({{.name = "g", .for_each = Json("{{ [1, 2] }}"), .max_concurrency = 2}}, {{.from = "start", .to = "g"}}));
  graph.list("g", 2);
  graph.start_item("g", 0);
  graph.start_item("g", 1);
  graph.do_item("g", 0);
  graph.fail_item("g", 1);
  graph.end_items("g", broken());
  graph.settle();
  EXPECT_EQ(lines(graph.retried()), Lines{});
}

// -- signals ---------------------------------------------------------------------------------------------------------------

TEST(TimeTravel, SignalsStayForThoseWhoHaveNotTakenThem) {
  auto definition = make_definition({{.name = "a"}, {.name = "b"}, {.name = "c"}});
  definition->parallel_execution = true;
  Traveller old(definition);
  old.signal("go", 1);
  old.wait_for("a", "go");
  old.take("a");
  old.fail("a");
  old.settle();  // stops the run
  EXPECT_EQ(lines(old.retried()), Lines{"signal_received"});
  EXPECT_EQ(to_json(*old.retried().state.next_signal("go")), "1") << "taken by what is done again";

  Traveller other(definition);
  for (int i = 1; i <= 3; ++i) other.signal("go", i);
  for (const auto* name : {"a", "b"}) {
    other.wait_for(name, "go");
    other.take(name);
  }
  other.complete("b", 2);
  other.stop();
  other.settle();
  const auto next = other.retried();
  EXPECT_EQ(lines(next), (Lines{"signal_received", "attempt_started b#1.1", "signal_taken b#1.1", "task_completed b#1.1", "signal_received",
                                "signal_received"}));
  EXPECT_EQ(to_json(*next.state.next_signal("go")), "1") << "b keeps the second, a may have the first again";
}

TEST(TimeTravel, AnswersToQuestionsAreGivenAgain) {
  Traveller old(make_definition({{.name = "a"}, {.name = "b"}}));
  const auto name = signal_of_answer("a", no_item);
  old.wait_for("a", name);
  old.signal(name, "yes");
  old.take("a");
  old.fail("a");
  old.settle();
  EXPECT_EQ(lines(old.retried()), Lines{});
}

TEST(TimeTravel, SignalsOfItems) {
  Traveller old(fan());
  old.signal("go", 1);
  old.signal("go", 2);
  old.list("each", 5);
  old.start_item("each", 0, "go");
  old.must({.at = t0, .body = SignalTaken{.attempt = old.item("each", 0)}});
  old.start_item("each", 1, "go");
  old.must({.at = t0, .body = SignalTaken{.attempt = old.item("each", 1)}});
  old.do_item("each", 1);
  old.stop();
  old.settle();
  const auto next = old.retried();
  EXPECT_EQ(lines(next),
            (Lines{"signal_received", "items_listed each", "attempt_started each[0]#1.1", "attempt_failed each[0]#1.1",
                   "attempt_started each[1]#1.1", "signal_taken each[1]#1.1", "task_completed each[1]#1.1", "signal_received"}));
  EXPECT_EQ(to_json(*next.state.next_signal("go")), "1");
}

// -- undo ------------------------------------------------------------------------------------------------------------------

TEST(TimeTravel, ARetryInheritsTheUndoOfWhatItKeptAndAForkDoesNot) {
  Traveller old(make_definition({{.name = "a", .undo = JsonObject{}}, {.name = "b", .undo = JsonObject{}}, {.name = "c", .needs = {"a"}}}));
  old.run("a");
  old.run("b");
  old.start("c");
  old.fail("c");
  old.settle();
  EXPECT_EQ(old.retried().state.undoable().size(), 2U);
  const auto fork = old.forked("c");
  EXPECT_TRUE(fork.state.undoable().empty());

  // A retry of the fork undoes what the fork did, not what the fork had kept.
  Traveller second(old.state.definition_ptr());
  second.state = fork.state;
  second.journal = fork.events;
  second.run("c");
  second.settle();
  const auto third = second.retried("b");
  EXPECT_EQ(created(third).origin->foreign, 2U);
  EXPECT_TRUE(third.state.undoable().empty());
}

TEST(TimeTravel, WhatWasUndoneIsDoneAgain) {
  Traveller old(make_definition({{.name = "a", .undo = JsonObject{}}, {.name = "b", .needs = {"a"}}, {.name = "g", .undo = JsonObject{}}},
                                {{.from = "start", .to = "g"}}));
  for (const auto* name : {"a", "b", "g"}) old.run(name);
  old.settle();
  ASSERT_EQ(old.state.status(), RunStatus::completed);
  old.must({.at = t0, .body = CompensationStarted{.reason = "enough"}});
  const auto undo = [&](std::string_view name, std::string signal = {}) {
    old.must({.at = t0,
              .body = AttemptStarted{
                  .attempt = {.task = old.index(name), .activation = 1, .attempt = 1}, .wake_at = {}, .signal = std::move(signal)}});
  };
  undo("g/undo", "undone");
  old.must({.at = t0, .body = SignalReceived{.name = "undone", .payload = json(1)}});
  old.must({.at = t0, .body = SignalTaken{.attempt = {.task = old.index("g/undo")}}});
  old.complete("g/undo");
  undo("a/undo");
  old.fail("a/undo");
  old.settle();
  const auto next = old.retried();
  EXPECT_EQ(lines(next), (Lines{"attempt_started a#1.1", "task_completed a#1.1", "attempt_started b#1.1", "task_completed b#1.1"}));
  EXPECT_EQ(startable(next), "g ");
  old.must({.at = t0, .body = CompensationStarted{.reason = "again"}});
  undo("a/undo");
  old.complete("a/undo");
  old.settle();
  EXPECT_EQ(lines(old.retried()), Lines{});
}

// -- changes ---------------------------------------------------------------------------------------------------------------

TEST(TimeTravel, AForkChangesParametersForEveryActivationAndTheyStay) {
  auto definition =
      make_definition({{.name = "a", .parameters = JsonObject{{"model", "small"}, {"n", 1}}}, {.name = "b", .parameters = "{{ {} }}"}},
                      {{.from = "start", .to = "a"}, {.from = "a", .to = "a", .max_iterations = 3}});
  definition->tasks[0].approval = ApprovalDefinition{.message = text("?"), .approvers = {}, .timeout = {}};
  finish_definition(*definition);
  Traveller old(definition);
  auto way = old.how(Origin::Kind::fork, "a");
  way.set = json(JsonObject{{"modle", 1}});
  ASSERT_FALSE(old.go(way));
  EXPECT_NE(old.go(way).error().message.find("did you mean 'model'?"), std::string::npos);
  way.set = json(JsonObject{{"model", "large"}});
  auto fork = Traveller::arrived(old.go(way));
  EXPECT_EQ(to_json(*fork.state.edits(0)), R"({"model":"large"})");

  Traveller next(definition);
  next.state = fork.state;
  next.journal = fork.events;
  const auto approve = [&](std::uint32_t activation, JsonPtr set) {
    next.must(
        {.at = t0, .body = ApprovalRequested{.task = 0, .activation = activation, .message = "?", .parameters = json({}), .due = {}}});
    next.must({.at = t0, .body = ApprovalGiven{.task = 0, .activation = activation, .by = "ann", .comment = {}, .set = std::move(set)}});
  };
  approve(1, json(JsonObject{{"n", 2}}));
  EXPECT_EQ(to_json(*next.state.edits(0)), R"({"model":"large","n":2})");
  next.run("a");
  next.take_edge("a", 1);
  EXPECT_EQ(to_json(*next.state.edits(0)), R"({"model":"large"})") << "a person's word counts for one activation";
  way.set = json(JsonObject{{"n", 3}});
  EXPECT_EQ(to_json(*Traveller::arrived(next.go(way)).state.edits(0)), R"({"model":"large","n":3})") << "a fork of a fork";
  auto free = next.how(Origin::Kind::fork, "b");
  free.set = json(JsonObject{{"anything", 3}});
  EXPECT_EQ(to_json(*Traveller::arrived(next.go(free)).state.edits(1)), R"({"anything":3})")
      << "computed parameters have no names to check";
  free.set = json(JsonObject{});
  EXPECT_TRUE(next.go(free));
}

TEST(TimeTravel, ParametersThatATaskDoesNotHaveAreNamed) {
  Traveller old(make_definition({{.name = "a"}}));
  auto way = old.how(Origin::Kind::fork, "a");
  way.set = json(JsonObject{{"n", 1}});
  ASSERT_FALSE(old.go(way));
  EXPECT_NE(old.go(way).error().message.find("it has none"), std::string::npos);
}

TEST(TimeTravel, InputsChangeOnlyWhereNothingKeptWasMadeWithThem) {
  auto definition = make_definition(
      {{.name = "a", .parameters = JsonObject{{"x", "{{ inputs.city }}"}}},
       {.name = "b", .needs = {"a"}, .parameters = JsonObject{{"x", "{{ days }}"}, {"y", "{{ inputs.hours }}"}, {"z", "{{ a.result }}"}}},
       {.name = "c", .needs = {"b"}, .parameters = JsonObject{{"x", "{{ inputs }}"}}},
       {.name = "d", .needs = {"c"}}});
  Traveller old(definition);
  old.state = RunState(definition);
  old.journal.clear();
  const JsonObject before{{"city", "Lima"}, {"days", 1}};
  old.must({.at = t0, .body = RunCreated{.definition_hash = definition->hash, .inputs = json(before), .deadline = {}}});
  for (const auto* name : {"a", "b", "c", "d"}) old.run(name);
  old.settle();
  const auto with = [&](std::string_view from, JsonObject inputs) {
    auto way = old.how(Origin::Kind::fork, from);
    way.inputs = json(std::move(inputs));
    return old.go(way);
  };
  const auto refusal = [&](std::string_view from, JsonObject inputs) {
    const auto result = with(from, std::move(inputs));
    return result ? std::string() : result.error().message;
  };
  EXPECT_TRUE(with("d", before)) << "the same values";
  EXPECT_NE(refusal("b", {{"city", "Oslo"}, {"days", 1}}).find("task 'a' is kept"), std::string::npos);
  EXPECT_NE(refusal("c", {{"city", "Lima"}, {"days", 2}}).find("'days' cannot change: task 'b'"), std::string::npos);
  EXPECT_NE(refusal("d", {{"city", "Lima"}, {"days", 1}, {"more", 1}}).find("'more' cannot change: task 'c'"), std::string::npos);
  EXPECT_NE(refusal("c", {{"city", "Lima"}, {"days", 1}, {"hours", 1}}).find("'hours' cannot change: task 'b'"), std::string::npos);
  const auto changed = with("b", {{"city", "Lima"}, {"days", 2}});
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->state.inputs().at("days"), 2);
}

TEST(TimeTravel, EveryExpressionOfAKeptTaskCounts) {
  const auto refused = [](const std::function<void(Definition&)>& change) {
    auto definition = make_definition({{.name = "a", .for_each = Json("{{ [1] }}")}, {.name = "b"}},
                                      {{.from = "a", .to = "b"}, {.from = "a", .to = "end"}});
    definition->tasks[0].when = text("{{ true }}");
    definition->tasks[0].approval = ApprovalDefinition{.message = text("?"), .approvers = {}, .timeout = {}};
    definition->agents[0].authentication = Authentication{};
    change(*definition);
    definition->tasks[1].agent = 1;
    definition->agents.push_back(AgentDefinition{.name = "other", .kind = "test"});
    finish_definition(*definition);
    Traveller old(definition);
    old.must({.at = t0, .body = ApprovalRequested{.task = 0, .activation = 1, .message = "?", .parameters = json({}), .due = {}}});
    old.must({.at = t0, .body = ApprovalGiven{.task = 0, .activation = 1, .by = {}, .comment = {}, .set = nullptr}});
    old.list("a", 1);
    old.start_item("a", 0);
    old.do_item("a", 0);
    old.end_items("a");
    old.take_edge("a", 0);
    auto way = old.how(Origin::Kind::fork, "b");
    way.inputs = json(JsonObject{{"x", 1}});
    return !old.go(way);
  };
  const auto x = text("{{ inputs.x }}");
  EXPECT_FALSE(refused([](Definition&) {}));
  EXPECT_TRUE(refused([&](Definition& d) { d.tasks[0].when = x; }));
  EXPECT_TRUE(refused([&](Definition& d) { d.tasks[0].for_each = x; }));
  EXPECT_TRUE(refused([&](Definition& d) { d.tasks[0].approval->message = x; }));
  EXPECT_TRUE(refused([&](Definition& d) { d.agents[0].endpoint = x; }));
  EXPECT_TRUE(refused([&](Definition& d) { d.agents[0].authentication->token = x; }));
  EXPECT_TRUE(refused([&](Definition& d) { d.edges[0].when = x; }));
  EXPECT_FALSE(refused([&](Definition& d) { d.tasks[1].when = x; })) << "b has not begun";
}

// -- families and budgets --------------------------------------------------------------------------------------------------

TEST(TimeTravel, InnerRunsOfWhatIsDoneAgainAreForgotten) {
  auto definition = make_definition({{.name = "a"}, {.name = "b"}, {.name = "c"}});
  definition->parallel_execution = true;
  Traveller old(definition);
  const auto child = [](int n) { return RunId::parse(fmt::format("01890000-0000-7000-8000-00000000000{}", n)).value(); };
  const auto begin = [&](std::string_view name, int n) {
    auto next = old.attempt(name);
    ++next.attempt;
    old.must({.at = t0,
              .body = AttemptStarted{.attempt = next, .wake_at = {}, .signal = signal_of_end(child(n)), .reserved = 0, .child = child(n)}});
  };
  begin("a", 1);
  begin("b", 2);
  begin("c", 3);
  for (int n = 1; n <= 2; ++n) old.signal(signal_of_end(child(n)), 1);
  old.take("a");
  old.complete("a");
  old.take("b");
  old.fail("b");
  old.settle();
  const auto next = old.retried();
  EXPECT_EQ(lines(next), (Lines{"attempt_started a#1.1", "signal_received", "signal_taken a#1.1", "task_completed a#1.1"}));
  EXPECT_EQ(startable(next), "b c ");
}

TEST(TimeTravel, ABudgetBeginsAnew) {
  auto definition = make_definition({{.name = "a"}, {.name = "b", .needs = {"a"}}});
  definition->budget.attempts = 2;
  definition->budget.wall_time = seconds{60};
  Traveller old(definition);
  old.start("a");
  old.retry("a", t0);
  old.start("a");
  old.complete("a");
  old.must({.at = t0, .body = TaskFailed{.attempt = {.task = 1, .activation = 1, .attempt = 0}, .error = broken(), .duration = {}}});
  old.settle();
  const auto next = old.retried();
  EXPECT_EQ(next.state.attempts_left(), 2U);
  EXPECT_EQ(next.state.until(), later + seconds{60});
  EXPECT_EQ(old.retried("a").state.attempts_left(), 2U);
}

TEST(TimeTravel, AJournalThatDoesNotFoldIsRefused) {
  Traveller old(make_definition({{.name = "a"}}));
  old.journal.push_back(old.journal.front());
  EXPECT_FALSE(old.go(old.how(Origin::Kind::retry)));
}

TEST(TimeTravel, ChangesThatBelongToNothingAreRefused) {
  const auto definition = make_definition({{.name = "a"}});
  for (const Json& changes : {Json(1), Json(JsonObject{{"b", JsonObject{}}}), Json(JsonObject{{"a", 1}})}) {
    RunState state(definition);
    EXPECT_FALSE(state.apply(
        {.at = t0,
         .body = RunCreated{
             .definition_hash = definition->hash, .inputs = json(JsonObject{}), .deadline = {}, .origin = {}, .changes = json(changes)}}));
  }
}

TEST(TimeTravel, AnEdgeThatWasTakenAfterTheCutIsTakenAgain) {
  auto definition =
      make_definition({{.name = "a"}, {.name = "b"}, {.name = "c"}},
                      {{.from = "start", .to = "a"}, {.from = "start", .to = "b"}, {.from = "a", .to = "c"}, {.from = "b", .to = "c"}});
  definition->parallel_execution = true;
  finish_definition(*definition);
  Traveller old(definition);
  old.start("a");
  old.complete("a");
  old.start("b");
  old.take_edge("a", 2);
  old.fail("b");
  old.settle();
  const auto next = old.retried();
  EXPECT_EQ(lines(next), (Lines{"attempt_started a#1.1", "task_completed a#1.1"}));
  EXPECT_EQ(startable(next), "a ") << "the edge comes before what it may lead to";
}

}  // namespace
}  // namespace skein::workflow
