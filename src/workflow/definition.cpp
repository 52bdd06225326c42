#include "workflow/definition.hpp"

#include <algorithm>

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

void finish_definition(Definition& definition) {
  for (auto& task : definition.tasks) task.dependents.clear();
  definition.task_by_name.clear();
  for (TaskIndex i = 0; i < definition.tasks.size(); ++i) {
    definition.task_by_name.emplace(definition.tasks[i].name, i);
    for (const auto needed : definition.tasks[i].depends_on) definition.tasks[needed].dependents.push_back(i);
  }
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
