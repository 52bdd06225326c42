#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "workflow/driver/active_run.hpp"

// Turns in sessions. Where a session stands is journaled when a turn begins, so that whoever goes on with the turn tells the model the
// same; what the turn adds is written with the commit that ends its step, and only where the session still stands there.
namespace skein::workflow {
namespace {

constexpr std::size_t most_text = 60;

}  // namespace

/// Where the session stands that an activation goes on with, as this run's next commit leaves it; empty where its agent has none.
Result<std::optional<store::SessionPoint>> Engine::session_of(ActiveRun& run, const Attempt& attempt) {
  const auto& definition = run.state.definition();
  const auto& agent = definition.agents[definition.tasks[attempt.task].agent];
  if (agent.session.is_literal() && agent.session.source().is_null()) return std::nullopt;
  const RunScope scope(run.state, run.id_text, nullptr);
  const auto value = agent.session.render(scope);
  if (!value) return fail(ErrorCode::expression_failed, "session: " + value.error().message);
  if ((*value)->is_null()) return std::nullopt;
  const auto* text = (*value)->if_string();
  if (text == nullptr) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the session of agent '{}' must be a text, not {}", agent.name, shorten(to_json(**value), most_text)));
  }
  store::SessionPoint point{.name = services_.secrets.redact(*text), .id = {}, .length = 0};
  if (auto named = store::check_session_name(point.name); !named)
    return fail(named.error().code, fmt::format("agent '{}': {}", agent.name, named.error().message));
  for (auto mine = run.exchanges.rbegin(); mine != run.exchanges.rend(); ++mine) {
    if (mine->from.name != point.name) continue;
    point = mine->from;
    point.length += mine->messages.size();
    return point;
  }
  auto found = services_.store.find_session(point.name);
  if (found) return std::move(found->point);
  if (found.error().code != ErrorCode::not_found) return std::unexpected(found.error());
  point.id = Uuid::make(now_, services_.random);
  return point;
}

/// What was said in its session before an activation began.
Result<std::vector<Json>> Engine::said_earlier(const ActiveRun& run, const Attempt& attempt) const {
  std::vector<Json> out;
  const auto* point = run.state.session(attempt.step());
  if (point == nullptr || point->length == 0) return out;
  const auto messages = services_.store.read_session(*point);
  if (!messages && messages.error().code == ErrorCode::not_found) return std::unexpected(store::session_moved(*point, 0));
  if (!messages) return std::unexpected(messages.error());
  for (const auto& message : *messages) {
    auto parsed = parse_json(message.text, max_record_depth);
    if (!parsed) {
      return fail(ErrorCode::bad_response,
                  fmt::format("message {} of the session '{}' is damaged: {}", message.position + 1, point->name, parsed.error().message));
    }
    out.push_back(std::move(*parsed));
  }
  return out;
}

/// A step ends: what was said goes into its session with the same commit. Where somebody else spoke there meanwhile the step has failed.
void Engine::end_turn(ActiveRun& run, Outcome& outcome) {
  const auto* point = run.state.session(outcome.attempt.step());
  if (point == nullptr) return;
  const auto mine = std::ranges::find(run.exchanges, point->name, [](const auto& exchange) { return exchange.from.name; });
  if (mine != run.exchanges.end()) {
    outcome.response = AgentResponse::failed(store::session_moved(*point, mine->from.length + mine->messages.size()));
    return;
  }
  const auto now = services_.store.find_session(point->name);
  const bool gone = !now && now.error().code == ErrorCode::not_found;
  if (now && now->point != *point) {
    const bool same = now->point.id == point->id || point->length == 0;
    outcome.response = AgentResponse::failed(store::session_moved(*point, same ? now->point.length : 0));
    return;
  }
  if (gone && point->length > 0) {
    outcome.response = AgentResponse::failed(store::session_moved(*point, 0));
    return;
  }
  const auto& definition = run.state.definition();
  store::Exchange exchange{.from = *point, .agent = definition.agents[definition.tasks[outcome.attempt.task].agent].name, .messages = {}};
  for (auto& message : outcome.said) {
    services_.secrets.redact(message);
    exchange.messages.push_back(to_json(message));
  }
  outcome.response.metadata["session"] = JsonObject{{"name", point->name}, {"length", point->length + exchange.messages.size()}};
  run.exchanges.push_back(std::move(exchange));
}

/// A commit was refused because another run has spoken in a session since it was made. Nothing of it was written: the run goes on from its
/// journal, comes to the same end of the turn, and sees what has happened. False where the run is somebody else's now.
bool Engine::end_turns_again(ActiveRun& run) {
  const auto definition = run.state.definition_ptr();
  const auto claimed = services_.store.claim(run.id);
  if (!claimed) return false;
  run.epoch = claimed->epoch;
  const auto row = services_.store.find_run(run.id);
  if (!row || row->last_seq + 1 != run.committing_seq) return false;
  const auto id = run.id;
  const auto adopted = adopt(*claimed, definition);  // it replaces `run`
  if (adopted) return true;
  const auto stale = by_id_.find(id);
  if (stale != by_id_.end()) lose(*runs_.at(stale->second), adopted.error());
  return true;
}

}  // namespace skein::workflow
