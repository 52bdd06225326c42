#include <skein/async.hpp>
#include <skein/skein.hpp>

#include <atomic>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "base/uuid.hpp"

namespace skein {
namespace {

/// A folder of the test's own, gone with it.
class Folder {
 public:
  Folder() {
    SystemRandom random;
    path_ = std::filesystem::temp_directory_path() / ("skein-test-" + Uuid::make(SystemClock{}.now(), random).str());
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

Runtime in_memory() { return std::move(Runtime::open({.store = {}, .durability = Durability::memory, .threads = 1}).value()); }

Workflow greeting() {
  return WorkflowBuilder("greeting")
      .input("name", JsonObject{{"type", "string"}, {"default", "world"}})
      .task(TaskBuilder("greet", "local", "transform").parameter("value", "Hello, {{inputs.name}}!"))
      .task(TaskBuilder("shout", "local", "transform").parameter("value", "{{greet.result | ascii_upcase}}").after("greet"))
      .output("text", "{{shout.result}}")
      .build()
      .value();
}

TEST(PublicApi, RunsABuiltWorkflow) {
  auto runtime = in_memory();
  const auto result = runtime.run(greeting(), {{"name", "skein"}});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->ok());
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(result->outputs.at("text"), Json("HELLO, SKEIN!"));
  EXPECT_EQ(result->results.at("greet"), Json("Hello, skein!"));
  EXPECT_EQ(result->completed_tasks, 2U);
  EXPECT_EQ(result->run_id.size(), 36U);
}

TEST(PublicApi, BadInputsAreRefusedBeforeAnythingRuns) {
  auto runtime = in_memory();
  const auto result = runtime.run(greeting(), {{"nmae", "skein"}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(result.error().message.find("did you mean 'name'?"), std::string::npos) << result.error().message;
}

TEST(PublicApi, ABadWorkflowSaysEverythingThatIsWrong) {
  const auto workflow = WorkflowBuilder("bad").task(TaskBuilder("a", "nobody", "x").after("b")).build();
  ASSERT_FALSE(workflow);
  EXPECT_EQ(workflow.error().code, ErrorCode::invalid_definition);
  EXPECT_NE(workflow.error().message.find("Task 'a' references undefined agent 'nobody'"), std::string::npos) << workflow.error().message;
  EXPECT_NE(workflow.error().message.find("'b'"), std::string::npos);
}

TEST(PublicApi, CustomKindsRunPooledOrInline) {
  for (const auto execution : {Execution::pooled, Execution::inlined}) {
    auto runtime = in_memory();
    runtime.register_kind(
        "custom",
        [](const AgentRequest& request) {
          if (request.action == "throw") throw std::runtime_error("no luck");
          return AgentResponse::ok(
              JsonObject{{"action", request.action}, {"x", request.parameters->at("x")}, {"attempt", request.attempt}});
        },
        execution);
    const auto workflow = WorkflowBuilder("custom")
                              .failure_strategy("partial_completion_allowed")
                              .agent(AgentBuilder("mine", "custom").endpoint("custom://endpoint"))
                              .task(TaskBuilder("a", "mine", "act").parameter("x", 7))
                              .task(TaskBuilder("b", "mine", "throw"))
                              .build()
                              .value();
    const auto result = runtime.run(workflow);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->status, RunStatus::partially_completed);
    EXPECT_EQ(result->results.at("a"), (Json(JsonObject{{"action", "act"}, {"x", 7}, {"attempt", 1}})));
    ASSERT_TRUE(result->tasks[1].error);
    EXPECT_NE(result->tasks[1].error->message.find("no luck"), std::string::npos);
    EXPECT_EQ(result->failed_tasks, 1U);
  }
}

TEST(PublicApi, ObserversHearEveryEventInOrder) {
  auto runtime = in_memory();
  std::mutex mutex;
  std::vector<std::string> heard;
  runtime.observe([&](const RunEvent& event) {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(event.seq, heard.size() + 1);
    EXPECT_EQ(event.workflow, "greeting");
    heard.push_back(std::string(event.type) + (event.task.empty() ? "" : " " + std::string(event.task)));
  });
  ASSERT_TRUE(runtime.run(greeting()));
  const std::lock_guard lock(mutex);
  EXPECT_EQ(heard, (std::vector<std::string>{"run_created", "attempt_started greet", "task_completed greet", "attempt_started shout",
                                             "task_completed shout", "run_completed"}));
}

TEST(PublicApi, ManyRunsAtOnceOnSeveralThreads) {
  const Folder folder;
  auto runtime = std::move(Runtime::open({.store = folder.file("skein.db"), .durability = Durability::normal, .threads = 3}).value());
  const auto workflow = greeting();
  std::atomic<int> completed{0};
  std::atomic<int> ended{0};
  constexpr int runs = 300;
  for (int i = 0; i < runs; ++i) {
    runtime.run_async(workflow, {{"name", std::to_string(i)}}, [&](Result<WorkflowResult> result) {
      if (result && result->status == RunStatus::completed) ++completed;
      ++ended;
      ended.notify_one();
    });
  }
  for (int seen = ended; seen < runs; seen = ended) ended.wait(seen);
  EXPECT_EQ(completed, runs);
}

TEST(PublicApi, TheCoroutineFormAwaitsARun) {
  boost::asio::io_context io;  // outlives the runtime, whose thread posts to it
  auto runtime = in_memory();
  const auto workflow = greeting();
  auto future =
      boost::asio::co_spawn(io, async_run(runtime, workflow, {{"name", "coroutine"}}, boost::asio::use_awaitable), boost::asio::use_future);
  io.run();
  const auto result = future.get();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outputs.at("text"), Json("HELLO, COROUTINE!"));
}

TEST(PublicApi, CancellingARunThatWaits) {
  auto runtime = in_memory();
  const auto workflow = WorkflowBuilder("long").task(TaskBuilder("pause", "local", "wait").parameter("seconds", 3600)).build().value();
  const auto id = runtime.start(workflow);
  ASSERT_TRUE(id);
  ASSERT_TRUE(runtime.cancel(*id, "changed my mind"));
  const auto result = runtime.wait(*id);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->status, RunStatus::cancelled);
  EXPECT_EQ(result->error, "changed my mind");
}

TEST(PublicApi, ARunGoesOnInAnotherRuntimeAfterTheFirstHasGone) {
  const Folder folder;
  const auto workflow = WorkflowBuilder("resumed")
                            .agent(AgentBuilder("mine", "custom"))
                            .task(TaskBuilder("first", "mine", "count"))
                            .task(TaskBuilder("pause", "local", "wait").parameter("seconds", 0.2).after("first"))
                            .task(TaskBuilder("last", "mine", "count").after("pause"))
                            .build()
                            .value();
  std::atomic<int> calls{0};
  const auto count = [&](const AgentRequest&) { return AgentResponse::ok(++calls); };
  std::string id;
  {
    auto runtime = std::move(Runtime::open({.store = folder.file("skein.db"), .durability = Durability::full, .threads = 1}).value());
    runtime.register_kind("custom", count);
    std::promise<void> first_done;
    runtime.observe([&](const RunEvent& event) {
      if (event.type == "task_completed" && event.task == "first") first_done.set_value();
    });
    id = runtime.start(workflow).value();
    first_done.get_future().wait();
  }
  {
    auto stranger = std::move(Runtime::open({.store = folder.file("skein.db"), .durability = Durability::full, .threads = 1}).value());
    EXPECT_EQ(stranger.resume(id).error().code, ErrorCode::unsupported) << "it has no 'custom'";
  }
  auto runtime = std::move(Runtime::open({.store = folder.file("skein.db"), .durability = Durability::full, .threads = 1}).value());
  runtime.register_kind("custom", count);
  const auto resumed = runtime.resume(id);
  ASSERT_TRUE(resumed) << resumed.error().message;
  const auto result = runtime.wait(id);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(result->results.at("first"), Json(1));
}

TEST(PublicApi, RunsAreRetriedAndForked) {
  auto runtime = in_memory();
  const auto old = runtime.run(greeting()).value().run_id;
  const auto fork = runtime.fork(old, "shout", {{"value", "quiet"}});
  ASSERT_TRUE(fork) << fork.error().message;
  EXPECT_EQ(runtime.wait(*fork)->outputs.at("text"), Json("quiet"));
  const auto retry = runtime.retry(*fork, {.from = "shout"});
  ASSERT_TRUE(retry) << retry.error().message;
  EXPECT_EQ(runtime.wait(*retry)->outputs.at("text"), Json("quiet")) << "what a fork changed stays changed";
  EXPECT_EQ(runtime.retry(old).error().code, ErrorCode::conflict);
  EXPECT_FALSE(runtime.retry("x"));
  EXPECT_FALSE(runtime.fork("x", "shout"));
  EXPECT_FALSE(runtime.fork(old, "x"));
}

TEST(PublicApi, ARunOfAKindThatThisProgramLacksIsNotResumed) {
  const Folder folder;
  const auto open = [&] {
    return std::move(Runtime::open({.store = folder.file("skein.db"), .durability = Durability::full, .threads = 1}).value());
  };
  const auto workflow = WorkflowBuilder("theirs")
                            .agent(AgentBuilder("mine", "custom"))
                            .task(TaskBuilder("pause", "local", "wait").parameter("seconds", 0.05))
                            .task(TaskBuilder("last", "mine", "count").after("pause"))
                            .build()
                            .value();
  const auto answer = [](const AgentRequest&) { return AgentResponse::ok(7); };
  std::string id;
  {
    auto runtime = open();
    runtime.register_kind("custom", answer);
    id = runtime.start(workflow).value();
  }
  {
    auto runtime = open();
    const auto refused = runtime.resume(id);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
    EXPECT_NE(refused.error().message.find("'custom'"), std::string::npos) << refused.error().message;
  }
  auto runtime = open();
  runtime.register_kind("custom", answer);
  ASSERT_TRUE(runtime.resume(id));
  EXPECT_EQ(runtime.wait(id)->results.at("last"), Json(7));
}

TEST(PublicApi, WaitingForNonsenseIsAnError) {
  auto runtime = in_memory();
  EXPECT_EQ(runtime.wait("nonsense").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(runtime.wait("0190163d-8694-739b-aea5-966c26f8ad91").error().code, ErrorCode::not_found);
  EXPECT_EQ(runtime.resume("0190163d-8694-739b-aea5-966c26f8ad91").error().code, ErrorCode::not_found);
  EXPECT_EQ(runtime.cancel("0190163d-8694-739b-aea5-966c26f8ad91").error().code, ErrorCode::not_found);
}

TEST(LeadAgentFacade, ExecutesAWorkflowFromAFile) {
  const Folder folder;
  const auto path = folder.file("simple.yaml");
  std::FILE* file = std::fopen(path.c_str(), "w");
  std::fputs(
      "name: simple\n"
      "agents:\n"
      "  - name: helper\n"
      "    type: custom\n"
      "    endpoint: custom://endpoint\n"
      "tasks:\n"
      "  - name: only\n"
      "    agent_name: helper\n"
      "    action: work\n",
      file);
  std::fclose(file);
  LeadAgent agent({.store = {}, .durability = Durability::memory, .threads = 1});
  std::atomic<int> completed{0};
  agent.attach([&](const RunEvent& event) { completed += event.type == "task_completed" ? 1 : 0; });
  agent.register_kind("custom", [](const AgentRequest& request) { return AgentResponse::ok(JsonObject{{"did", request.action}}); });
  const auto result = agent.execute_workflow_from_file(path);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(to_string(result->status), "completed");
  EXPECT_EQ(result->results.at("only"), (Json(JsonObject{{"did", "work"}})));
  EXPECT_EQ(completed, 1);
  EXPECT_FALSE(agent.execute_workflow_from_file(folder.file("missing.yaml")));
}

}  // namespace
}  // namespace skein
