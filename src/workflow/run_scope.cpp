#include "workflow/run_scope.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "workflow/event_codec.hpp"

namespace skein::workflow {
namespace {

const Json null_value;

/// The object `tasks["x"]` and a bare task name stand for.
Json whole_task(const TaskState& task) {
  JsonObject out;
  out["status"] = to_string(task.status);
  out["result"] = task.result ? *task.result : Json();
  out["error"] = task.error ? error_to_json(*task.error) : Json();
  out["attempts"] = task.attempt;
  out["metadata"] = task.metadata ? *task.metadata : Json();
  return out;
}

const Json* put(Json& scratch, Json value) {
  scratch = std::move(value);
  return &scratch;
}

}  // namespace

Result<const Json*> RunScope::task_field(const TaskState& task, std::string_view name, std::string_view field, Json& scratch) const {
  if (!is_final(task.status)) {
    return fail(ErrorCode::expression_failed, fmt::format("task '{}' has not ended yet; add it to depends_on", name));
  }
  if (field.empty()) return put(scratch, whole_task(task));
  if (field == "result") return task.result ? task.result.get() : &null_value;
  if (field == "metadata") return task.metadata ? task.metadata.get() : &null_value;
  if (field == "status") return put(scratch, Json(to_string(task.status)));
  if (field == "attempts") return put(scratch, task.attempt);
  if (field == "error") return task.error ? put(scratch, error_to_json(*task.error)) : &null_value;
  return &null_value;
}

Result<const Json*> RunScope::find(std::string_view head, std::string_view field, Json& scratch) const {
  const auto& definition = state_.definition();
  if (const auto index = definition.find_task(head)) return task_field(state_.tasks()[*index], head, field, scratch);
  const auto* inputs = state_.inputs().if_object();
  if (inputs != nullptr) {
    if (const auto* input = inputs->if_contains(head)) {
      if (field.empty()) return input;
      if (input->is_null()) return &null_value;
      const auto* object = input->if_object();
      if (object == nullptr)
        return fail(ErrorCode::expression_failed, fmt::format("cannot index {} with \"{}\"", type_name(*input), field));
      const auto* member = object->if_contains(field);
      return member != nullptr ? member : &null_value;
    }
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
      return task_field(state_.tasks()[*index], field, {}, scratch);
    }
    JsonObject all;
    for (TaskIndex i = 0; i < definition.tasks.size(); ++i) {
      if (is_final(state_.tasks()[i].status)) all[definition.tasks[i].name] = whole_task(state_.tasks()[i]);
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
