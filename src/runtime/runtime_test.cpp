#include "runtime/runtime.hpp"

#include <skein/builder.hpp>

#include <gtest/gtest.h>

#include "agent/kinds/kinds.hpp"
#include "support/test_files.hpp"
#include "tool/registry.hpp"

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

class NamedTool final : public tool::Tool {
 public:
  explicit NamedTool(std::string name) {
    spec_.name = std::move(name);
    spec_.parameters = JsonObject{{"type", "object"}};
  }
  [[nodiscard]] const tool::Spec& spec() const override { return spec_; }
  [[nodiscard]] boost::asio::awaitable<tool::Outcome> call(const tool::Call&, const tool::Services&) const override {
    co_return tool::Outcome::ok(Json(1));
  }

 private:
  tool::Spec spec_;
};

TEST(Runtime, RunsWhoseToolsAnotherProgramHasAreLeftToIt) {
  const auto runtime = in_memory();
  const testing::Folder folder;
  const auto script = folder.write("model.json", R"({"answers": [{"text": "done"}]})");
  const auto definition = WorkflowBuilder("thinking")
                              .agent(AgentBuilder("mine", "ai_agent").model("scripted/" + script.string()).tools({"calculator", "shop_*"}))
                              .task(TaskBuilder("only", "mine", "think"))
                              .build()
                              .value()
                              .definition();
  const auto able = runtime->can_drive(*definition);
  ASSERT_FALSE(able);
  EXPECT_EQ(able.error().code, ErrorCode::unsupported);
  EXPECT_NE(able.error().message.find("there is no tool 'shop_*'"), std::string::npos) << able.error().message;
  const auto run = runtime->enqueue(definition, no_inputs()).value();
  EXPECT_EQ(runtime->claim_runnable(10).value(), 0U);
  EXPECT_EQ(runtime->store().find_run(run)->summary.status, RunStatus::pending);

  ASSERT_TRUE(runtime->register_tool(std::make_shared<const NamedTool>("shop_order")));
  EXPECT_TRUE(runtime->can_drive(*definition));
  EXPECT_EQ(runtime->claim_runnable(10).value(), 1U);
  EXPECT_EQ(runtime->wait(run)->status, RunStatus::completed);
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
