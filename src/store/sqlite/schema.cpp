#include "store/sqlite/schema.hpp"

#include <array>

#include <fmt/format.h>

namespace skein::store::sqlite {
namespace {

/// Step n brings version n to n + 1. Steps are never changed once released.
constexpr std::array<const char*, 1> steps{R"sql(
  -- Entries in the order of their commits: integer keys only grow, so pages are filled one after another. A run's entries are a chain
  -- that begins at runs.last_entry; an index by run would touch as many pages as there are open runs.
  CREATE TABLE journal(
    id INTEGER PRIMARY KEY,
    prev INTEGER NOT NULL,            -- the run's entry before, 0 for the first
    seq INTEGER NOT NULL,             -- number of the first event
    count INTEGER NOT NULL,
    events TEXT NOT NULL
  );
  CREATE TABLE runs(
    key INTEGER PRIMARY KEY,
    id BLOB NOT NULL,                 -- 16 bytes, UUIDv7
    workflow TEXT NOT NULL,
    definition INTEGER NOT NULL,
    created INTEGER NOT NULL,         -- µs since the epoch, like every instant
    updated INTEGER NOT NULL,
    status INTEGER NOT NULL,
    next_due INTEGER,
    owner INTEGER,                    -- null: nobody
    epoch INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    last_entry INTEGER NOT NULL,
    tasks_total INTEGER NOT NULL,
    tasks_completed INTEGER NOT NULL,
    tasks_failed INTEGER NOT NULL,
    error TEXT
  );
  CREATE UNIQUE INDEX runs_by_id ON runs(id);
  CREATE INDEX runs_open ON runs(owner, next_due) WHERE status < 3;
  CREATE TABLE definitions(key INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, document TEXT NOT NULL);
  CREATE TABLE owners(id INTEGER PRIMARY KEY, pid INTEGER NOT NULL, since INTEGER NOT NULL);
  CREATE TABLE inbox(id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, at INTEGER NOT NULL);
  CREATE INDEX inbox_by_run ON inbox(run);
  CREATE TABLE blobs(hash TEXT PRIMARY KEY, bytes BLOB NOT NULL);
  CREATE TABLE blob_uses(run INTEGER NOT NULL, hash TEXT NOT NULL, PRIMARY KEY(run, hash)) WITHOUT ROWID;
  CREATE INDEX blob_uses_by_hash ON blob_uses(hash);
  CREATE TABLE shared(id INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, payload TEXT NOT NULL, at INTEGER NOT NULL);
)sql"};
static_assert(steps.size() == schema_version);

}  // namespace

Result<void> migrate(Connection& connection, const std::string& path) {
  auto version = connection.integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version == schema_version) return {};
  if (*version > schema_version) {
    return fail(ErrorCode::unsupported, fmt::format("store {}: it was written by a newer version (schema {}, this one knows {}); use that version, or another "
                                                    "store with --store",
                                                    path, *version, schema_version));
  }
  auto done = connection.execute("BEGIN IMMEDIATE");
  if (!done) return done;
  version = connection.integer("PRAGMA user_version");  // another process may have been faster
  for (auto at = version.value_or(0); at < schema_version && done; ++at) done = connection.execute(steps.at(static_cast<std::size_t>(at)));
  if (done) done = connection.execute(fmt::format("PRAGMA user_version={}", schema_version).c_str());
  if (done) done = connection.execute("COMMIT");
  if (!done && connection.in_transaction()) (void)connection.execute("ROLLBACK");
  return done;
}

}  // namespace skein::store::sqlite
