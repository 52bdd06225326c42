#include "runtime/run_report.hpp"

#include <ranges>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "workflow/event_codec.hpp"

namespace skein::runtime {

namespace {

AwaitedReport report_of_question(const workflow::Asking& asking) {
  AwaitedReport out;
  const auto& asked = asking.question->get_object();
  out.message = std::string(asked.at("question").get_string());
  auto shape = std::make_shared<const Json>(asked.at("answer"));
  if (const auto* arguments = asked.if_contains("arguments")) {
    out.parameters = std::make_shared<const Json>(*arguments);
    out.tool = std::string(asked.at("tool").get_string());
    out.shape = std::move(shape);
  } else {
    out.answer = std::move(shape);
  }
  if (const auto* to = asked.if_contains("to")) {
    for (const auto& name : to->get_array()) out.approvers.emplace_back(name.get_string());
  }
  if (asking.step.item != workflow::no_item) out.item = asking.step.item;
  out.call = asking.call;
  return out;
}

std::vector<AwaitedReport> awaited(const workflow::RunState& state, workflow::TaskIndex task) {
  AwaitedReport out;
  if (const auto* question = state.question(task)) {
    out.message = question->message;
    out.parameters = question->parameters;
    out.approvers = state.definition().tasks[task].approval->approvers;
    return {out};
  }
  if (const auto open = state.asking(task); !open.empty()) {
    std::vector<AwaitedReport> all;
    for (const auto& asking : open) all.push_back(report_of_question(asking));
    return all;
  }
  out.children = state.awaited_children(task);
  if (!out.children.empty()) return {out};
  out.signal = state.awaited_signal({.task = task});
  if (const auto* items = state.fan_out(task)) {
    for (std::uint32_t item = 0; item < items->next && out.signal.empty(); ++item)
      out.signal = state.awaited_signal({.task = task, .item = item});
  }
  if (out.signal.empty()) return {};
  return {out};
}

Json to_json_value(const AwaitedReport& awaited) {
  JsonObject out;
  if (awaited.item) out["item"] = *awaited.item;
  if (awaited.call > 0) out["call"] = awaited.call;
  const auto names = [&](std::string_view key) {
    if (!awaited.approvers.empty()) out[key] = JsonArray(awaited.approvers.begin(), awaited.approvers.end());
  };
  if (awaited.answer) {
    out["question"] = awaited.message;
    out["answer"] = *awaited.answer;
    names("to");
  } else if (!awaited.children.empty()) {
    auto& runs = out["runs"].emplace_array();
    for (const auto child : awaited.children) runs.emplace_back(child.str());
  } else if (!awaited.signal.empty()) {
    out["signal"] = awaited.signal;
  } else {
    out["approval"] = awaited.message;
    if (!awaited.tool.empty()) out["tool"] = awaited.tool;
    out["parameters"] = *awaited.parameters;
    names("approvers");
  }
  return out;
}

}  // namespace

namespace {

JsonObject to_json_object(const agent::Spend& spent) {
  JsonObject out{{"tokens", spent.tokens}, {"tool_calls", spent.tool_calls}};
  if (spent.nano_dollars > 0) out["cost_usd"] = static_cast<double>(spent.nano_dollars) / 1e9;
  return out;
}

}  // namespace

RunReport report_of(RunId id, const workflow::RunState& state) {
  const auto& definition = state.definition();
  RunReport report{.id = id,
                   .workflow = definition.name,
                   .version = definition.version,
                   .definition_hash = definition.hash,
                   .parent = state.parent(),
                   .attempts_used = state.attempts_used(),
                   .attempts_left = state.attempts_left(),
                   .spent = state.spent(),
                   .status = state.status(),
                   .origin = state.origin(),
                   .origin_task = {},
                   .created = state.created(),
                   .finished = is_final(state.status()) ? std::optional(state.finished()) : std::nullopt,
                   .error = state.error(),
                   .inputs = state.inputs_ptr(),
                   .outputs = state.outputs(),
                   .tasks = {},
                   .undone = {},
                   .not_undone = {}};
  if (report.origin && report.origin->from) report.origin_task = definition.tasks[*report.origin->from].name;
  report.tasks.reserve(definition.tasks.size());
  for (std::size_t i = 0; i < definition.tasks.size(); ++i) {
    const auto& task = definition.tasks[i];
    const auto& now = state.tasks()[i];
    if (task.undoes && now.attempt == 0) continue;
    TaskReport out{.name = task.name,
                   .agent = definition.agents[task.agent].name,
                   .status = now.status,
                   .activations = now.activation,
                   .attempts = now.attempt,
                   .items = {},
                   .awaits = {},
                   .also_awaits = {},
                   .started = {},
                   .ended = {},
                   .due = {},
                   .result = now.result,
                   .metadata = now.metadata,
                   .error = {},
                   .skip_reason = now.skip_reason,
                   .spent = {}};
    if (now.attempt > 0) out.started = now.begun;
    if (is_final(now.status)) out.ended = now.ended;
    const bool waits = now.status == TaskStatus::retrying || now.status == TaskStatus::waiting;
    if (waits && now.due != Instant{}) out.due = now.due;
    if (now.error) out.error = *now.error;
    if (const auto* items = state.fan_out(static_cast<workflow::TaskIndex>(i))) {
      out.items = ItemCounts{.total = static_cast<std::uint32_t>(items->items.size()),
                             .ended = static_cast<std::uint32_t>(items->items.size()) - items->unfinished,
                             .failed = items->failed};
    }
    out.also_awaits = awaited(state, static_cast<workflow::TaskIndex>(i));
    if (!out.also_awaits.empty()) {
      out.awaits = std::move(out.also_awaits.front());
      out.also_awaits.erase(out.also_awaits.begin());
    }
    report.tasks.push_back(std::move(out));
  }
  for (const auto& done : std::views::reverse(state.undoable())) {
    if (done.status == workflow::Undoable::Status::undone) report.undone.push_back(definition.tasks[done.task].name);
  }
  for (const auto& done : state.undoable()) {
    const bool tried = done.status == workflow::Undoable::Status::failed || !report.undone.empty();
    if (tried && done.remains()) report.not_undone.push_back(definition.tasks[done.task].name);
  }
  return report;
}

Json to_json_value(const RunReport& report) {
  JsonObject out;
  out["run_id"] = report.id.str();
  out["workflow"] = report.workflow;
  if (report.parent) out["parent"] = report.parent->str();
  out["version"] = report.version;
  out["status"] = to_string(report.status);
  if (!report.error.empty()) out["error"] = report.error;
  if (report.origin) {
    JsonObject origin{{"kind", workflow::to_string(report.origin->kind)}, {"run_id", report.origin->run}};
    if (!report.origin_task.empty()) origin["from"] = report.origin_task;
    origin["kept_events"] = report.origin->kept;
    out["origin"] = std::move(origin);
  }
  out["created"] = to_rfc3339(report.created);
  if (report.finished) {
    out["finished"] = to_rfc3339(*report.finished);
    out["execution_time"] = std::chrono::duration<double>(*report.finished - report.created).count();
  }
  if (report.attempts_left) out["budget"] = JsonObject{{"attempts_used", report.attempts_used}, {"attempts_left", *report.attempts_left}};
  if (!report.spent.none()) out["spent"] = to_json_object(report.spent);
  if (report.inputs) out["inputs"] = *report.inputs;
  if (report.outputs) out["outputs"] = *report.outputs;
  JsonArray tasks;
  for (const auto& task : report.tasks) {
    JsonObject t;
    t["name"] = task.name;
    t["agent"] = task.agent;
    t["status"] = to_string(task.status);
    if (task.activations != 1) t["activations"] = task.activations;
    t["attempts"] = task.attempts;
    if (task.items) t["items"] = JsonObject{{"total", task.items->total}, {"ended", task.items->ended}, {"failed", task.items->failed}};
    if (task.started) t["started"] = to_rfc3339(*task.started);
    if (task.ended) t["ended"] = to_rfc3339(*task.ended);
    if (task.started && task.ended) t["execution_time"] = std::chrono::duration<double>(*task.ended - *task.started).count();
    if (task.due) t["due"] = to_rfc3339(*task.due);
    if (task.awaits) t["awaits"] = to_json_value(*task.awaits);
    if (!task.also_awaits.empty()) {
      auto& more = t["also_awaits"].emplace_array();
      for (const auto& one : task.also_awaits) more.push_back(to_json_value(one));
    }
    if (task.result) t["result"] = *task.result;
    if (!task.spent.none()) t["spent"] = to_json_object(task.spent);
    if (task.metadata) t["metadata"] = *task.metadata;
    if (task.error) t["error"] = error_to_json(*task.error);
    if (!task.skip_reason.empty()) t["skip_reason"] = task.skip_reason;
    tasks.emplace_back(std::move(t));
  }
  out["tasks"] = std::move(tasks);
  if (!report.undone.empty()) out["undone"] = JsonArray(report.undone.begin(), report.undone.end());
  if (!report.not_undone.empty()) out["not_undone"] = JsonArray(report.not_undone.begin(), report.not_undone.end());
  out["definition_hash"] = report.definition_hash;
  return out;
}

}  // namespace skein::runtime
