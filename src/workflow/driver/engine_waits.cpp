#include <algorithm>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/json_schema.hpp"
#include "base/log.hpp"
#include "workflow/driver/active_run.hpp"

// People and signals: questions before tasks, and what others write to a run's inbox.
namespace skein::workflow {
namespace {

std::string text_in(const JsonObject& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string{};
}

Error rejected(std::string message) {
  return Error{.code = ErrorCode::rejected, .message = std::move(message), .context = {}, .retryable = false, .retry_after = {}};
}

/// Whether a word is meant for this question.
bool is_for(const Asking& asked, const JsonObject& payload) {
  const auto* item = payload.if_contains("item");
  const auto* call = payload.if_contains("call");
  return (item == nullptr || *item == Json(asked.step.item)) && (call == nullptr || *call == Json(asked.call));
}

/// Why somebody's word on what a call asks does not count; empty where it does. `value`: null where they refuse.
std::string objection(const Json& question, const Json* value, std::string_view by) {
  if (const auto* to = at_pointer(question, "/to"); to != nullptr && to->is_array()) {
    if (std::ranges::find(to->get_array(), Json(by)) == to->get_array().end()) return "this person was not asked";
  }
  const auto* schema = at_pointer(question, "/answer");
  if (value == nullptr || schema == nullptr) return {};
  const auto wrong = schema_violations(agent::asks_approval(question) ? "arguments" : "the answer", *schema, *value);
  return wrong.empty() ? std::string{} : wrong.front();
}

}  // namespace

void Engine::fold_mail(ActiveRun& run, std::vector<Event>& events) {
  for (auto& message : std::exchange(run.mail, {})) {
    run.read_mail.push_back(message.id);
    fold_message(run, message, events);
  }
}

void Engine::fold_message(ActiveRun& run, const store::InboxMessage& message, std::vector<Event>& events) {
  const auto parsed = parse_json(message.payload);
  const JsonObject none;
  const auto& payload = parsed && parsed->is_object() ? parsed->get_object() : none;
  if (message.kind == "cancel") {
    auto reason = text_in(payload, "reason");
    if (reason.empty()) reason = "cancelled";
    fold(run, StopRequested{.reason = StopReason::cancelled, .message = services_.secrets.redact(reason)}, events);
  } else if (message.kind == "ended") {
    fold_end_of_child(run, payload, events);
  } else if (message.kind == "answer") {
    fold_word(run, payload, events);
  } else if (message.kind == "signal" && !is_signal_of_end(text_in(payload, "name")) && !is_signal_of_answer(text_in(payload, "name"))) {
    const auto* value = payload.if_contains("payload");
    Json given = value != nullptr ? *value : Json();
    services_.secrets.redact(given);
    fold(run, SignalReceived{.name = text_in(payload, "name"), .payload = std::make_shared<const Json>(std::move(given))}, events);
  } else if (message.kind == "approve" || message.kind == "reject") {
    fold_answer(run, message, payload, events);
  } else {
    log::warning("a run's inbox holds a message of an unknown kind; it is dropped",
                 {{"run", Json(run.id_text)}, {"kind", Json(message.kind)}});
  }
}

/// A person's word on a task. One that comes too late or from somebody who was not asked changes nothing.
void Engine::fold_answer(ActiveRun& run, const store::InboxMessage& message, const JsonObject& payload, std::vector<Event>& events) {
  const auto& definition = run.state.definition();
  const auto name = text_in(payload, "task");
  const auto by = text_in(payload, "by");
  const auto index = definition.find_task(name);
  const auto refuse = [&](std::string_view why) {
    log::warning("an answer to a question is dropped",
                 {{"run", Json(run.id_text)}, {"task", Json(name)}, {"by", Json(by)}, {"why", Json(why)}});
  };
  if (index && run.state.question(*index) == nullptr) return fold_verdict(run, *index, message, payload, events);
  if (!index || run.state.stopping()) return refuse("the task does not wait for an answer");
  const auto& approvers = definition.tasks[*index].approval->approvers;
  if (!approvers.empty() && std::ranges::find(approvers, by) == approvers.end()) return refuse("this person was not asked");
  const auto activation = run.state.tasks()[*index].activation;
  auto comment = services_.secrets.redact(text_in(payload, "comment"));
  if (message.kind == "reject") {
    auto error = rejected(fmt::format("rejected by {}{}{}", by.empty() ? "somebody" : by, comment.empty() ? "" : ": ", comment));
    fold(run,
         ApprovalRejected{.task = *index, .activation = activation, .by = by, .comment = std::move(comment), .error = std::move(error)},
         events);
    return;
  }
  JsonPtr set;
  if (const auto* given = payload.if_contains("set"); given != nullptr && given->is_object() && !given->get_object().empty()) {
    Json changed = *given;
    services_.secrets.redact(changed);
    set = std::make_shared<const Json>(std::move(changed));
  }
  fold(run, ApprovalGiven{.task = *index, .activation = activation, .by = by, .comment = std::move(comment), .set = std::move(set)},
       events);
}

/// Yes or no to a call that asks before it is made, or no to any question of a call.
void Engine::fold_verdict(ActiveRun& run, TaskIndex task, const store::InboxMessage& message, const JsonObject& payload,
                          std::vector<Event>& events) {
  const bool yes = message.kind == "approve";
  const auto by = text_in(payload, "by");
  const auto refuse = [&](std::string_view why) {
    log::warning("an answer to a question is dropped",
                 {{"run", Json(run.id_text)}, {"task", Json(text_in(payload, "task"))}, {"by", Json(by)}, {"why", Json(why)}});
  };
  const auto open = run.state.asking(task);
  const auto asked = std::ranges::find_if(
      open, [&](const Asking& one) { return one.call > 0 && is_for(one, payload) && (!yes || agent::asks_approval(*one.question)); });
  if (asked == open.end()) return refuse("the task does not wait for an answer");
  JsonObject word{{"by", by}};
  if (yes) {
    auto& value = word["value"] = *at_pointer(*asked->question, "/arguments");
    if (const auto* set = payload.if_contains("set"); set != nullptr && set->is_object() && value.is_object()) {
      for (const auto& [key, changed] : set->get_object()) value.get_object()[key] = changed;
    }
  } else {
    word["rejected"] = true;
  }
  if (const auto why = objection(*asked->question, word.if_contains("value"), by); !why.empty()) return refuse(why);
  if (auto comment = text_in(payload, "comment"); !comment.empty()) word["comment"] = comment;
  answer_question(run, *asked, std::move(word), events);
}

/// A person's answer to what a step or a call of it asks. One that comes too late, from somebody else or in another shape changes nothing.
void Engine::fold_word(ActiveRun& run, const JsonObject& payload, std::vector<Event>& events) {
  const auto name = text_in(payload, "task");
  const auto by = text_in(payload, "by");
  const auto refuse = [&](std::string_view why) {
    log::warning("an answer is dropped", {{"run", Json(run.id_text)}, {"task", Json(name)}, {"by", Json(by)}, {"why", Json(why)}});
  };
  const auto index = run.state.definition().find_task(name);
  const auto open = index ? run.state.asking(*index) : std::vector<Asking>{};
  const auto asked = std::ranges::find_if(open, [&](const Asking& one) {
    return is_for(one, payload) && (one.call > 0 || !run.state.next_signal(run.state.awaited_signal(one.step)));
  });
  if (asked == open.end()) return refuse("the task does not wait for an answer");
  const auto* given = payload.if_contains("value");
  Json value = given != nullptr ? *given : Json();
  if (asked->call > 0) {
    if (const auto why = objection(*asked->question, &value, by); !why.empty()) return refuse(why);
    JsonObject word{{"value", std::move(value)}, {"by", by}};
    if (auto comment = text_in(payload, "comment"); !comment.empty()) word["comment"] = comment;
    return answer_question(run, *asked, std::move(word), events);
  }
  const auto* step = &asked->step;
  const Attempt attempt{.task = *index,
                        .activation = run.state.tasks()[*index].activation,
                        .attempt = run.state.find_step(*step)->attempt,
                        .item = step->item};
  const auto agent = agent_for(run, *index);
  const auto parameters = parameters_of(run, *step);
  auto* waiting = agent ? dynamic_cast<agent::WaitingAgent*>(*agent) : nullptr;
  if (waiting != nullptr && parameters) {
    if (const auto why = waiting->refuses(request_for(run, attempt, **parameters), value, by); !why.empty()) return refuse(why);
  }
  JsonObject word{{"value", std::move(value)}, {"by", by}};
  if (auto comment = text_in(payload, "comment"); !comment.empty()) word["comment"] = comment;
  Json redacted(std::move(word));
  services_.secrets.redact(redacted);
  fold(run,
       SignalReceived{.name = std::string(run.state.awaited_signal(*step)), .payload = std::make_shared<const Json>(std::move(redacted))},
       events);
}

/// Asks before a task begins, unless its condition says that it does not.
void Engine::ask(ActiveRun& run, TaskIndex index, std::vector<Event>& events) {
  const auto& task = run.state.definition().tasks[index];
  if (task.when) {
    const auto wanted = holds(run, *task.when);
    if (wanted && !*wanted) return fold(run, TaskSkipped{.task = index, .reason = "its condition is false"}, events);
    if (!wanted) return refuse_question(run, index, "when: " + wanted.error().message, events);
  }
  const RunScope scope(run.state, run.id_text, nullptr);
  auto message = task.approval->message.render(scope);
  if (!message) return refuse_question(run, index, "approval: " + message.error().message, events);
  // With a list the parameters differ from item to item.
  Json shown;
  if (!task.for_each) {
    const auto parameters = parameters_of(run, {.task = index});
    if (!parameters) return refuse_question(run, index, parameters.error().message, events);
    shown = **parameters;
    services_.secrets.redact(shown);
  }
  ApprovalRequested asked{
      .task = index,
      .activation = run.state.tasks()[index].activation,
      .message = services_.secrets.redact((*message)->is_string() ? std::string((*message)->get_string()) : to_json(**message)),
      .parameters = std::make_shared<const Json>(std::move(shown)),
      .due = std::nullopt};
  if (task.approval->timeout) asked.due = now_ + *task.approval->timeout;
  fold(run, std::move(asked), events);
}

/// A question that cannot be put together fails its task.
void Engine::refuse_question(ActiveRun& run, TaskIndex index, const std::string& why, std::vector<Event>& events) {
  const auto activation = run.state.tasks()[index].activation;
  const Error error{
      .code = ErrorCode::expression_failed, .message = services_.secrets.redact(why), .context = {}, .retryable = false, .retry_after = {}};
  fold(run,
       ApprovalRequested{
           .task = index, .activation = activation, .message = {}, .parameters = std::make_shared<const Json>(), .due = std::nullopt},
       events);
  fold(run, ApprovalRejected{.task = index, .activation = activation, .by = {}, .comment = {}, .error = error}, events);
}

void Engine::expire_question(ActiveRun& run, TaskIndex index, std::vector<Event>& events) {
  const auto& approval = *run.state.definition().tasks[index].approval;
  const auto activation = run.state.tasks()[index].activation;
  auto comment = fmt::format("nobody answered within {}", human_duration(approval.timeout.value_or(microseconds{})));
  if (approval.on_timeout == ApprovalTimeout::approve) {
    fold(run, ApprovalGiven{.task = index, .activation = activation, .by = "timeout", .comment = std::move(comment), .set = nullptr},
         events);
    return;
  }
  auto error = rejected(comment);
  fold(run,
       ApprovalRejected{.task = index, .activation = activation, .by = "timeout", .comment = std::move(comment), .error = std::move(error)},
       events);
}

}  // namespace skein::workflow
