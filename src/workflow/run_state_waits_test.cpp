#include <gtest/gtest.h>

#include "workflow/test_machine.hpp"

// People and signals as the run's state machine sees them.
namespace skein::workflow {
namespace {

std::shared_ptr<Definition> parallel(const std::vector<testing::TaskSpec>& tasks) {
  auto definition = testing::make_definition(tasks);
  definition->parallel_execution = true;
  return definition;
}

struct WaitingMachine : Machine {
  using Machine::Machine;

  void listen(std::string_view name, const std::string& signal) {
    auto next = attempt(name);
    ++next.attempt;
    must({.at = now, .body = AttemptStarted{.attempt = next, .wake_at = {}, .signal = signal}});
  }
  void hear(const std::string& signal, Json payload) {
    must({.at = now, .body = SignalReceived{.name = signal, .payload = json(std::move(payload))}});
  }
  static ApprovalRequested question(std::uint32_t activation = 1) {
    return {.task = 0, .activation = activation, .message = "Go?", .parameters = json(JsonObject{}), .due = {}};
  }
  static ApprovalGiven yes(std::uint32_t activation = 1) {
    return {.task = 0, .activation = activation, .by = "maria", .comment = {}, .set = nullptr};
  }
  static ApprovalRejected no(std::uint32_t activation = 1) {
    return {.task = 0, .activation = activation, .by = "maria", .comment = {}, .error = broken()};
  }
};

TEST(RunStateSignals, TheOldestOfANameIsTakenFirst) {
  WaitingMachine m(parallel({{"first"}, {"second"}}));
  EXPECT_EQ(m.state.next_signal("paid"), nullptr);
  m.hear("paid", 1);
  m.hear("paid", 2);
  m.listen("first", "paid");
  EXPECT_EQ(m.state.awaited_signal({.task = 0}), "paid");
  EXPECT_EQ(m.state.awaited_signal({.task = 1}), "");
  EXPECT_EQ(*m.state.next_signal("paid"), Json(1));
  m.must({.at = t0, .body = SignalTaken{.attempt = m.attempt("first")}});
  EXPECT_EQ(*m.state.next_signal("paid"), Json(2));
  EXPECT_EQ(m.state.awaited_signal({.task = 0}), "");
  m.complete("first");
  m.listen("second", "paid");
  m.must({.at = t0, .body = SignalTaken{.attempt = m.attempt("second")}});
  EXPECT_EQ(m.state.next_signal("paid"), nullptr);
}

TEST(RunStateSignals, EachTaskHasItsOwnQuestionsAndChildren) {
  WaitingMachine m(parallel({{"first"}, {"second"}}));
  const auto begin = [&](std::string_view name, const std::string& signal, JsonPtr question) {
    auto next = m.attempt(name);
    ++next.attempt;
    m.must({.at = m.now, .body = AttemptStarted{.attempt = next, .wake_at = {}, .signal = signal, .question = std::move(question)}});
  };
  const RunId child = *RunId::parse("018bcfe5-6800-7000-8000-000000000001");
  begin("first", signal_of_end(child), nullptr);
  begin("second", signal_of_answer("second", no_item), json(JsonObject{{"question", "how many?"}}));
  EXPECT_EQ(m.state.awaited_children(0), std::vector<RunId>{child});
  EXPECT_TRUE(m.state.awaited_children(1).empty());
  EXPECT_TRUE(m.state.asking(0).empty());
  EXPECT_EQ(m.state.asking(1).size(), 1U);

  WaitingMachine both(parallel({{"first"}, {"second"}}));
  for (const auto* name : {"first", "second"}) {
    auto next = both.attempt(name);
    ++next.attempt;
    both.must(
        {.at = both.now,
         .body = AttemptStarted{
             .attempt = next, .wake_at = {}, .signal = signal_of_answer(name, no_item), .question = json(JsonObject{{"question", name}})}});
  }
  EXPECT_EQ(both.state.asking(0).size(), 1U);
  EXPECT_EQ(both.state.asked({.task = 0})->at("question"), "first");
}

TEST(RunStateSignals, AnAnswerThatComesTooLateAnswersNoLaterQuestion) {
  WaitingMachine m(parallel({{"ask"}}));
  const auto name = signal_of_answer("ask", no_item);
  auto next = m.attempt("ask");
  ++next.attempt;
  m.must({.at = m.now,
          .body = AttemptStarted{.attempt = next, .wake_at = {}, .signal = name, .question = json(JsonObject{{"question", "q"}})}});
  m.hear(name, 7);
  m.retry("ask", t0 + seconds{5});
  EXPECT_EQ(m.state.next_signal(name), nullptr);
  m.now = t0 + seconds{5};
  ++next.attempt;
  m.must({.at = m.now,
          .body = AttemptStarted{.attempt = next, .wake_at = {}, .signal = name, .question = json(JsonObject{{"question", "q"}})}});
  EXPECT_TRUE(m.offered().empty());
}

TEST(RunStateSignals, ATimerThatFiresLeavesTheListenersAlone) {
  WaitingMachine m(parallel({{"listens"}, {"sleeps"}}));
  m.listen("listens", "paid");
  m.start("sleeps", t0 + seconds{5});
  m.now = t0 + seconds{5};
  m.complete("sleeps");
  EXPECT_EQ(m.state.awaited_signal({.task = 0}), "paid");
  m.hear("paid", 1);
  ASSERT_EQ(m.offered().size(), 1U);
  EXPECT_EQ(std::get<TakeSignal>(m.offered()[0]).attempt, m.attempt("listens"));
}

TEST(RunStateApprovals, AnAnswerBelongsToTheQuestionThatWasAsked) {
  WaitingMachine m(parallel({{.name = "send", .approval = ApprovalDefinition{}}}));
  m.must_not(WaitingMachine::yes());
  m.must_not(WaitingMachine::question(2));
  m.must({.at = t0, .body = WaitingMachine::question()});
  EXPECT_EQ(m.state.question(0)->message, "Go?");
  m.must_not(WaitingMachine::yes(2));
  m.must_not(WaitingMachine::no(2));
  m.must({.at = t0, .body = WaitingMachine::yes()});
  EXPECT_EQ(m.state.question(0), nullptr);
  EXPECT_EQ(m.startable(), "send ");
}

TEST(RunStateApprovals, ARunThatStopsAsksNobodyAndHearsNobody) {
  WaitingMachine m(parallel({{.name = "send", .approval = ApprovalDefinition{}}}));
  auto unasked = m;
  unasked.stop();
  unasked.must_not(WaitingMachine::question());
  m.must({.at = t0, .body = WaitingMachine::question()});
  m.stop();
  m.must_not(WaitingMachine::yes());
  m.must_not(WaitingMachine::no());
  m.settle();
  EXPECT_EQ(m.status("send"), TaskStatus::cancelled);
  EXPECT_EQ(m.state.question(0), nullptr);
}

TEST(RunStateWaits, ARunWaitsForOthersOnlyWhereNoTimerOfItsOwnRuns) {
  WaitingMachine m(parallel({{"listens"}, {"tries"}, {.name = "each", .for_each = "{{ inputs.list }}"}}));
  EXPECT_FALSE(m.state.waits_for_others());  // it has tasks to start
  m.listen("listens", "paid");
  m.list("each", 1);
  m.start_item("each", 0);
  m.start("tries");
  EXPECT_FALSE(m.state.waits_for_others());  // calls are in flight
  m.must({.at = t0, .body = AttemptFailed{.attempt = m.item("each", 0), .error = broken(), .duration = {}, .retry_at = t0 + seconds{2}}});
  m.retry("tries", t0 + seconds{1});
  EXPECT_EQ(m.state.status(), RunStatus::waiting);
  EXPECT_FALSE(m.state.waits_for_others());  // a task tries again by itself
  m.now = t0 + seconds{1};
  m.start("tries");
  m.complete("tries");
  EXPECT_FALSE(m.state.waits_for_others());  // an item does
  m.now = t0 + seconds{2};
  m.start_item("each", 0);
  m.must({.at = m.now, .body = TaskCompleted{.attempt = m.item("each", 0), .result = json(1), .metadata = {}, .duration = {}}});
  m.must({.at = m.now, .body = ItemsEnded{.task = 2, .activation = 1, .error = {}, .duration = {}}});
  EXPECT_TRUE(m.state.waits_for_others());
}

TEST(Waits, QuestionsAreThoseOfTheirTask) {
  auto definition = testing::make_definition({{.name = "a"}, {.name = "b"}});
  definition->parallel_execution = true;
  Machine m(definition);
  for (const auto* name : {"a", "b"}) {
    auto next = m.attempt(name);
    ++next.attempt;
    m.must({.at = t0,
            .body = AttemptStarted{.attempt = next, .wake_at = {}, .signal = signal_of_answer(name, no_item), .question = json(name)}});
  }
  for (const auto& [task, question] : {std::pair{0U, "a"}, std::pair{1U, "b"}}) {
    const auto asked = m.state.asking(task);
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(*asked[0].question, Json(question));
  }
}

}  // namespace
}  // namespace skein::workflow
