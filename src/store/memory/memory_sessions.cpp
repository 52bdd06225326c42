#include "store/memory/memory_sessions.hpp"

#include <algorithm>
#include <tuple>

#include "store/session_turns.hpp"

namespace skein::store {

Result<void> MemorySessions::check(const std::vector<Exchange>& exchanges) const {
  return check_exchanges(exchanges, [&](const std::string& name) {
    const auto found = sessions_.find(name);
    return found == sessions_.end() ? std::nullopt : std::optional(found->second.row.point);
  });
}

void MemorySessions::add(const Append& append) {
  for (const auto& exchange : append.exchanges) {
    auto& session = sessions_[exchange.from.name];
    auto& row = session.row;
    if (session.number == 0) {
      session.number = next_number_++;
      row.point = exchange.from;
      row.created = append.at;
    }
    ++row.turns;
    for (const auto& message : exchange.messages) {
      session.messages.push_back({.position = row.point.length++,
                                  .turn = row.turns,
                                  .run = append.run,
                                  .agent = exchange.agent,
                                  .at = append.at,
                                  .text = message});
    }
    row.updated = append.at;
    row.agent = exchange.agent;
  }
}

Result<SessionRow> MemorySessions::find(std::string_view name) const {
  const auto found = sessions_.find(name);
  if (found == sessions_.end()) return no_such_session(name);
  return found->second.row;
}

std::vector<SessionRow> MemorySessions::list(const SessionFilter& filter) const {
  std::vector<const Session*> found;
  for (const auto& [name, session] : sessions_) {
    if (name.starts_with(filter.prefix)) found.push_back(&session);
  }
  std::ranges::sort(found,
                    [](const auto* a, const auto* b) { return std::tie(a->row.updated, a->number) > std::tie(b->row.updated, b->number); });
  std::vector<SessionRow> rows;
  for (const auto* session : found) {
    if (rows.size() < filter.limit) rows.push_back(session->row);
  }
  return rows;
}

Result<std::vector<SessionMessage>> MemorySessions::read(const SessionPoint& until, std::uint64_t first) const {
  std::vector<SessionMessage> messages;
  if (until.length == 0) return messages;
  const auto found = sessions_.find(until.name);
  if (found == sessions_.end() || found->second.row.point.id != until.id) return no_such_session(until.name);
  for (const auto& message : found->second.messages) {
    if (message.position >= first && message.position < until.length) messages.push_back(message);
  }
  return messages;
}

Result<SessionRow> MemorySessions::branch(std::string_view name, std::uint64_t turns, const SessionPoint& branch, Instant at) {
  const auto found = sessions_.find(name);
  if (found == sessions_.end()) return no_such_session(name);
  if (sessions_.contains(branch.name)) return session_exists(branch.name);
  const auto& from = found->second;
  if (turns == 0 || turns > from.row.turns) return no_such_turn(name, turns, from.row.turns);
  Session made;
  made.number = next_number_++;
  for (const auto& message : from.messages) {
    if (message.turn <= turns) made.messages.push_back(message);
  }
  made.row = {.point = {.name = branch.name, .id = branch.id, .length = made.messages.size()},
              .turns = turns,
              .created = at,
              .updated = at,
              .agent = made.messages.back().agent,
              .origin = origin_of_branch(name, turns)};
  auto row = made.row;
  sessions_.emplace(branch.name, std::move(made));
  return row;
}

Result<void> MemorySessions::remove(std::string_view name) {
  const auto found = sessions_.find(name);
  if (found == sessions_.end()) return no_such_session(name);
  sessions_.erase(found);
  return {};
}

}  // namespace skein::store
