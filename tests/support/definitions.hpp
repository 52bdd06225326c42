#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "workflow/definition.hpp"

namespace skein::testing {

struct TaskSpec {
  std::string name;
  std::vector<std::string> needs = {};
  bool continue_on_failure = false;
  std::string action = "work";
  Json parameters = JsonObject{};
  bool effect = false;
};

/// A definition whose tasks all use one agent, "worker" of kind "test".
inline std::shared_ptr<workflow::Definition> make_definition(const std::vector<TaskSpec>& specs) {
  auto definition = std::make_shared<workflow::Definition>();
  definition->name = "test";
  definition->document = JsonObject{{"name", "test"}, {"tasks", specs.size()}};
  workflow::AgentDefinition agent;
  agent.name = "worker";
  agent.kind = "test";
  agent.retry = {.max_attempts = 3, .initial_delay = seconds{1}, .max_delay = seconds{60}, .exponential_base = 2.0, .jitter = false};
  definition->agents.push_back(std::move(agent));
  for (const auto& spec : specs) {
    workflow::TaskDefinition task;
    task.name = spec.name;
    task.action = spec.action;
    task.continue_on_failure = spec.continue_on_failure;
    task.effect = spec.effect;
    auto parameters = workflow::Template::compile(spec.parameters);
    task.parameters = std::move(parameters.value());
    for (const auto& need : spec.needs) {
      const auto found = std::ranges::find(specs, need, &TaskSpec::name);
      task.depends_on.push_back(static_cast<workflow::TaskIndex>(found - specs.begin()));
    }
    definition->tasks.push_back(std::move(task));
  }
  workflow::finish_definition(*definition);
  return definition;
}

}  // namespace skein::testing
