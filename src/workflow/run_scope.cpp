#include "workflow/run_scope.hpp"

#include <algorithm>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "workflow/event_codec.hpp"

namespace skein::workflow {
namespace {

const Json null_value;

/// A member of a value, as in jq: null where it is absent.
Result<const Json*> member_of(const Json& value, std::string_view field) {
  if (field.empty()) return &value;
  if (value.is_null()) return &null_value;
  const auto* object = value.if_object();
  if (object == nullptr) return fail(ErrorCode::expression_failed, fmt::format("cannot index {} with \"{}\"", type_name(value), field));
  const auto* member = object->if_contains(field);
  return member != nullptr ? member : &null_value;
}

const Json* put(Json& scratch, Json value) {
  scratch = std::move(value);
  return &scratch;
}

}  // namespace

/// The object `tasks["x"]` and a bare task name stand for.
Json RunScope::whole_task(TaskIndex index) const {
  const auto& task = state_.tasks()[index];
  JsonObject out;
  out["status"] = to_string(task.status);
  out["result"] = task.result ? *task.result : Json();
  out["error"] = task.error ? error_to_json(*task.error) : Json();
  out["attempts"] = task.attempt;
  out["metadata"] = task.metadata ? *task.metadata : Json();
  if (state_.definition().tasks[index].keeps_activations) out["activations"] = activations_of(index);
  return out;
}

Json RunScope::activations_of(TaskIndex index) const {
  JsonArray out;
  for (const auto& ended : state_.activations(index)) {
    out.push_back(JsonObject{{"status", to_string(ended.status)},
                             {"result", ended.result ? *ended.result : Json()},
                             {"error", ended.error ? error_to_json(*ended.error) : Json()}});
  }
  return out;
}

Result<const Json*> RunScope::task_field(TaskIndex index, std::string_view field, Json& scratch) const {
  const auto& task = state_.tasks()[index];
  const auto& definition = state_.definition().tasks[index];
  // In a graph, a task that runs again is known by its last activation, and one that never ran by nulls.
  if (!is_final(task.status) && !definition.graph) {
    return fail(ErrorCode::expression_failed, fmt::format("task '{}' has not ended yet; add it to depends_on", definition.name));
  }
  if (field.empty()) return put(scratch, whole_task(index));
  if (field == "result") return task.result ? task.result.get() : &null_value;
  if (field == "metadata") return task.metadata ? task.metadata.get() : &null_value;
  if (field == "status") return put(scratch, Json(to_string(task.status)));
  if (field == "attempts") return put(scratch, task.attempt);
  if (field == "error") return task.error ? put(scratch, error_to_json(*task.error)) : &null_value;
  if (field == "activations") return put(scratch, activations_of(index));
  return &null_value;
}

/// For an undo step of a task in a graph: the activation that it undoes.
const ActivationRecord* RunScope::undone_activation(TaskIndex index) const {
  if (!step_ || state_.definition().tasks[step_->task].undoes != index || !state_.definition().tasks[index].graph) return nullptr;
  const auto records = state_.activations(index);
  const auto found = std::ranges::lower_bound(records, state_.tasks()[step_->task].activation, {}, &ActivationRecord::activation);
  return found == records.end() ? nullptr : &*found;
}

Result<const Json*> RunScope::record_field(const ActivationRecord& record, std::string_view field, Json& scratch) {
  if (field == "result") return record.result ? record.result.get() : &null_value;
  if (field == "status") return put(scratch, Json(to_string(record.status)));
  if (field.empty())
    return put(scratch, JsonObject{{"status", to_string(record.status)}, {"result", record.result ? *record.result : Json()}});
  return &null_value;
}

Result<const Json*> RunScope::item_field(std::string_view field) const {
  const auto* items = state_.fan_out(step_->task);
  if (items == nullptr) return fail(ErrorCode::expression_failed, "'item' has a meaning only inside the task with the for_each");
  return member_of(items->list->get_array()[step_->item], field);
}

Result<const Json*> RunScope::find(std::string_view head, std::string_view field, Json& scratch) const {
  const auto& definition = state_.definition();
  if (step_ && step_->item != no_item) {
    if (head == "item") return item_field(field);
    if (head == "index") return put(scratch, Json(step_->item));
  }
  if (const auto index = definition.find_task(head)) {
    if (const auto* undone = undone_activation(*index)) return record_field(*undone, field, scratch);
    return task_field(*index, field, scratch);
  }
  const auto* inputs = state_.inputs().if_object();
  if (inputs != nullptr) {
    if (const auto* input = inputs->if_contains(head)) return member_of(*input, field);
  }
  if (head == "inputs") {
    if (field.empty() || inputs == nullptr) return &state_.inputs();
    const auto* input = inputs->if_contains(field);
    return input != nullptr ? input : &null_value;
  }
  if (head == "tasks") {
    if (!field.empty()) {
      const auto index = definition.find_task(field);
      if (!index) return fail(ErrorCode::expression_failed, fmt::format("there is no task '{}'", field));
      return task_field(*index, {}, scratch);
    }
    JsonObject all;
    for (TaskIndex i = 0; i < definition.own_tasks; ++i) {
      if (is_final(state_.tasks()[i].status)) all[definition.tasks[i].name] = whole_task(i);
    }
    return put(scratch, std::move(all));
  }
  if (head == "run") {
    if (field == "id") return put(scratch, Json(run_id_));
    if (field == "created") return put(scratch, Json(to_rfc3339(state_.created())));
    if (field.empty()) return put(scratch, JsonObject{{"id", run_id_}, {"created", to_rfc3339(state_.created())}});
    return &null_value;
  }
  if (head == "workflow") {
    if (field == "name") return put(scratch, Json(definition.name));
    if (field == "version") return put(scratch, Json(definition.version));
    if (field.empty()) return put(scratch, JsonObject{{"name", definition.name}, {"version", definition.version}});
    return &null_value;
  }
  if (head == "env" || head == "secrets") {
    if (outside_ == nullptr) {
      return fail(ErrorCode::expression_failed,
                  fmt::format("'{}' cannot be used here: a decision or an output must not depend on it", head));
    }
    if (field.empty()) return fail(ErrorCode::expression_failed, fmt::format("name one value, as in {}.NAME", head));
    auto value = head == "env" ? outside_->env(field) : outside_->secret(field);
    if (!value) return std::unexpected(value.error());
    return put(scratch, Json(*value));
  }
  return fail(ErrorCode::expression_failed, fmt::format("there is no task or input '{}'", head));
}

}  // namespace skein::workflow
