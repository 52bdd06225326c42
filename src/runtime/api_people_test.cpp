#include <skein/skein.hpp>

#include <future>
#include <memory>

#include <gtest/gtest.h>

namespace skein {
namespace {

// What people and the outside world tell a run, through the public interface.

Runtime in_memory() { return std::move(Runtime::open({.store = {}, .durability = Durability::memory, .threads = 1}).value()); }

/// Waits for the first event of a type. Registered before the run starts.
class Awaited {
 public:
  Awaited(Runtime& runtime, std::string type) {
    runtime.observe([promise = promise_, told = std::make_shared<bool>(false), wanted = std::move(type)](const RunEvent& event) {
      if (event.type == wanted && !std::exchange(*told, true)) promise->set_value();
    });
  }
  void wait() { promise_->get_future().wait(); }

 private:
  std::shared_ptr<std::promise<void>> promise_ = std::make_shared<std::promise<void>>();
};

Workflow question_before_a_task() {
  return WorkflowBuilder("careful")
      .task(TaskBuilder("send", "local", "transform").parameter("value", "{{ inputs.text }}").approval("Send it?", {"ann"}))
      .input("text", JsonObject{{"type", "string"}, {"default", "hello"}})
      .output("sent", "{{ send.result }}")
      .build()
      .value();
}

TEST(PublicApiPeople, AnApprovedTaskRunsWithWhatThePersonChanged) {
  auto runtime = in_memory();
  Awaited asked(runtime, "approval_requested");
  const auto run = runtime.start(question_before_a_task()).value();
  asked.wait();
  // The owner looks at answers in their order: these change nothing.
  EXPECT_TRUE(runtime.approve(run, "no such task", "ann"));
  EXPECT_TRUE(runtime.approve(run, "send", "eve", {.comment = "nobody asked her", .set = {{"value", "mine"}}}));
  const auto approved = runtime.approve(run, "send", "ann", {.comment = "with a change", .set = {{"value", "bye"}}});
  ASSERT_TRUE(approved) << approved.error().message;
  const auto result = runtime.wait(run);
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(result->outputs.at("sent"), Json("bye"));
}

TEST(PublicApiPeople, ARejectedTaskFailsWithTheComment) {
  auto runtime = in_memory();
  Awaited asked(runtime, "approval_requested");
  const auto run = runtime.start(question_before_a_task()).value();
  asked.wait();
  ASSERT_TRUE(runtime.reject(run, "send", "ann", {.comment = "too short"}));
  const auto result = runtime.wait(run);
  EXPECT_EQ(result->status, RunStatus::failed);
  EXPECT_NE(result->error.find("too short"), std::string::npos) << result->error;
  EXPECT_EQ(result->failed_tasks, 1U);
  ASSERT_TRUE(result->tasks.front().error);
  EXPECT_EQ(result->tasks.front().attempts, 0U);
}

TEST(PublicApiPeople, AnAnswerMustBeWhatTheTaskAsksFor) {
  auto runtime = in_memory();
  Awaited asked(runtime, "attempt_started");
  const auto workflow = WorkflowBuilder("survey")
                            .agent(AgentBuilder("people", "human"))
                            .task(TaskBuilder("ask", "people", "ask")
                                      .parameter("question", "How many?")
                                      .parameter("to", JsonArray{"ann", "bob"})
                                      .parameter("answer", "integer"))
                            .output("count", "{{ ask.result }}")
                            .build();
  ASSERT_TRUE(workflow) << workflow.error().message;
  const auto run = runtime.start(*workflow).value();
  asked.wait();
  EXPECT_TRUE(runtime.answer(run, "ask", Json("many"), "ann"));
  EXPECT_TRUE(runtime.answer(run, "ask", Json(4), "eve"));
  const auto answered = runtime.answer(run, "ask", Json(3), "bob", {.comment = "counted twice"});
  ASSERT_TRUE(answered) << answered.error().message;
  const auto result = runtime.wait(run);
  EXPECT_EQ(result->outputs.at("count"), Json(3));
  EXPECT_EQ(result->tasks.front().metadata.at("by"), Json("bob"));
  EXPECT_EQ(result->tasks.front().metadata.at("comment"), Json("counted twice"));
}

TEST(PublicApiPeople, ASignalIsTheAnswerOfTheTaskThatWaitsForIt) {
  auto runtime = in_memory();
  const auto workflow = WorkflowBuilder("paid")
                            .task(TaskBuilder("payment", "local", "signal").parameter("name", "paid"))
                            .output("sum", "{{ payment.result }}")
                            .build();
  ASSERT_TRUE(workflow) << workflow.error().message;
  const auto run = runtime.start(*workflow).value();
  ASSERT_TRUE(runtime.signal(run, "else", Json(1))) << "kept, and nobody takes it";
  ASSERT_TRUE(runtime.signal(run, "paid", Json(12)));
  EXPECT_EQ(runtime.wait(run)->outputs.at("sum"), Json(12));
}

TEST(PublicApiPeople, WhatARunDidIsUndoneOnRequest) {
  auto runtime = in_memory();
  const auto workflow = WorkflowBuilder("order")
                            .task(TaskBuilder("book", "local", "transform").parameter("value", 1).compensate("transform", {{"value", 2}}))
                            .task(TaskBuilder("note", "local", "transform").parameter("value", 1).when("{{ false }}"))
                            .build();
  ASSERT_TRUE(workflow) << workflow.error().message;
  const auto done = runtime.run(*workflow).value();
  EXPECT_EQ(done.completed_tasks, 1U);
  EXPECT_EQ(done.skipped_tasks, 1U);
  const auto undoing = runtime.compensate(done.run_id, "ordered twice");
  ASSERT_TRUE(undoing) << undoing.error().message;
  const auto result = runtime.wait(done.run_id);
  EXPECT_EQ(result->status, RunStatus::cancelled);
  EXPECT_EQ(result->error, "ordered twice");
  EXPECT_EQ(result->tasks.front().status, TaskStatus::compensated);
  EXPECT_EQ(runtime.compensate(done.run_id, "again").error().code, ErrorCode::conflict);
}

TEST(PublicApiPeople, NobodyIsToldOfARunThatIsNotThere) {
  auto runtime = in_memory();
  const std::string nonsense = "nonsense";
  EXPECT_EQ(runtime.approve(nonsense, "t", "ann").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(runtime.reject(nonsense, "t", "ann").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(runtime.answer(nonsense, "t", Json(1), "ann").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(runtime.signal(nonsense, "s").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(runtime.compensate(nonsense, "r").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(runtime.cancel(nonsense).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(runtime.resume(nonsense).error().code, ErrorCode::invalid_argument);
  const std::string unknown = "0190163d-8694-739b-aea5-966c26f8ad91";
  EXPECT_EQ(runtime.approve(unknown, "t", "ann").error().code, ErrorCode::not_found);
  EXPECT_EQ(runtime.signal(unknown, "s").error().code, ErrorCode::not_found);
  EXPECT_EQ(runtime.compensate(unknown, "r").error().code, ErrorCode::not_found);
}

TEST(PublicApiPeople, ATaskFailedTwiceIsObservedWithItsError) {
  auto runtime = in_memory();
  std::vector<std::string> heard;
  runtime.observe([&](const RunEvent& event) {
    if (event.error != nullptr) heard.push_back(std::string(event.type) + ": " + event.error->message);
  });
  const auto workflow =
      WorkflowBuilder("broken")
          .task(TaskBuilder("a", "local", "fail").parameter("message", "the well is dry").parameter("retryable", true).retry(2, 0.001))
          .build();
  ASSERT_TRUE(workflow) << workflow.error().message;
  EXPECT_EQ(runtime.run(*workflow)->status, RunStatus::failed);
  EXPECT_EQ(heard, (std::vector<std::string>{"attempt_failed: the well is dry", "task_failed: the well is dry"}));
}

}  // namespace
}  // namespace skein
