#include "runtime/runtime.hpp"

#include <skein/builder.hpp>

#include <gtest/gtest.h>

#include "agent/kinds/kinds.hpp"

namespace skein::runtime {
namespace {

std::unique_ptr<Runtime> in_memory() {
  RuntimeOptions options;
  options.durability = Durability::memory;
  return std::move(Runtime::open(std::move(options)).value());
}

workflow::DefinitionPtr made(const std::string& name, const std::string& kind) {
  return WorkflowBuilder(name)
      .agent(AgentBuilder("mine", kind))
      .task(TaskBuilder("only", "mine", "transform").parameter("value", 1))
      .build()
      .value()
      .definition();
}

JsonPtr no_inputs() { return std::make_shared<const Json>(JsonObject{}); }

void use_custom(Runtime& runtime) {
  const auto answer = [](const AgentRequest&) { return AgentResponse::ok(Json(7)); };
  runtime.register_kind("custom", agent::function_kind(answer, agent::RunFunction::inline_));
}

TEST(Runtime, RunsOfForeignKindsAreGivenBackAndLeftAlone) {
  const auto runtime = in_memory();
  const auto definition = made("theirs", "custom");
  const auto first = runtime->enqueue(definition, no_inputs()).value();
  const auto second = runtime->enqueue(definition, no_inputs()).value();
  const auto ours = runtime->enqueue(made("ours", "local"), no_inputs()).value();

  EXPECT_EQ(runtime->claim_runnable(10).value(), 1U) << "the run that can go on, not those that cannot";
  EXPECT_EQ(runtime->wait(ours)->status, RunStatus::completed);
  const auto epoch = runtime->store().find_run(first)->epoch;
  EXPECT_EQ(runtime->claim_runnable(10).value(), 0U);
  for (const auto run : {first, second}) {
    const auto row = runtime->store().find_run(run).value();
    EXPECT_EQ(row.summary.status, RunStatus::pending);
    EXPECT_EQ(row.last_seq, 1U) << "no event tells of it";
    EXPECT_FALSE(row.owned);
  }
  EXPECT_EQ(runtime->store().find_run(first)->epoch, epoch) << "it was not even claimed";

  use_custom(*runtime);
  EXPECT_EQ(runtime->claim_runnable(10).value(), 2U);
  EXPECT_EQ(runtime->wait(first)->status, RunStatus::completed);
}

TEST(Runtime, ARunOfAnForeignKindKeepsItsMailAndCanBeCancelled) {
  const auto runtime = in_memory();
  const auto run = runtime->enqueue(made("theirs", "custom"), no_inputs()).value();
  ASSERT_TRUE(runtime->signal(run, "go", Json(1)));
  EXPECT_EQ(runtime->store().inbox(run)->size(), 1U);
  EXPECT_FALSE(runtime->store().find_run(run)->owned);
  ASSERT_TRUE(runtime->cancel(run, "nobody has it"));
  const auto report = runtime->wait(run);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->status, RunStatus::cancelled);
  EXPECT_EQ(report->tasks.front().attempts, 0U);
}

TEST(Runtime, AnAgentThatNoTaskUsesMayBeOfAnyKind) {
  const auto runtime = in_memory();
  const auto definition =
      WorkflowBuilder("unused").agent(AgentBuilder("spare", "custom")).task(TaskBuilder("only", "local", "transform")).build().value();
  EXPECT_TRUE(runtime->can_drive(*definition.definition()));
  EXPECT_FALSE(runtime->can_drive(*made("theirs", "custom")));
}

}  // namespace
}  // namespace skein::runtime
