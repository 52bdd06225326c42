#include "store/sqlite/sessions.hpp"

#include <algorithm>
#include <string>

#include "base/hash.hpp"
#include "store/session_turns.hpp"

namespace skein::store {
namespace {

#define SKEIN_SESSION_ROW                                                                                                                 \
  "SELECT s.id, s.uuid, s.name, s.created, s.updated, s.length, s.turns, s.origin, t.agent FROM sessions s LEFT JOIN session_turns t ON " \
  "t.session=s.id AND t.turn=s.turns "

SessionRow row_of(const Query& query) {
  SessionRow row;
  row.point = {.name = std::string(query.text(2)), .id = query.uuid(1), .length = query.number(5)};
  row.created = query.instant(3);
  row.updated = query.instant(4);
  row.turns = query.number(6);
  row.origin = query.text(7);
  row.agent = query.text(8);
  return row;
}

void add_message(Connection& db, std::int64_t session, std::uint64_t position, std::uint64_t turn, const std::string& text) {
  if (text.size() <= max_inline_message) {
    Query(db, "INSERT INTO session_messages(session, position, turn, message) VALUES(?,?,?,?)", session, position, turn, text).run();
    return;
  }
  const auto hash = sha256_hex(text);
  Query(db, "INSERT INTO blobs(hash, size, bytes) VALUES(?,?,?) ON CONFLICT DO NOTHING", hash, text.size(), text).run();
  Query(db, "INSERT INTO session_messages(session, position, turn, blob) VALUES(?,?,?,(SELECT id FROM blobs WHERE hash=?))", session,
        position, turn, hash)
      .run();
}

std::int64_t begin_session(Connection& db, const SessionPoint& point, Instant at, std::optional<std::string_view> origin) {
  Query(db, "INSERT INTO sessions(uuid, name, created, updated, length, turns, origin) VALUES(?,?,?,?,0,0,?)", point.id, point.name, at, at,
        origin)
      .run();
  return db.last_rowid();
}

}  // namespace

Result<void> check_exchanges(Connection& db, const std::vector<Exchange>& exchanges) {
  return check_exchanges(exchanges, [&](const std::string& name) -> std::optional<SessionPoint> {
    Query query(db, "SELECT uuid, length FROM sessions WHERE name=?", name);
    if (!query.next()) return std::nullopt;
    return SessionPoint{.name = name, .id = query.uuid(0), .length = query.number(1)};
  });
}

std::size_t add_exchanges(Connection& db, const Append& append) {
  std::size_t bytes = 0;
  for (const auto& exchange : append.exchanges) {
    std::int64_t session = 0;
    std::uint64_t turn = 1;
    {
      Query query(db, "SELECT id, turns FROM sessions WHERE name=?", exchange.from.name);
      if (query.next()) {
        session = query.integer(0);
        turn = query.number(1) + 1;
      }
    }
    if (session == 0) session = begin_session(db, exchange.from, append.at, std::nullopt);
    auto length = exchange.from.length;
    for (const auto& message : exchange.messages) {
      add_message(db, session, length++, turn, message);
      bytes += message.size();
    }
    Query(db, "INSERT INTO session_turns(session, turn, length, run, agent, at) VALUES(?,?,?,?,?,?)", session, turn, length, append.run,
          exchange.agent, append.at)
        .run();
    Query(db, "UPDATE sessions SET updated=?, length=?, turns=? WHERE id=?", append.at, length, turn, session).run();
  }
  return bytes;
}

Result<SessionRow> query_session(Connection& db, std::string_view name) {
  Query query(db, SKEIN_SESSION_ROW "WHERE s.name=?", name);
  if (!query.next()) return no_such_session(name);
  return row_of(query);
}

std::vector<SessionRow> query_sessions(Connection& db, const SessionFilter& filter) {
  std::vector<SessionRow> rows;
  Query query(db, SKEIN_SESSION_ROW "WHERE substr(s.name, 1, length(?1))=?1 ORDER BY s.updated DESC, s.id DESC LIMIT ?2", filter.prefix,
              filter.limit);
  while (query.next()) rows.push_back(row_of(query));
  return rows;
}

Result<std::vector<SessionMessage>> query_messages(Connection& db, const SessionPoint& until, std::uint64_t first) {
  std::vector<SessionMessage> messages;
  if (until.length == 0) return messages;
  db.exec("BEGIN");  // so that it is not deleted in between
  std::int64_t session = 0;
  {
    Query query(db, "SELECT id FROM sessions WHERE name=? AND uuid=?", until.name, until.id);
    if (query.next()) session = query.integer(0);
  }
  if (session != 0) {
    Query query(db,
                "SELECT m.position, m.turn, t.run, t.agent, t.at, coalesce(m.message, b.bytes) FROM session_messages m CROSS JOIN "
                "session_turns t ON t.session=m.session AND t.turn=m.turn LEFT JOIN blobs b ON b.id=m.blob WHERE m.session=? AND "
                "m.position>=? AND m.position<? ORDER BY m.position",
                session, first, until.length);
    while (query.next()) {
      messages.push_back({.position = query.number(0),
                          .turn = query.number(1),
                          .run = query.uuid(2),
                          .agent = std::string(query.text(3)),
                          .at = query.instant(4),
                          .text = std::string(query.text(5))});
    }
  }
  db.exec("COMMIT");
  if (session == 0) return no_such_session(until.name);
  return messages;
}

Result<SessionRow> make_branch(Connection& db, std::string_view name, std::uint64_t turns, const SessionPoint& branch, Instant at) {
  std::int64_t from = 0;
  std::uint64_t most = 0;
  {
    Query query(db, "SELECT id, turns FROM sessions WHERE name=?", name);
    if (!query.next()) return no_such_session(name);
    from = query.integer(0);
    most = query.number(1);
  }
  {
    Query taken(db, "SELECT 1 FROM sessions WHERE name=?", branch.name);
    if (taken.next()) return session_exists(branch.name);
  }
  std::uint64_t length = 0;
  {
    Query query(db, "SELECT length FROM session_turns WHERE session=? AND turn=?", from, turns);
    if (!query.next()) return no_such_turn(name, turns, most);
    length = query.number(0);
  }
  const auto session = begin_session(db, branch, at, origin_of_branch(name, turns));
  Query(db,
        "INSERT INTO session_turns(session, turn, length, run, agent, at) SELECT ?, turn, length, run, agent, at FROM session_turns WHERE "
        "session=? AND turn<=?",
        session, from, turns)
      .run();
  Query(db,
        "INSERT INTO session_messages(session, position, turn, message, blob) SELECT ?, position, turn, message, blob FROM "
        "session_messages WHERE session=? AND position<? ORDER BY position",
        session, from, length)
      .run();
  Query(db, "UPDATE sessions SET length=?, turns=? WHERE id=?", length, turns, session).run();
  return query_session(db, branch.name);
}

Result<void> drop_session(Connection& db, std::string_view name) {
  std::int64_t session = 0;
  {
    Query query(db, "DELETE FROM sessions WHERE name=? RETURNING id", name);
    if (!query.next()) return no_such_session(name);
    session = query.integer(0);
    query.next();
  }
  std::vector<std::int64_t> blobs;
  for (Query query(db, "SELECT DISTINCT blob FROM session_messages WHERE session=? AND blob IS NOT NULL", session); query.next();)
    blobs.push_back(query.integer(0));
  Query(db, "DELETE FROM session_messages WHERE session=?", session).run();
  Query(db, "DELETE FROM session_turns WHERE session=?", session).run();
  for (const auto blob : blobs) drop_unused_blob(db, blob);
  return {};
}

std::optional<std::uint64_t> drop_unused_blob(Connection& db, std::int64_t blob) {
  Query query(db,
              "DELETE FROM blobs WHERE id=? AND NOT EXISTS (SELECT 1 FROM blob_refs WHERE blob=blobs.id) AND NOT EXISTS (SELECT 1 FROM "
              "session_messages WHERE blob=blobs.id) RETURNING size",
              blob);
  if (!query.next()) return std::nullopt;
  const auto size = query.number(0);
  query.next();
  return size;
}

}  // namespace skein::store
