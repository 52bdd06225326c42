#include "store/sqlite/schema.hpp"

#include <array>

#include <fmt/format.h>

namespace skein::store {
namespace {

// A run is two rows: what never changes (`runs`) and what nearly every commit changes (`state`, about 35 bytes, so that the rows of
// hundreds of active runs share a page). The journal is written in the order of commits; a run's entries are chained backwards through
// `prev` from `state.last_entry`. docs/store.md has the measurements behind both.
constexpr const char* version_1 = R"sql(
CREATE TABLE owners(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  pid INTEGER NOT NULL);
CREATE TABLE definitions(
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  definition TEXT NOT NULL);
CREATE TABLE runs(
  id INTEGER PRIMARY KEY,
  uuid BLOB NOT NULL UNIQUE,
  workflow TEXT NOT NULL,
  definition INTEGER NOT NULL REFERENCES definitions(id),
  created INTEGER NOT NULL,
  error TEXT);
CREATE TABLE state(
  run INTEGER PRIMARY KEY REFERENCES runs(id),
  epoch INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  status INTEGER NOT NULL,
  last_entry INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  next_due INTEGER,
  tasks_total INTEGER NOT NULL,
  tasks_completed INTEGER NOT NULL,
  tasks_failed INTEGER NOT NULL);
CREATE INDEX state_by_owner ON state(owner, next_due) WHERE status < 3;
CREATE TABLE journal(
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  count INTEGER NOT NULL,
  prev INTEGER NOT NULL,
  events TEXT NOT NULL);
CREATE TABLE inbox(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  at INTEGER NOT NULL);
CREATE INDEX inbox_by_run ON inbox(run);
CREATE TABLE blobs(
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  bytes TEXT NOT NULL);
CREATE TABLE blob_refs(
  run INTEGER NOT NULL,
  blob INTEGER NOT NULL,
  PRIMARY KEY(run, blob)) WITHOUT ROWID;
CREATE INDEX blob_refs_by_blob ON blob_refs(blob);
CREATE TABLE shared(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  stream TEXT NOT NULL,
  payload TEXT NOT NULL,
  at INTEGER NOT NULL);
CREATE TABLE pruned(
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  last_entry INTEGER NOT NULL);
)sql";

// A run's place among those of its concurrency key; gone when the run has ended.
constexpr const char* version_2 = R"sql(
CREATE TABLE slots(
  run INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  most INTEGER NOT NULL,
  held INTEGER NOT NULL);
CREATE INDEX slots_by_key ON slots(key, held, run);
)sql";

constexpr const char* version_3 = "ALTER TABLE runs ADD COLUMN origin TEXT";

// What is spent over runs and processes; of a call under way the most that it may cost.
constexpr const char* version_4 = R"sql(
CREATE TABLE accounts(
  account TEXT PRIMARY KEY,
  tokens INTEGER NOT NULL,
  nano_dollars INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE reservations(
  account TEXT NOT NULL,
  key TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  nano_dollars INTEGER NOT NULL,
  PRIMARY KEY(account, key)) WITHOUT ROWID;
)sql";

// Conversations. A message is in its row, or, where it is long, in `blobs`.
constexpr const char* version_5 = R"sql(
CREATE TABLE sessions(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid BLOB NOT NULL,
  name TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  length INTEGER NOT NULL,
  turns INTEGER NOT NULL,
  origin TEXT);
CREATE INDEX sessions_by_update ON sessions(updated);
CREATE TABLE session_turns(
  session INTEGER NOT NULL,
  turn INTEGER NOT NULL,
  length INTEGER NOT NULL,
  run BLOB NOT NULL,
  agent TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY(session, turn)) WITHOUT ROWID;
CREATE TABLE session_messages(
  id INTEGER PRIMARY KEY,
  session INTEGER NOT NULL,
  position INTEGER NOT NULL,
  turn INTEGER NOT NULL,
  message TEXT,
  blob INTEGER);
CREATE UNIQUE INDEX session_messages_by_position ON session_messages(session, position);
CREATE INDEX session_messages_by_blob ON session_messages(blob) WHERE blob IS NOT NULL;
)sql";

constexpr std::array steps{Migration{1, version_1}, Migration{2, version_2}, Migration{3, version_3}, Migration{4, version_4},
                           Migration{5, version_5}};

std::int64_t pragma_value(Connection& db, const char* sql) {
  Query query(db, sql);
  return query.next() ? query.integer(0) : 0;
}

}  // namespace

std::span<const Migration> migrations() { return steps; }

Result<void> migrate(Connection& db, std::string_view path, std::span<const Migration> known) {
  const auto newest = known.empty() ? 0 : known.back().to;
  const auto is_current = [&] { return pragma_value(db, "PRAGMA user_version") == newest; };
  const auto is_ours = [&] { return pragma_value(db, "PRAGMA application_id") == application_id; };
  if (is_current() && is_ours()) return db.take();
  if (db.failed()) return db.take();

  db.exec("BEGIN IMMEDIATE");
  const auto version = pragma_value(db, "PRAGMA user_version");
  const auto tables = pragma_value(db, "SELECT count(*) FROM sqlite_schema");
  const bool ours = is_ours();
  const auto refuse = [&](ErrorCode code, std::string message) -> Result<void> {
    db.exec("ROLLBACK");
    return fail(code, std::move(message));
  };
  if (!db.failed() && !ours && (tables > 0 || version != 0)) {
    return refuse(ErrorCode::invalid_argument, fmt::format("{} is a SQLite database, but not a Skein store; choose another path", path));
  }
  if (!db.failed() && version > newest) {
    return refuse(
        ErrorCode::unsupported,
        fmt::format("the store {} was written by a newer Skein (schema {}, this one knows {}); use that version", path, version, newest));
  }
  for (const auto& step : known) {
    if (step.to <= version) continue;
    db.exec(step.sql);
    db.exec(fmt::format("PRAGMA user_version={}", step.to).c_str());
  }
  db.exec(fmt::format("PRAGMA application_id={}", application_id).c_str());
  db.exec("COMMIT");
  auto done = db.take();
  if (!done && db.in_transaction()) {
    db.exec("ROLLBACK");
    (void)db.take();
  }
  return done;
}

}  // namespace skein::store
