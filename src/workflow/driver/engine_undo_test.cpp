#include <gtest/gtest.h>

#include "store/memory/memory_run_store.hpp"
#include "support/engine_harness.hpp"
#include "workflow/driver/engine.hpp"

// Undoing, as a run lives through it.
namespace skein::workflow {
namespace {

using testing::EngineHarness;
using testing::make_definition;

struct UndoTest : ::testing::Test {
  std::shared_ptr<store::MemoryDatabase> database = store::make_memory_database();
  std::unique_ptr<store::RunStore> store = store::make_memory_run_store(database);
  EngineHarness h{*store};

  static std::shared_ptr<Definition> order() {
    auto definition = make_definition({{.name = "book", .undo = JsonObject{{"id", "{{ book.result.id }}"}}},
                                       {.name = "pay", .needs = {"book"}, .undo = JsonObject{{"id", "{{ pay.result.id }}"}}},
                                       {.name = "ship", .needs = {"pay"}}});
    definition->on_failure = OnFailure::compensate;
    return definition;
  }
  static Error refused() {
    return {.code = ErrorCode::invalid_argument, .message = "no", .context = {}, .retryable = false, .retry_after = {}};
  }
  void answer(const char* id) { h.answer_last(AgentResponse::ok(JsonObject{{"id", id}})); }
};

TEST_F(UndoTest, AFailedRunIsUndoneNewestFirstWithTheResultsOfWhatIsUndone) {
  const auto id = h.run(order());
  answer("room 7");
  answer("bill 9");
  h.answer_last(AgentResponse::failed(refused()));
  EXPECT_EQ(h.calls.started.back().key, id.str() + ":pay/undo:1");
  EXPECT_EQ(to_json(h.calls.started.back().parameters), R"({"id":"bill 9"})");
  h.answer_last(AgentResponse::ok(nullptr));
  EXPECT_EQ(to_json(h.calls.started.back().parameters), R"({"id":"room 7"})");
  h.answer_last(AgentResponse::ok(nullptr));
  const auto row = store->find_run(id);
  EXPECT_EQ(row->summary.status, RunStatus::failed);
  EXPECT_EQ(row->summary.error, "Task 'ship' failed: no");
  EXPECT_EQ(row->summary.tasks_total, 3U);
  EXPECT_EQ(row->summary.tasks_completed, 2U);
}

TEST_F(UndoTest, AnotherOwnerGoesOnWithTheUndoing) {
  const auto definition = order();
  const auto id = h.run(definition);
  answer("room 7");
  answer("bill 9");
  h.answer_last(AgentResponse::failed(refused()));
  const auto key = h.calls.started.back().key;
  store->close();
  const auto other_store = store::make_memory_run_store(database);
  EngineHarness other(*other_store);
  ASSERT_TRUE(other.engine->adopt(other_store->claim(id).value(), definition));
  EXPECT_EQ(other.calls.started.back().key, key) << "what was in flight is repeated under its key";
  other.answer_last(AgentResponse::ok(nullptr));
  other.answer_last(AgentResponse::ok(nullptr));
  EXPECT_EQ(other_store->find_run(id)->summary.status, RunStatus::failed);
}

TEST_F(UndoTest, WhatCouldNotBeUndoneIsTriedAgainOnRequest) {
  const auto definition = order();
  const auto id = h.run(definition);
  answer("room 7");
  answer("bill 9");
  h.answer_last(AgentResponse::failed(refused()));
  h.answer_last(AgentResponse::failed(refused()));
  h.answer_last(AgentResponse::ok(nullptr));
  EXPECT_EQ(store->find_run(id)->summary.error, "Task 'ship' failed: no; not undone: 'pay'");
  ASSERT_TRUE(h.engine->compensate(store->claim(id).value(), definition, "again"));
  EXPECT_EQ(store->find_run(id)->summary.status, RunStatus::running);
  h.answer_last(AgentResponse::ok(nullptr));
  EXPECT_EQ(store->find_run(id)->summary.error, "Task 'ship' failed: no");
  const auto nothing = h.engine->compensate(store->claim(id).value(), definition, "again");
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, ErrorCode::conflict);
  EXPECT_TRUE(store->claim(id)) << "a refusal gives the run back";
}

TEST_F(UndoTest, ARunThatGoesOnCannotBeUndone) {
  const auto definition = order();
  const auto id = h.run(definition);
  answer("room 7");
  h.engine->abandon_all();
  const auto refusal = h.engine->compensate(store->claim(id).value(), definition, "too early");
  ASSERT_FALSE(refusal);
  EXPECT_EQ(refusal.error().message, "the run has not ended; cancel it first");
}

TEST_F(UndoTest, AnUndoStepIsRetriedAsItsAgentSays) {
  const auto id = h.run(order());
  answer("room 7");
  h.answer_last(AgentResponse::failed(refused()));
  h.answer_last(AgentResponse::failed(
      {.code = ErrorCode::connection_failed, .message = "refused", .context = {}, .retryable = true, .retry_after = {}}));
  EXPECT_EQ(store->find_run(id)->summary.status, RunStatus::waiting);
  h.advance(seconds{2});
  EXPECT_EQ(h.calls.started.back().key, id.str() + ":book/undo:1");
  h.answer_last(AgentResponse::ok(nullptr));
  EXPECT_EQ(store->find_run(id)->summary.error, "Task 'pay' failed: no");
}

TEST_F(UndoTest, EachActivationIsUndoneWithItsOwnResult) {
  auto definition =
      make_definition({{.name = "first"}, {.name = "book", .undo = JsonObject{{"id", "{{ book.result.id }}"}, {"all", "{{ book }}"}}}},
                      {{.from = "first", .to = "book"}, {.from = "book", .to = "book", .max_iterations = 5}});
  definition->on_failure = OnFailure::compensate;
  h.run(definition);
  h.answer_last(AgentResponse::ok(nullptr));
  answer("one");
  answer("two");
  h.answer_last(AgentResponse::failed(refused()));
  EXPECT_EQ(to_json(h.calls.started.back().parameters), R"({"id":"two","all":{"status":"completed","result":{"id":"two"}}})");
  h.answer_last(AgentResponse::ok(nullptr));
  EXPECT_EQ(to_json(h.calls.started.back().parameters), R"({"id":"one","all":{"status":"completed","result":{"id":"one"}}})");
}

}  // namespace
}  // namespace skein::workflow
