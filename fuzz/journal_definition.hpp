#pragma once

#include <memory>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "support/definitions.hpp"

namespace skein::fuzz {

/// A workflow with everything that a journal can speak of: undo, lists, questions, signals, a graph with loops, a budget, an inner
/// workflow.
inline workflow::DefinitionPtr journal_definition() {
  using testing::make_definition;
  auto inner = make_definition({{"work"}});
  inner->name = "inner";
  inner->hash = "i";
  auto made = make_definition(
      {{.name = "a", .undo = JsonObject{{"was", "{{ a.result }}"}}},
       {.name = "b", .needs = {"a"}},
       {.name = "c", .needs = {"a"}, .continue_on_failure = true, .deadline = seconds{5}},
       {.name = "each", .for_each = JsonArray{1, 2, 3}, .max_concurrency = 2, .undo = JsonObject{}},
       {.name = "ask",
        .approval =
            workflow::ApprovalDefinition{.message = workflow::Template::compile("Well?").value(), .approvers = {}, .timeout = seconds{9}}},
       {.name = "hear", .needs = {"b"}},
       {.name = "kids", .for_each = JsonArray{1, 2}},
       {.name = "g0", .undo = JsonObject{}},
       {.name = "g1"},
       {.name = "after", .needs = {"g1", "g0"}, .when = Json("{{ g1.result == 1 }}")}},
      {{.from = "start", .to = "g0"},
       {.from = "g0", .to = "g1"},
       {.from = "g1", .to = "g0", .when = Json("{{ g1.result == 1 }}"), .max_iterations = 3},
       {.from = "g1", .to = "end"}});
  workflow::AgentDefinition pauser = made->agents[0];
  pauser.name = "pauser";
  pauser.kind = "pause";
  workflow::AgentDefinition family = made->agents[0];
  family.name = "family";
  family.kind = "child";
  family.workflow = std::move(inner);
  made->agents.push_back(std::move(pauser));
  made->agents.push_back(std::move(family));
  made->tasks[5].agent = 1;
  made->tasks[5].action = "listen";
  made->tasks[5].parameters = workflow::Template::compile(JsonObject{{"name", "go"}}).value();
  made->tasks[6].agent = 2;
  made->parallel_execution = true;
  made->on_failure = workflow::OnFailure::compensate;
  made->budget.attempts = 40;
  made->hash = "h";
  return made;
}

}  // namespace skein::fuzz
