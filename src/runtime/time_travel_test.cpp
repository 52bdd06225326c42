#include "runtime/runtime.hpp"

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>

#include <gtest/gtest.h>
#include <skein/builder.hpp>

#include "agent/kinds/kinds.hpp"
#include "base/random.hpp"
#include "config/config.hpp"

namespace skein::runtime {
namespace {

using Drive = Runtime::Drive;

/// An agent that counts its calls by task, and fails those that it is told to fail.
struct Witness {
  void serve(Runtime& runtime) {
    runtime.register_kind("custom", agent::function_kind(
                                        [this](const AgentRequest& request) {
                                          const std::lock_guard lock(mutex);
                                          const std::string task(request.task);
                                          ++calls[task];
                                          keys[task] = request.idempotency_key;
                                          if (broken.contains(task)) return AgentResponse::failed(failure());
                                          const auto* value = request.parameters->get_object().if_contains("value");
                                          return AgentResponse::ok(value != nullptr ? *value : Json(task));
                                        },
                                        agent::RunFunction::inline_));
  }
  static Error failure() {
    return {.code = ErrorCode::invalid_argument, .message = "it broke", .context = {}, .retryable = false, .retry_after = {}};
  }
  std::mutex mutex;
  std::map<std::string, int> calls;
  std::map<std::string, std::string> keys;
  std::set<std::string> broken;
};

std::unique_ptr<Runtime> open(const std::string& path = {}) {
  RuntimeOptions options;
  options.store_path = path;
  options.durability = path.empty() ? Durability::memory : Durability::normal;
  return std::move(Runtime::open(std::move(options)).value());
}

workflow::DefinitionPtr three() {
  auto built = WorkflowBuilder("three")
                   .agent(AgentBuilder("mine", "custom"))
                   .input("city", JsonObject{{"type", "string"}, {"default", "Lima"}})
                   .input("days", JsonObject{{"type", "integer"}, {"default", 1}})
                   .task(TaskBuilder("one", "mine", "do").parameter("value", "{{inputs.city}}"))
                   .task(TaskBuilder("two", "mine", "do").parameter("value", "{{one.result}} {{inputs.days}}").after("one"))
                   .task(TaskBuilder("three", "mine", "do").parameter("value", "{{two.result}}!").after("two"))
                   .output("text", "{{three.result}}")
                   .build();
  if (!built) throw std::runtime_error(built.error().message);
  return built->definition();
}

JsonPtr inputs_of(const workflow::Definition& definition) {
  return std::make_shared<const Json>(config::check_inputs(definition, {}).value());
}

std::string text_of(const Result<RunReport>& report) { return to_json(*report.value().outputs); }

class TimeTravelTest : public ::testing::Test {
 protected:
  void SetUp() override { witness.serve(*runtime); }
  RunId run() {
    const auto definition = three();
    const auto id = runtime->start(definition, inputs_of(*definition)).value();
    status = runtime->wait(id)->status;
    return id;
  }
  std::string refusal(const Result<RunId>& result) {
    EXPECT_FALSE(result);
    return result ? std::string() : result.error().message;
  }

  Witness witness;
  std::unique_ptr<Runtime> runtime = open();
  RunStatus status = RunStatus::pending;
};

TEST_F(TimeTravelTest, ARetryCallsNothingThatCompletedAgain) {
  witness.broken = {"two"};
  const auto old = run();
  ASSERT_EQ(status, RunStatus::failed);
  const auto before = to_json(to_json_value(runtime->report(old).value()));
  const auto old_key = witness.keys["two"];
  witness.broken.clear();
  const auto next = runtime->retry(old, {}, Drive::here);
  ASSERT_TRUE(next) << next.error().message;
  const auto report = runtime->wait(*next);
  EXPECT_EQ(report->status, RunStatus::completed);
  EXPECT_EQ(text_of(report), R"({"text":"Lima 1!"})");
  EXPECT_EQ(witness.calls, (std::map<std::string, int>{{"one", 1}, {"two", 2}, {"three", 1}}));
  EXPECT_EQ(witness.keys["two"], next->str() + ":two:1") << "another run, another key";
  EXPECT_NE(old_key, witness.keys["two"]);
  EXPECT_EQ(to_json(to_json_value(runtime->report(old).value())), before) << "the old run stays as it is";
  EXPECT_EQ(runtime->store().find_run(*next)->summary.tasks_completed, 3U);
  EXPECT_EQ(to_json_value(*report).at("origin"), Json(JsonObject{{"kind", "retry"}, {"run_id", old.str()}, {"kept_events", 2}}));
}

TEST_F(TimeTravelTest, ARetryThatWaitsIsClaimedLater) {
  witness.broken = {"three"};
  const auto old = run();
  witness.broken.clear();
  const auto next = runtime->retry(old, "two", Drive::later).value();
  const auto row = runtime->store().find_run(next).value();
  EXPECT_FALSE(row.owned);
  EXPECT_EQ(row.summary.status, RunStatus::pending) << "nobody has begun it";
  EXPECT_EQ(row.summary.tasks_completed, 1U);
  EXPECT_EQ(row.last_seq, 3U);
  EXPECT_EQ(runtime->claim_runnable(10).value(), 1U);
  EXPECT_EQ(runtime->wait(next)->status, RunStatus::completed);
  EXPECT_EQ(witness.calls, (std::map<std::string, int>{{"one", 1}, {"two", 2}, {"three", 2}}));
}

workflow::DefinitionPtr booking() {
  auto built = WorkflowBuilder("booking")
                   .agent(AgentBuilder("mine", "custom"))
                   .task(TaskBuilder("room", "mine", "do").compensate("undo"))
                   .task(TaskBuilder("car", "mine", "do").after("room").compensate("undo"))
                   .task(TaskBuilder("pay", "mine", "do").after("car"))
                   .build();
  if (!built) throw std::runtime_error(built.error().message);
  return built->definition();
}

TEST_F(TimeTravelTest, WhatARetryKeepsIsUndoneByItAlone) {
  witness.broken = {"pay"};
  const auto definition = booking();
  const auto old = runtime->start(definition, inputs_of(*definition)).value();
  ASSERT_EQ(runtime->wait(old)->status, RunStatus::failed);
  const auto next = runtime->retry(old, "car", Drive::here).value();
  ASSERT_EQ(runtime->wait(next)->status, RunStatus::failed);
  EXPECT_EQ(refusal(runtime->retry(old, {}, Drive::here)),
            "run " + old.str() + " was retried before, as run " + next.str() +
                ", which has kept 'room' and would undo it; go on with that one: skein retry " + next.str());

  ASSERT_TRUE(runtime->compensate(old, "not wanted"));
  const auto report = runtime->wait(old);
  EXPECT_EQ(report->undone, std::vector<std::string>{"car"}) << "the retry did that again, and kept the room";
  EXPECT_EQ(report->not_undone, std::vector<std::string>{});
  EXPECT_EQ(report->error, "Task 'pay' failed: it broke");
  EXPECT_EQ(witness.calls["room/undo"], 0);
  const auto again = runtime->compensate(old, "not wanted");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message, "what is not undone of the run belongs to run " + next.str() +
                                       ", which was made from it; undo that one: skein compensate " + next.str());

  ASSERT_TRUE(runtime->compensate(next, "not wanted"));
  EXPECT_EQ(runtime->wait(next)->undone, (std::vector<std::string>{"car", "room"}));
  EXPECT_EQ(witness.calls["room/undo"], 1);
  EXPECT_EQ(witness.calls["car/undo"], 2);
  EXPECT_TRUE(runtime->retry(next, {}, Drive::later)) << "it begins from what was undone";
}

TEST_F(TimeTravelTest, OneThatKeepsNothingThatCanBeUndoneIsNoneTheWiser) {
  witness.broken = {"room"};
  const auto definition = booking();
  const auto old = runtime->start(definition, inputs_of(*definition)).value();
  ASSERT_EQ(runtime->wait(old)->status, RunStatus::failed);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(runtime->wait(runtime->retry(old, {}, Drive::here).value())->status, RunStatus::failed);
}

TEST_F(TimeTravelTest, AForkGoesAnotherWay) {
  const auto old = run();
  ASSERT_EQ(status, RunStatus::completed);
  const auto fork = [&](std::string_view from, ForkChanges changes) { return runtime->fork(old, from, changes, Drive::here); };
  EXPECT_EQ(text_of(runtime->wait(fork("two", {.set = {{"value", "fresh"}}, .inputs = {}}).value())), R"({"text":"fresh!"})");
  EXPECT_EQ(text_of(runtime->wait(fork("two", {.set = {}, .inputs = {{"days", 7}}}).value())), R"({"text":"Lima 7!"})");
  EXPECT_EQ(witness.calls, (std::map<std::string, int>{{"one", 1}, {"two", 3}, {"three", 3}}));
  EXPECT_NE(refusal(fork("two", {.set = {}, .inputs = {{"city", "Oslo"}}})).find("task 'one' is kept"), std::string::npos);
  EXPECT_NE(refusal(fork("two", {.set = {}, .inputs = {{"days", "x"}}})).find("'days'"), std::string::npos);
  EXPECT_NE(refusal(fork("two", {.set = {{"vlue", 1}}, .inputs = {}})).find("did you mean 'value'"), std::string::npos);
  EXPECT_NE(refusal(fork("tow", {})).find("did you mean 'two'"), std::string::npos);
  EXPECT_NE(refusal(fork("x", {})).find("it has one, two and three"), std::string::npos);
}

TEST_F(TimeTravelTest, WhatCannotBeIsRefusedAndLeavesNothing) {
  const auto old = run();
  EXPECT_NE(refusal(runtime->retry(old, {}, Drive::here)).find("completed; name the task"), std::string::npos);
  EXPECT_NE(refusal(runtime->retry(old, "x", Drive::here)).find("no task 'x'"), std::string::npos);
  EXPECT_FALSE(runtime->retry(runtime->new_run_id(), {}, Drive::here));
  EXPECT_FALSE(runtime->fork(runtime->new_run_id(), "one", {}, Drive::here));
  const auto waiting = runtime->enqueue(three(), inputs_of(*three())).value();
  EXPECT_NE(refusal(runtime->retry(waiting, {}, Drive::here)).find("has not ended"), std::string::npos);
  EXPECT_EQ(runtime->store().list_runs({})->size(), 2U);
}

TEST_F(TimeTravelTest, KnownSecretsAreNotJournaled) {
  runtime->known_secrets().add("swordfish");
  const auto next = runtime->fork(run(), "three", {.set = {{"value", "the swordfish"}}, .inputs = {}}, Drive::here).value();
  EXPECT_EQ(text_of(runtime->wait(next)), R"({"text":"the [redacted]"})");
}

TEST_F(TimeTravelTest, ItHasItsTurnAmongTheRunsOfItsKey) {
  const auto loaded = config::load_workflow_text(R"({"name": "one_at_a_time", "concurrency": {"limit": 1},
    "agents": [{"name": "mine", "type": "custom"}], "tasks": [{"name": "one", "agent_name": "mine", "action": "do"}]})",
                                                 "one.json", config::Format::json);
  ASSERT_TRUE(loaded) << config::to_string(loaded.error().front());
  const auto definition = loaded->definition;
  witness.broken = {"one"};
  const auto old = runtime->start(definition, std::make_shared<const Json>(JsonObject{})).value();
  ASSERT_EQ(runtime->wait(old)->status, RunStatus::failed);
  witness.broken.clear();
  EXPECT_EQ(runtime->wait(runtime->retry(old, {}, Drive::here).value())->status, RunStatus::completed);
  const auto first = runtime->retry(old, {}, Drive::later).value();
  const auto second = runtime->retry(old, {}, Drive::later).value();
  EXPECT_FALSE(runtime->store().find_run(first)->queued);
  EXPECT_TRUE(runtime->store().find_run(second)->queued);
}

/// A store in a file, and payloads that are kept beside the journal.
TEST(TimeTravel, LargePayloadsOutliveTheOldRun) {
  SystemRandom random;
  const auto folder = std::filesystem::temp_directory_path() / ("skein-test-" + Uuid::make(SystemClock{}.now(), random).str());
  std::filesystem::create_directories(folder);
  Witness witness;
  {
    const auto runtime = open((folder / "skein.db").string());
    witness.serve(*runtime);
    witness.broken = {"three"};
    const auto definition = three();
    const auto inputs = std::make_shared<const Json>(JsonObject{{"city", std::string(100'000, 'x')}, {"days", 1}});
    const auto old = runtime->start(definition, inputs).value();
    ASSERT_EQ(runtime->wait(old)->status, RunStatus::failed);
    const auto next = runtime->retry(old, {}, Drive::later).value();
    ASSERT_EQ(runtime->store().prune({.finished_before = runtime->clock().now() + seconds{1}, .status = {}, .dry_run = false})->runs, 1U);
    const auto report = runtime->report(next);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->tasks[0].result->get_string().size(), 100'000U);
    witness.broken.clear();
    ASSERT_TRUE(runtime->resume(next));
    EXPECT_EQ(runtime->wait(next)->status, RunStatus::completed);
  }
  std::filesystem::remove_all(folder);
}

TEST(TimeTravel, ForkingNeedsTheKindsOnlyWhereItIsDriven) {
  const auto runtime = open();
  const auto id = runtime->enqueue(three(), inputs_of(*three())).value();
  EXPECT_EQ(runtime->fork(id, "one", {}, Drive::here).error().code, ErrorCode::unsupported);
  EXPECT_TRUE(runtime->fork(id, "one", {}, Drive::later));
}

}  // namespace
}  // namespace skein::runtime
