#include "store/sqlite/queries.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include <fmt/format.h>

#include "store/id_prefix.hpp"
#include "store/sqlite/owner_lock.hpp"

namespace skein::store {
namespace {

#define SKEIN_RUN_ROW                                                                                                                      \
  "SELECT r.uuid, r.workflow, d.hash, r.created, s.updated, s.last_seq, s.epoch, s.owner, s.status, s.next_due, s.tasks_total, "           \
  "s.tasks_completed, s.tasks_failed, r.error, l.held, r.origin FROM runs r CROSS JOIN state s ON s.run=r.id CROSS JOIN definitions d ON " \
  "d.id=r.definition "                                                                                                                     \
  "LEFT JOIN slots l ON l.run=r.id "

std::unexpected<Error> no_such_run(RunId run) { return fail(ErrorCode::not_found, fmt::format("there is no run {}", run.str())); }

/// Asks for each owner once.
class Liveness {
 public:
  explicit Liveness(const std::string& directory) : directory_(directory) {}
  bool lives(std::int64_t owner) {
    if (owner == 0) return false;
    const auto [it, added] = known_.try_emplace(owner, false);
    if (added) it->second = owner_lives(directory_, owner);
    return it->second;
  }

 private:
  const std::string& directory_;
  std::unordered_map<std::int64_t, bool> known_;
};

RunRow row_of(const Query& query, Liveness& liveness) {
  RunRow row;
  row.id = query.uuid(0);
  row.workflow = query.text(1);
  row.definition_hash = query.text(2);
  row.created = query.instant(3);
  row.updated = query.instant(4);
  row.last_seq = query.number(5);
  row.epoch = query.number(6);
  row.owned = liveness.lives(query.integer(7));
  row.summary.status = static_cast<RunStatus>(query.integer(8));
  if (!query.null(9)) row.summary.next_due = query.instant(9);
  row.summary.tasks_total = static_cast<std::uint32_t>(query.integer(10));
  row.summary.tasks_completed = static_cast<std::uint32_t>(query.integer(11));
  row.summary.tasks_failed = static_cast<std::uint32_t>(query.integer(12));
  row.summary.error = query.text(13);
  row.queued = !query.null(14) && query.integer(14) == 0;
  row.origin = query.text(15);
  return row;
}

}  // namespace

Result<RunRow> query_run(Connection& db, const std::string& lock_directory, RunId run) {
  Liveness liveness(lock_directory);
  Query query(db, SKEIN_RUN_ROW "WHERE r.uuid=?", run);
  if (!query.next()) return no_such_run(run);
  return row_of(query, liveness);
}

Result<std::vector<RunRow>> query_runs(Connection& db, const std::string& lock_directory, const RunFilter& filter) {
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  std::int64_t after = 0;
  for (const auto& [named, number] : {std::pair(&filter.before, &before), std::pair(&filter.after, &after)}) {
    if (!*named) continue;
    Query query(db, "SELECT id FROM runs WHERE uuid=?", **named);
    if (!query.next()) return no_such_run(**named);
    *number = query.integer(0);
  }
  const auto origin = filter.origin.empty() ? std::nullopt : std::optional<std::string_view>(filter.origin);
  const auto status = filter.status ? std::optional<int>(static_cast<int>(*filter.status)) : std::nullopt;
  const auto workflow = filter.workflow.empty() ? std::nullopt : std::optional<std::string_view>(filter.workflow);
  Liveness liveness(lock_directory);
  std::vector<RunRow> rows;
  Query query(db,
              SKEIN_RUN_ROW
              "WHERE r.id<?1 AND (?2 IS NULL OR s.status=?2) AND (?3 IS NULL OR r.workflow=?3) AND (?4 IS NULL OR r.created>?4) "
              "AND r.id>?6 AND (?7 IS NULL OR r.origin=?7) ORDER BY r.id DESC LIMIT ?5",
              before, status, workflow, filter.created_after, filter.limit, after, origin);
  while (query.next()) rows.push_back(row_of(query, liveness));
  return rows;
}

Result<std::vector<RunId>> query_prefix(Connection& db, std::string_view prefix, std::size_t limit) {
  const auto range = prefix_range(prefix);
  if (!range) return std::unexpected(range.error());
  std::vector<RunId> found;
  if (!*range) return found;
  Query query(db, "SELECT uuid FROM runs WHERE uuid BETWEEN ? AND ? ORDER BY uuid LIMIT ?", (*range)->first, (*range)->last, limit);
  while (query.next()) found.push_back(query.uuid(0));
  return found;
}

Result<std::string> query_definition(Connection& db, std::string_view hash) {
  Query query(db, "SELECT definition FROM definitions WHERE hash=?", hash);
  if (!query.next()) return fail(ErrorCode::not_found, fmt::format("there is no definition {}", hash));
  return std::string(query.text(0));
}

Result<std::string> query_blob(Connection& db, std::string_view hash) {
  Query query(db, "SELECT bytes FROM blobs WHERE hash=?", hash);
  if (!query.next()) return fail(ErrorCode::not_found, fmt::format("there is no blob {}", hash));
  return std::string(query.text(0));
}

Result<std::vector<InboxMessage>> query_inbox(Connection& db, RunId run) {
  {
    Query known(db, "SELECT 1 FROM runs WHERE uuid=?", run);
    if (!known.next()) return no_such_run(run);
  }
  std::vector<InboxMessage> messages;
  Query query(db, "SELECT id, kind, payload, at FROM inbox WHERE run=(SELECT id FROM runs WHERE uuid=?) ORDER BY id", run);
  while (query.next())
    messages.push_back({query.integer(0), run, std::string(query.text(1)), std::string(query.text(2)), query.instant(3)});
  return messages;
}

std::vector<RunId> query_runs_with_mail(Connection& db, std::int64_t owner) {
  std::vector<RunId> runs;
  if (owner == 0) return runs;
  Query query(db, "SELECT DISTINCT r.uuid FROM inbox i CROSS JOIN state s ON s.run=i.run CROSS JOIN runs r ON r.id=i.run WHERE s.owner=?",
              owner);
  while (query.next()) runs.push_back(query.uuid(0));
  return runs;
}

std::vector<SharedEvent> query_shared(Connection& db, std::string_view prefix, std::int64_t after_id) {
  std::vector<SharedEvent> events;
  Query query(db, "SELECT id, stream, payload, at FROM shared WHERE id>? ORDER BY id", after_id);
  while (query.next()) {
    if (!query.text(1).starts_with(prefix)) continue;
    events.push_back({query.integer(0), std::string(query.text(1)), std::string(query.text(2)), query.instant(3)});
  }
  return events;
}

Result<void> query_journal(ReaderPool& pool, RunId run, std::uint64_t from_seq, const std::function<bool(StoredEntry)>& visit) {
  std::int64_t key = 0;
  std::vector<std::int64_t> entries;  // newest first
  {
    auto lease = pool.lease();
    if (!lease) return std::unexpected(lease.error());
    auto& db = **lease;
    db.exec("BEGIN");
    std::int64_t entry = 0;
    {
      Query head(db, "SELECT s.run, s.last_entry FROM runs r JOIN state s ON s.run=r.id WHERE r.uuid=?", run);
      if (!head.next()) {
        if (auto done = db.take(); !done) return done;
        return no_such_run(run);
      }
      key = head.integer(0);
      entry = head.integer(1);
    }
    while (entry != 0) {
      Query link(db, "SELECT prev, seq+count FROM journal WHERE id=? AND run=?", entry, key);
      if (!link.next()) {
        if (auto done = db.take(); !done) return done;
        return fail(ErrorCode::store_failed, fmt::format("the store is damaged: run {} lacks journal entry {}", run.str(), entry));
      }
      if (link.number(1) <= from_seq) break;
      entries.push_back(entry);
      entry = link.integer(0);
    }
    db.exec("COMMIT");
    if (auto done = db.take(); !done) return done;
  }
  constexpr std::size_t most_entries = 256;
  constexpr std::size_t most_bytes = std::size_t{1} << 20;
  while (!entries.empty()) {
    std::vector<StoredEntry> chunk;
    {
      auto lease = pool.lease();
      if (!lease) return std::unexpected(lease.error());
      auto& db = **lease;
      db.exec("BEGIN");
      for (std::size_t bytes = 0; !entries.empty() && chunk.size() < most_entries && bytes < most_bytes; entries.pop_back()) {
        Query query(db, "SELECT seq, count, events FROM journal WHERE id=? AND run=?", entries.back(), key);
        if (!query.next()) {
          if (auto done = db.take(); !done) return done;
          return fail(ErrorCode::not_found, fmt::format("run {} was pruned while it was read", run.str()));
        }
        chunk.push_back({query.number(0), static_cast<std::uint32_t>(query.integer(1)), std::string(query.text(2))});
        bytes += chunk.back().text.size();
      }
      db.exec("COMMIT");
      if (auto done = db.take(); !done) return done;
    }
    for (auto& entry : chunk) {
      if (!visit(std::move(entry))) return {};
    }
  }
  return {};
}

}  // namespace skein::store
