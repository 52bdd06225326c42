#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "workflow/driver/active_run.hpp"
#include "workflow/slot.hpp"

// Runs that tasks of other runs begin. A child is created in the commit that starts its task's attempt; its end reaches the parent as mail
// that goes out with its last commit, and a parent that does not wait any more cancels it the same way. So no crash separates the two.
namespace skein::workflow {

Result<JsonPtr> Engine::held_by(const ActiveRun& run) {
  auto own = slot_key(run.state, run.id);
  if (!own) return std::unexpected(std::move(own.error()));
  if (!*own) return run.state.held();
  JsonArray all;
  if (run.state.held() && run.state.held()->is_array()) all = run.state.held()->get_array();
  all.emplace_back(**own);
  return std::make_shared<const Json>(std::move(all));
}

Result<RunId> Engine::create_child(ActiveRun& run, agent::ChildRun child, AttemptStarted& started) {
  const auto id = Uuid::make(now_, services_.random);
  const auto& definition = child.definition;
  Json inputs = *child.inputs;
  services_.secrets.redact(inputs);
  auto created = created_now(*definition, std::make_shared<const Json>(std::move(inputs)), now_);
  created.parent = run.id;
  auto held = held_by(run);
  if (!held) return std::unexpected(std::move(held.error()));
  created.held = *held;
  // What is left of the parent's budget bounds the child's.
  if (const auto until = run.state.until()) created.until = std::min(created.until.value_or(*until), *until);
  if (const auto left = run.state.attempts_left())
    started.reserved = *(created.attempts = std::min(created.attempts.value_or(*left), *left));
  if (const auto left = run.state.spend_left(); !left.none()) {
    created.limits = agent::tighter(created.limits, left);
    started.reserved_spend =
        agent::all_of(agent::SpendLimits{.tokens = left.tokens ? created.limits.tokens : std::nullopt,
                                         .nano_dollars = left.nano_dollars ? created.limits.nano_dollars : std::nullopt,
                                         .tool_calls = left.tool_calls ? created.limits.tool_calls : std::nullopt});
  }
  const Event event{.at = now_, .body = std::move(created)};
  auto slot = slot_of(definition, event, id);
  if (!slot) return std::unexpected(std::move(slot.error()));
  if (*slot && *held && (*held)->is_array() && std::ranges::find(*(*held)->if_array(), Json((*slot)->key)) != (*held)->get_array().end()) {
    return fail(
        ErrorCode::conflict,
        fmt::format("workflow '{}' would wait for ever: a run that it is a part of holds the place of its concurrency key ({}); give "
                    "the inner workflow another name or another 'concurrency.key'",
                    definition->name, (*slot)->key));
  }
  if (*slot) (*slot)->queue = true;  // its task waits anyway
  store::RunSummary summary;
  summary.status = *slot ? RunStatus::pending : RunStatus::running;
  summary.tasks_total = static_cast<std::uint32_t>(definition->own_tasks);
  run.births.push_back({.run = id,
                        .epoch = 1,
                        .first_seq = 1,
                        .count = 1,
                        .at = now_,
                        .entry = std::make_shared<const EventBatch>(definition, std::vector{event}),
                        .summary = summary,
                        .keep = *slot ? store::Keep::released : store::Keep::owned,
                        .create = std::make_shared<const store::NewRun>(store::NewRun{.workflow = definition->name,
                                                                                      .definition_hash = definition->hash,
                                                                                      .definition = stored_text(definition),
                                                                                      .created = now_,
                                                                                      .slot = std::move(*slot)})});
  run.children.emplace_back(definition, event);
  return id;
}

void Engine::begin_child(RunId id, DefinitionPtr definition, const Event& created) {
  auto run = std::make_unique<ActiveRun>(id, std::move(definition));
  run->next_seq = 2;
  (void)run->state.apply(created);
  add(std::move(run));
  check_mail(id);  // it may have been cancelled meanwhile
}

/// What the rest of the family must know of an event is written to their inboxes with the same commit.
void Engine::tell_family(ActiveRun& run, const EventBody& body) {
  const auto tell = [&](RunId to, std::string kind, const JsonObject& payload) {
    run.outgoing.push_back({.id = 0, .run = to, .kind = std::move(kind), .payload = to_json(payload), .at = now_});
  };
  if (const auto* finished = std::get_if<RunFinished>(&body)) {
    if (!run.state.parent()) return;
    JsonObject payload{{"run", run.id_text}, {"status", to_string(finished->status)}, {"outputs", nullptr}};
    if (run.state.attempts_left()) payload["attempts"] = run.state.attempts_used();
    if (!run.state.spend_left().none()) {
      const auto& spent = run.state.spent();
      payload["spent"] = JsonObject{{"tokens", spent.tokens}, {"nano_dollars", spent.nano_dollars}, {"tool_calls", spent.tool_calls}};
    }
    if (finished->outputs) payload["outputs"] = *finished->outputs;
    if (!finished->error.empty()) payload["error"] = finished->error;
    return tell(*run.state.parent(), "ended", payload);
  }
  std::optional<TaskIndex> ended;  // an item that fails has no run any more, and those of the other items go on
  if (const auto* cancelled = std::get_if<TaskCancelled>(&body)) ended = cancelled->task;
  if (const auto* failed = std::get_if<TaskFailed>(&body); failed != nullptr && failed->attempt.item == no_item)
    ended = failed->attempt.task;
  if (const auto* items = std::get_if<ItemsEnded>(&body)) ended = items->task;
  if (!ended) return;
  for (const auto child : run.state.awaited_children(*ended)) tell(child, "cancel", {{"reason", "the task that began it has ended"}});
}

/// The end of a run that this one waits for; of any other it is no longer news.
void Engine::fold_end_of_child(ActiveRun& run, const JsonObject& payload, std::vector<Event>& events) {
  const auto* text = payload.if_contains("run");
  const auto child = text != nullptr && text->is_string() ? RunId::parse(text->get_string()) : std::nullopt;
  if (!child || !run.state.listens_to(signal_of_end(*child))) return;
  if (run.state.next_signal(signal_of_end(*child))) return;  // it ended before, and has been undone since
  fold(run, SignalReceived{.name = signal_of_end(*child), .payload = std::make_shared<const Json>(payload)}, events);
}

/// After a commit: children begin, and whoever got mail is told.
void Engine::introduce_children(ActiveRun& run) {
  const auto births = std::exchange(run.births, {});
  auto children = std::exchange(run.children, {});
  for (std::size_t i = 0; i < births.size(); ++i) {
    services_.listener.on_child(births[i].run, std::move(children[i].first), std::move(children[i].second));
  }
  for (const auto& message : std::exchange(run.outgoing, {})) services_.listener.on_mail(message.run);
}

}  // namespace skein::workflow
