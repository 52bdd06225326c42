#include <skein/builder.hpp>

#include <gtest/gtest.h>

#include "workflow/definition.hpp"

namespace skein {
namespace {

TEST(Workflows, WhatIsBuiltIsTheDefinition) {
  const auto built = WorkflowBuilder("loop")
                         .task(TaskBuilder("a", "local", "transform")
                                   .parameter("value", "{{ run.id }}")
                                   .approval("Go?", {"ann"})
                                   .retry(7, 0.25)
                                   .compensate("transform", {{"value", 1}}))
                         .edge("start", "a")
                         .edge("a", "a", "{{ a.activations | length < 3 }}", 5)
                         .edge("a", "end")
                         .build();
  ASSERT_TRUE(built) << built.error().message;
  EXPECT_EQ(built->name(), "loop");
  EXPECT_EQ(built->hash().size(), 64U);
  EXPECT_EQ(built->hash(), Workflow::from_document(built->document())->hash());
  const auto& definition = *built->definition();
  ASSERT_EQ(definition.own_tasks, 1U);
  EXPECT_EQ(definition.tasks[0].approval->approvers, std::vector<std::string>{"ann"});
  EXPECT_TRUE(definition.tasks[0].undo);
  EXPECT_EQ(definition.edges.size(), 3U);
}

TEST(Workflows, AreReadFromTextOfBothFormats) {
  const auto yaml = Workflow::from_text("name: w\ntasks: [{name: a, agent_name: local, action: transform, parameters: {value: 1}}]\n");
  ASSERT_TRUE(yaml) << yaml.error().message;
  const auto json = Workflow::from_text(
      R"({"name": "w", "tasks": [{"name": "a", "agent_name": "local", "action": "transform", "parameters": {"value": 1}}]})", "w.json");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(yaml->hash(), json->hash());
}

TEST(Workflows, EveryProblemIsNamedWithItsPlace) {
  const auto broken = Workflow::from_text("name: w\ntasks:\n  - {name: a, agent_name: nobody, action: x, acton: y}\n", "mine.yaml");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::invalid_definition);
  EXPECT_NE(broken.error().message.find("mine.yaml:3:"), std::string::npos) << broken.error().message;
  EXPECT_NE(broken.error().message.find("acton"), std::string::npos) << broken.error().message;
  const auto not_json = Workflow::from_text("{\"name\": ", "w.json");
  ASSERT_FALSE(not_json);
  EXPECT_NE(not_json.error().message.find("w.json:1:"), std::string::npos) << not_json.error().message;
}

}  // namespace
}  // namespace skein
