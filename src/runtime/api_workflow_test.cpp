#include <skein/workflow.hpp>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "workflow/definition.hpp"

namespace skein {
namespace {

Json parsed(std::string_view text) { return parse_json(text).value(); }

TEST(Builders, AnAgentSaysWhatAFileWouldSay) {
  EXPECT_EQ(Json(AgentBuilder("api", "http_api")
                     .endpoint("http://localhost:1")
                     .timeout(2.5)
                     .bearer("{{secrets.TOKEN}}")
                     .retry(4, 0.5)
                     .circuit_breaker(3)
                     .set("description", "a service")
                     .document()),
            parsed(R"({"name": "api", "type": "http_api", "endpoint": "http://localhost:1", "timeout": 2.5,
                       "authentication": {"type": "bearer", "token": "{{secrets.TOKEN}}"},
                       "retry_config": {"max_attempts": 4, "initial_delay": 0.5},
                       "circuit_breaker": {"failure_threshold": 3, "recovery_timeout": 60.0},
                       "description": "a service"})"));
  EXPECT_EQ(AgentBuilder("a", "http_api").api_key("k").document().at("authentication"),
            parsed(R"({"type": "api_key", "key": "k", "header": "X-API-Key"})"));
  EXPECT_EQ(AgentBuilder("a", "http_api").basic("me", "pass").document().at("authentication"),
            parsed(R"({"type": "basic", "username": "me", "password": "pass"})"));
}

TEST(Builders, ATaskSaysWhatAFileWouldSay) {
  EXPECT_EQ(Json(TaskBuilder("t", "a", "do")
                     .parameters({{"x", 1}})
                     .parameter("y", 2)
                     .after({"p", "q"})
                     .after("r")
                     .timeout(1.5)
                     .deadline(60)
                     .when("{{ p.result }}")
                     .for_each("{{ q.result }}", 3)
                     .approval("Go?", {"ann", "bob"})
                     .compensate("undo", {{"z", 3}}, "b")
                     .retry(2)
                     .continue_on_failure()
                     .effect()
                     .document()),
            parsed(R"({"name": "t", "agent_name": "a", "action": "do", "parameters": {"x": 1, "y": 2}, "depends_on": ["p", "q", "r"],
                       "timeout": 1.5, "deadline": 60.0, "when": "{{ p.result }}", "for_each": "{{ q.result }}", "max_concurrency": 3,
                       "approval": {"message": "Go?", "approvers": ["ann", "bob"]},
                       "compensate": {"action": "undo", "parameters": {"z": 3}, "agent_name": "b"},
                       "retry_config": {"max_attempts": 2, "initial_delay": 1.0}, "continue_on_failure": true, "effect": true})"));
  EXPECT_EQ(Json(TaskBuilder("t", "a", "do").for_each(JsonArray{1}).approval("Go?").compensate("undo").effect(false).document()),
            parsed(R"({"name": "t", "agent_name": "a", "action": "do", "for_each": [1], "approval": {"message": "Go?"},
                       "compensate": {"action": "undo"}, "effect": false})"));
}

TEST(Builders, AWorkflowSaysWhatAFileWouldSay) {
  EXPECT_EQ(Json(WorkflowBuilder("w")
                     .parallel(4)
                     .failure_strategy("continue_on_failure")
                     .global_timeout(30)
                     .compensate_on_failure()
                     .input("n", "integer")
                     .agent(AgentBuilder("glue", "local"))
                     .task(TaskBuilder("a", "glue", "transform"))
                     .edge("start", "a")
                     .edge("a", "a", "{{ a.result == 1 }}", 5)
                     .output("o", "{{ a.result }}")
                     .document()),
            parsed(R"({"name": "w", "parallel_execution": true, "max_parallel_tasks": 4, "failure_strategy": "continue_on_failure",
                       "global_timeout": 30.0, "on_failure": "compensate", "inputs": {"n": "integer"},
                       "agents": [{"name": "glue", "type": "local"}],
                       "tasks": [{"name": "a", "agent_name": "glue", "action": "transform"}],
                       "edges": [{"from": "start", "to": "a"},
                                 {"from": "a", "to": "a", "when": "{{ a.result == 1 }}", "max_iterations": 5}],
                       "outputs": {"o": "{{ a.result }}"}})"));
  EXPECT_FALSE(WorkflowBuilder("w").parallel().document().contains("max_parallel_tasks"));
}

TEST(Builders, WhatIsBuiltIsTheDefinition) {
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
