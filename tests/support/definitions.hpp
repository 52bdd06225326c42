#pragma once

#include <algorithm>
#include <memory>
#include <optional>
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
  Json when = nullptr;
  Json for_each = nullptr;
  std::uint32_t max_concurrency = 0;
  std::optional<microseconds> deadline = {};
  std::optional<workflow::ApprovalDefinition> approval = {};
  Json undo = nullptr;  ///< the parameters of a step that undoes it, with the action "undo"; null: none
};

/// `from` and `to` may be "start" and "end".
struct EdgeSpec {
  std::string from;
  std::string to;
  Json when = nullptr;
  std::optional<std::uint32_t> max_iterations = {};
};

/// A definition whose tasks all use one agent, "worker" of kind "test".
inline std::shared_ptr<workflow::Definition> make_definition(const std::vector<TaskSpec>& specs, const std::vector<EdgeSpec>& edges = {}) {
  const auto template_of = [](const Json& source) -> std::optional<workflow::Template> {
    if (source.is_null()) return std::nullopt;
    return workflow::Template::compile(source).value();
  };
  const auto index_of = [&](const std::string& name) -> std::optional<workflow::TaskIndex> {
    const auto found = std::ranges::find(specs, name, &TaskSpec::name);
    if (found == specs.end()) return std::nullopt;
    return static_cast<workflow::TaskIndex>(found - specs.begin());
  };
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
    for (const auto& need : spec.needs) task.depends_on.push_back(index_of(need).value());
    task.when = template_of(spec.when);
    task.for_each = template_of(spec.for_each);
    task.max_concurrency = spec.max_concurrency;
    task.deadline = spec.deadline;
    task.approval = spec.approval;
    definition->tasks.push_back(std::move(task));
  }
  for (workflow::TaskIndex i = 0; i < specs.size(); ++i) {
    if (specs[i].undo.is_null()) continue;
    workflow::TaskDefinition step;
    step.name = specs[i].name + "/undo";
    step.action = "undo";
    step.parameters = workflow::Template::compile(specs[i].undo).value();
    step.undoes = i;
    definition->tasks.push_back(std::move(step));
  }
  for (const auto& edge : edges) {
    definition->edges.push_back(
        {.from = index_of(edge.from), .to = index_of(edge.to), .when = template_of(edge.when), .max_iterations = edge.max_iterations});
  }
  workflow::finish_definition(*definition);
  return definition;
}

}  // namespace skein::testing
