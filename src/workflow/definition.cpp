#include "workflow/definition.hpp"

#include <algorithm>
#include <numeric>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/hash.hpp"

namespace skein::workflow {
namespace {

/// Keys sorted at every level, so that the hash depends on what a file says and not on its order.
Json canonical(const Json& value) {  // NOLINT(misc-no-recursion): depth is bounded by max_json_depth
  if (const auto* array = value.if_array()) {
    JsonArray out;
    out.reserve(array->size());
    for (const auto& item : *array) out.push_back(canonical(item));
    return out;
  }
  if (const auto* object = value.if_object()) {
    std::vector<std::string_view> keys;
    keys.reserve(object->size());
    for (const auto& member : *object) keys.push_back(member.key());
    std::ranges::sort(keys);
    JsonObject out;
    out.reserve(object->size());
    for (const auto key : keys) out.emplace(key, canonical(object->at(key)));
    return out;
  }
  return value;
}

}  // namespace

std::optional<TaskIndex> Definition::find_task(std::string_view task_name) const {
  const auto it = task_by_name.find(task_name);
  if (it == task_by_name.end()) return std::nullopt;
  return it->second;
}

const resilience::RetryPolicy& Definition::retry_of(TaskIndex task) const {
  const auto& t = tasks[task];
  return t.retry ? *t.retry : agents[t.agent].retry;
}

const RetryOn& Definition::retry_on_of(TaskIndex task) const {
  const auto& t = tasks[task];
  return t.retry_on ? *t.retry_on : agents[t.agent].retry_on;
}

microseconds Definition::timeout_of(TaskIndex task) const {
  const auto& t = tasks[task];
  return t.timeout.value_or(agents[t.agent].timeout);
}

std::uint32_t Definition::max_concurrency_of(TaskIndex task) const {
  if (tasks[task].max_concurrency > 0) return tasks[task].max_concurrency;
  return parallel_execution ? default_max_concurrency : 1;
}

namespace {

/// Tasks that edges connect, directly or not, are one graph.
void find_graphs(Definition& definition) {
  auto& tasks = definition.tasks;
  std::vector<TaskIndex> leader(tasks.size());
  std::iota(leader.begin(), leader.end(), TaskIndex{0});
  const auto leader_of = [&](TaskIndex task) {
    while (leader[task] != task) task = leader[task] = leader[leader[task]];
    return task;
  };
  std::vector<bool> touched(tasks.size());
  for (EdgeIndex i = 0; i < definition.edges.size(); ++i) {
    const auto& edge = definition.edges[i];
    if (edge.from) {
      touched[*edge.from] = true;
      tasks[*edge.from].edges.push_back(i);
    }
    if (edge.to) {
      touched[*edge.to] = true;
      tasks[*edge.to].entered_by_edges = true;
    }
    if (edge.from && edge.to) leader[leader_of(*edge.from)] = leader_of(*edge.to);
  }
  std::map<TaskIndex, GraphIndex> graphs;
  for (TaskIndex i = 0; i < tasks.size(); ++i) {
    if (!touched[i]) continue;
    const auto [it, added] = graphs.try_emplace(leader_of(i), static_cast<GraphIndex>(definition.graphs.size()));
    if (added) definition.graphs.emplace_back();
    definition.graphs[it->second].tasks.push_back(i);
    tasks[i].graph = it->second;
  }
}

/// Whether any template of the definition may look at the earlier activations of a task.
bool asks_for_activations(const Definition& definition) {
  const auto asks = [](const Template& text) {
    return std::ranges::any_of(text.references(), [](const TemplateReference& use) {
      return use.reference.field == "activations" || use.reference.head == "tasks" || use.reference.field.empty();
    });
  };
  const auto asks_maybe = [&](const std::optional<Template>& text) { return text && asks(*text); };
  return std::ranges::any_of(
             definition.tasks,
             [&](const TaskDefinition& task) { return asks(task.parameters) || asks_maybe(task.when) || asks_maybe(task.for_each); }) ||
         std::ranges::any_of(definition.edges, [&](const EdgeDefinition& edge) { return asks_maybe(edge.when); }) ||
         std::ranges::any_of(definition.outputs, [&](const OutputDefinition& output) { return asks(output.value); });
}

}  // namespace

void finish_definition(Definition& definition) {
  for (auto& task : definition.tasks) {
    task.dependents.clear();
    task.edges.clear();
    task.graph.reset();
    task.undo.reset();
    task.entered_by_edges = false;
  }
  definition.task_by_name.clear();
  definition.graphs.clear();
  definition.own_tasks = 0;
  for (TaskIndex i = 0; i < definition.tasks.size(); ++i) {
    definition.task_by_name.emplace(definition.tasks[i].name, i);
    for (const auto needed : definition.tasks[i].depends_on) definition.tasks[needed].dependents.push_back(i);
    const auto& undoes = definition.tasks[i].undoes;
    if (undoes) definition.tasks[*undoes].undo = i;
    if (!undoes) ++definition.own_tasks;
  }
  find_graphs(definition);
  const bool keeps = !definition.edges.empty() && asks_for_activations(definition);
  for (auto& task : definition.tasks) task.keeps_activations = task.graph && (keeps || task.undo);
  definition.document_text = to_json(definition.document);
  definition.hash = sha256_hex(to_json(canonical(definition.document)));
}

std::string_view to_string(FailureStrategy strategy) noexcept {
  switch (strategy) {
    case FailureStrategy::stop_on_first_failure: return "stop_on_first_failure";
    case FailureStrategy::continue_on_failure: return "continue_on_failure";
    case FailureStrategy::partial_completion_allowed: return "partial_completion_allowed";
  }
  return "";
}

std::string_view to_string(AuthenticationType type) noexcept {
  switch (type) {
    case AuthenticationType::bearer: return "bearer";
    case AuthenticationType::api_key: return "api_key";
    case AuthenticationType::basic: return "basic";
  }
  return "";
}

}  // namespace skein::workflow
