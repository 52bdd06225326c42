#include "store/sqlite/ownership.hpp"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

namespace skein::store {
namespace {

Error no_such_run(RunId run) { return fail(ErrorCode::not_found, fmt::format("there is no run {}", run.str())).error(); }

/// Registers this owner where it is not yet, and takes the runs, whose state was read in the same transaction.
Result<void> take(Connection& db, Registration& self, std::vector<Taken>& runs) {
  if (runs.empty()) return {};
  const auto owner = self.ensure(db);
  if (!owner) return std::unexpected(owner.error());
  for (auto& run : runs) {
    Query(db, "UPDATE state SET owner=?, epoch=? WHERE run=?", *owner, ++run.claimed.epoch, run.key).run();
  }
  return {};
}

#define SKEIN_STANDING "s.run, r.uuid, s.epoch, s.last_seq, s.last_entry, s.owner, r.definition FROM "

Taken standing_of(const Query& query) { return {{query.uuid(1), query.number(2)}, query.integer(0), query.number(3), query.integer(4)}; }

/// `LeftAlone` by keys of the store.
struct NotThese {
  std::unordered_set<std::int64_t> definitions;
  std::unordered_set<std::int64_t> runs;
};

NotThese keys_of(Connection& db, const LeftAlone& except) {
  NotThese keys;
  for (const auto& hash : except.definitions) {
    Query query(db, "SELECT id FROM definitions WHERE hash=?", hash);
    if (query.next()) keys.definitions.insert(query.integer(0));
  }
  for (const auto& run : except.runs) {
    Query query(db, "SELECT id FROM runs WHERE uuid=?", run);
    if (query.next()) keys.runs.insert(query.integer(0));
  }
  return keys;
}

bool left_alone(const Query& query, const NotThese& except) {
  return except.definitions.contains(query.integer(6)) || except.runs.contains(query.integer(0));
}

void find_free(Connection& db, std::int64_t owner, Instant now, std::size_t limit, const NotThese& except, std::vector<Taken>& found) {
  const auto collect = [&](Query& query) {
    while (found.size() < limit && query.next()) {
      if (!left_alone(query, except)) found.push_back(standing_of(query));
    }
  };
  Query at_once(db, "SELECT " SKEIN_STANDING "state s JOIN runs r ON r.id=s.run WHERE s.status<3 AND s.owner=? AND s.next_due IS NULL",
                owner);
  collect(at_once);
  Query due(
      db, "SELECT " SKEIN_STANDING "state s JOIN runs r ON r.id=s.run WHERE s.status<3 AND s.owner=? AND s.next_due<=? ORDER BY s.next_due",
      owner, now);
  collect(due);
}

constexpr const char* runs_with_mail = "SELECT DISTINCT " SKEIN_STANDING
                                       "inbox i CROSS JOIN state s ON s.run=i.run CROSS JOIN runs r ON r.id=i.run "
                                       "WHERE s.status<3 AND NOT EXISTS (SELECT 1 FROM slots l WHERE l.run=s.run AND l.held=0) "
                                       "ORDER BY s.run";

}  // namespace

Result<Taken> claim_one(Connection& db, Registration& self, const Appender& appender, RunId run) {
  std::int64_t owner = 0;
  std::vector<Taken> taken;
  {
    Query query(db, "SELECT " SKEIN_STANDING "runs r JOIN state s ON s.run=r.id WHERE r.uuid=?", run);
    if (!query.next()) return std::unexpected(no_such_run(run));
    taken.push_back(standing_of(query));
    owner = query.integer(5);
  }
  const bool mine = owner != 0 && owner == self.id();
  if (mine ? !appender.refused(run) : owner != 0 && owner_lives(self.directory(), owner)) {
    return fail(ErrorCode::conflict, fmt::format("run {} is being driven by process {}", run.str(), owner_pid(db, owner)));
  }
  if (auto done = take(db, self, taken); !done) return std::unexpected(done.error());
  return taken.front();
}

Result<TakenRuns> claim_some(Connection& db, Registration& self, Instant now, std::size_t limit, const LeftAlone& except) {
  TakenRuns result;
  const auto not_these = keys_of(db, except);
  const auto dead = dead_owners(db, self.directory(), self.id());
  auto& found = result.runs;
  for (const auto owner : dead) {
    if (found.size() < limit) find_free(db, owner, now, limit, not_these, found);
  }
  const auto is_free = [&](std::int64_t owner) { return owner == 0 || std::ranges::find(dead, owner) != dead.end(); };
  if (found.size() < limit) find_free(db, 0, now, limit, not_these, found);
  if (found.size() < limit) {
    std::unordered_set<std::int64_t> known;
    for (const auto& one : found) known.insert(one.key);
    for (Query query(db, runs_with_mail); found.size() < limit && query.next();) {
      if (is_free(query.integer(5)) && !known.contains(query.integer(0)) && !left_alone(query, not_these))
        found.push_back(standing_of(query));
    }
  }
  const bool everything = found.size() < limit;
  if (auto done = take(db, self, found); !done) return std::unexpected(done.error());
  if (everything) {
    // What dead owners still have sleeps: it becomes nobody's, so that they need not be remembered.
    for (const auto owner : dead) {
      Query(db, "UPDATE state SET owner=0 WHERE status<3 AND owner=?", owner).run();
      Query(db, "DELETE FROM owners WHERE id=?", owner).run();
    }
    result.emptied = dead;
  }
  return result;
}

bool anything_claimable(Connection& db, const Registration& self, Instant now, const LeftAlone& except) {
  if (!dead_owners(db, self.directory(), self.id()).empty()) return true;
  const auto not_these = keys_of(db, except);
  std::vector<Taken> found;
  find_free(db, 0, now, 1, not_these, found);
  if (!found.empty()) return true;
  for (Query query(db, runs_with_mail); query.next();) {
    if (query.integer(5) == 0 && !left_alone(query, not_these)) return true;
  }
  return false;
}

Result<void> release_one(Connection& db, const Registration& self, RunId run, std::uint64_t epoch) {
  Query(db, "UPDATE state SET owner=0 WHERE run=(SELECT id FROM runs WHERE uuid=?) AND owner=? AND owner<>0 AND epoch=?", run, self.id(),
        epoch)
      .run();
  if (db.failed() || db.changes() > 0) return {};
  Query known(db, "SELECT 1 FROM runs WHERE uuid=?", run);
  if (!known.next()) return std::unexpected(no_such_run(run));
  return fail(ErrorCode::conflict, fmt::format("run {} has another owner now", run.str()));
}

std::optional<Instant> earliest_free_due(Connection& db, const Registration& self) {
  auto owners = dead_owners(db, self.directory(), self.id());
  owners.push_back(0);
  std::optional<Instant> earliest;
  for (const auto owner : owners) {
    Query query(db, "SELECT next_due FROM state WHERE status<3 AND owner=? AND next_due IS NOT NULL ORDER BY next_due LIMIT 1", owner);
    if (query.next() && (!earliest || query.instant(0) < *earliest)) earliest = query.instant(0);
  }
  return earliest;
}

}  // namespace skein::store
