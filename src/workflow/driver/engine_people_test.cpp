#include <gtest/gtest.h>

#include "store/memory/memory_run_store.hpp"
#include "support/engine_harness.hpp"
#include "workflow/driver/engine.hpp"

// Questions to people, and what becomes of their answers.
namespace skein::workflow {
namespace {

using testing::EngineHarness;
using testing::make_definition;
using testing::TaskSpec;

struct PeopleTest : ::testing::Test {
  std::shared_ptr<store::MemoryDatabase> database = store::make_memory_database();
  std::unique_ptr<store::RunStore> store = store::make_memory_run_store(database);
  EngineHarness h{*store};

  static std::shared_ptr<Definition> asking(Json for_each = nullptr) {
    auto definition = make_definition({{.name = "ask", .action = "ask", .for_each = std::move(for_each)}});
    definition->agents[0].kind = "pause";
    definition->parallel_execution = true;
    return definition;
  }
  void say(RunId run, const JsonObject& word) {
    ASSERT_TRUE(store->post({.id = 0, .run = run, .kind = "answer", .payload = to_json(Json(word)), .at = h.clock.now()}));
    h.engine->check_mail(run);
  }
};

TEST_F(PeopleTest, AnAnswerEndsTheAttempt) {
  const auto id = h.run(asking());
  EXPECT_EQ(h.status(id), RunStatus::waiting);
  const auto* state = h.engine->find(id);
  ASSERT_EQ(state->asking(0).size(), 1U);
  EXPECT_EQ(state->asked({.task = 0})->at("question"), "how many?");
  EXPECT_EQ(state->asked({.task = 7}), nullptr);
  EXPECT_TRUE(state->waits_for_others());
  say(id, {{"task", "ask"}, {"value", 4}, {"by", "ann"}, {"comment", "enough"}});
  EXPECT_EQ(h.status(id), RunStatus::completed);
}

TEST_F(PeopleTest, WhatDoesNotFitIsDropped) {
  const auto id = h.run(asking());
  const auto events = h.recorder.lines.size();
  say(id, {{"task", "ask"}, {"value", "four"}, {"by", "ann"}});
  say(id, {{"task", "ask"}, {"by", "ann"}});
  say(id, {{"task", "other"}, {"value", 4}});
  say(id, {{"value", 4}});
  say(id, {{"task", "ask"}, {"item", 0}, {"value", 4}});
  EXPECT_EQ(h.recorder.lines.size(), events);
  EXPECT_EQ(h.status(id), RunStatus::waiting);
}

TEST_F(PeopleTest, NobodyElseCanSendAnAnswer) {
  const auto id = h.run(asking());
  const auto pretend = to_json(Json(JsonObject{{"name", signal_of_answer("ask", no_item)}, {"payload", {{"value", 4}}}}));
  ASSERT_TRUE(store->post({.id = 0, .run = id, .kind = "signal", .payload = pretend, .at = h.clock.now()}));
  h.engine->check_mail(id);
  EXPECT_EQ(h.status(id), RunStatus::waiting);
}

TEST_F(PeopleTest, ItemsAreAnsweredByNumberElseInOrder) {
  const auto id = h.run(asking(JsonArray{"a", "b", "c"}));
  say(id, {{"task", "ask"}, {"item", 1}, {"value", 20}});
  ASSERT_EQ(h.engine->find(id)->asking(0).size(), 2U);
  say(id, {{"task", "ask"}, {"value", 10}});
  EXPECT_EQ(h.engine->find(id)->asking(0).front().step.item, 2U);
  say(id, {{"task", "ask"}, {"value", 30}});
  EXPECT_EQ(h.status(id), RunStatus::completed);
}

TEST_F(PeopleTest, TwoAnswersThatComeTogetherAnswerTwoItems) {
  const auto id = h.run(asking(JsonArray{"a", "b"}));
  for (const int value : {10, 20}) {
    ASSERT_TRUE(store->post({.id = 0,
                             .run = id,
                             .kind = "answer",
                             .payload = to_json(Json(JsonObject{{"task", "ask"}, {"value", value}})),
                             .at = h.clock.now()}));
  }
  h.engine->check_mail(id);
  EXPECT_EQ(h.status(id), RunStatus::completed);
}

TEST_F(PeopleTest, TheQuestionSurvivesItsOwner) {
  const auto definition = asking();
  const auto id = h.run(definition);
  store->close();
  const auto other_store = store::make_memory_run_store(database);
  EngineHarness other(*other_store);
  ASSERT_TRUE(other_store->post({.id = 0, .run = id, .kind = "answer", .payload = R"({"task":"ask","value":1})", .at = h.clock.now()}));
  ASSERT_TRUE(other.engine->adopt(other_store->claim(id).value(), definition));
  EXPECT_EQ(other.status(id), RunStatus::completed);
}

}  // namespace
}  // namespace skein::workflow
