#include "store/sqlite/ownership.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace skein::store {
namespace {

Error no_such_run(RunId run) { return fail(ErrorCode::not_found, fmt::format("there is no run {}", run.str())).error(); }

/// Registers this owner where it is not yet, and takes the run.
Result<Taken> take(Connection& db, Registration& self, RunId run, std::int64_t key) {
  const auto owner = self.ensure(db);
  if (!owner) return std::unexpected(owner.error());
  Query query(db, "UPDATE state SET owner=?, epoch=epoch+1 WHERE run=? RETURNING epoch, last_seq, last_entry", *owner, key);
  if (!query.next()) return Taken{};
  Taken taken{{run, query.number(0)}, key, query.number(1), query.integer(2)};
  query.next();
  return taken;
}

struct Free {
  RunId run;
  std::int64_t key;
};

void find_free(Connection& db, std::int64_t owner, Instant now, std::size_t limit, std::vector<Free>& found) {
  const auto collect = [&](Query& query) {
    while (found.size() < limit && query.next()) found.push_back({query.uuid(1), query.integer(0)});
  };
  Query at_once(db, "SELECT s.run, r.uuid FROM state s JOIN runs r ON r.id=s.run WHERE s.status<3 AND s.owner=? AND s.next_due IS NULL",
                owner);
  collect(at_once);
  Query due(db,
            "SELECT s.run, r.uuid FROM state s JOIN runs r ON r.id=s.run WHERE s.status<3 AND s.owner=? AND s.next_due<=? ORDER BY s.next_due",
            owner, now);
  collect(due);
}

constexpr const char* runs_with_mail =
    "SELECT DISTINCT i.run, r.uuid, s.owner FROM inbox i CROSS JOIN state s ON s.run=i.run CROSS JOIN runs r ON r.id=i.run "
    "WHERE s.status<3 ORDER BY i.run";

}  // namespace

Result<Taken> claim_one(Connection& db, Registration& self, const Appender& appender, RunId run) {
  std::int64_t key = 0;
  std::int64_t owner = 0;
  {
    Query query(db, "SELECT s.run, s.owner FROM runs r JOIN state s ON s.run=r.id WHERE r.uuid=?", run);
    if (!query.next()) return std::unexpected(no_such_run(run));
    key = query.integer(0);
    owner = query.integer(1);
  }
  const bool mine = owner != 0 && owner == self.id();
  if (mine ? !appender.refused(run) : owner != 0 && owner_lives(self.directory(), owner)) {
    return fail(ErrorCode::conflict, fmt::format("run {} is being driven by process {}", run.str(), owner_pid(db, owner)));
  }
  return take(db, self, run, key);
}

Result<TakenRuns> claim_some(Connection& db, Registration& self, Instant now, std::size_t limit) {
  TakenRuns result;
  const auto dead = dead_owners(db, self.directory(), self.id());
  std::vector<Free> found;
  for (const auto owner : dead) {
    if (found.size() < limit) find_free(db, owner, now, limit, found);
  }
  const auto is_free = [&](std::int64_t owner) { return owner == 0 || std::ranges::find(dead, owner) != dead.end(); };
  if (found.size() < limit) find_free(db, 0, now, limit, found);
  for (Query query(db, runs_with_mail); found.size() < limit && query.next();) {
    const auto key = query.integer(0);
    if (is_free(query.integer(2)) && std::ranges::find(found, key, &Free::key) == found.end()) found.push_back({query.uuid(1), key});
  }
  for (const auto& [run, key] : found) {
    auto taken = take(db, self, run, key);
    if (!taken) return std::unexpected(taken.error());
    result.runs.push_back(*taken);
  }
  if (found.size() < limit) {
    // What dead owners still have sleeps: it becomes nobody's, so that they need not be remembered.
    for (const auto owner : dead) {
      Query(db, "UPDATE state SET owner=0 WHERE status<3 AND owner=?", owner).run();
      Query(db, "DELETE FROM owners WHERE id=?", owner).run();
    }
    result.emptied = dead;
  }
  return result;
}

bool anything_claimable(Connection& db, const Registration& self, Instant now) {
  if (!dead_owners(db, self.directory(), self.id()).empty()) return true;
  std::vector<Free> found;
  find_free(db, 0, now, 1, found);
  if (!found.empty()) return true;
  for (Query query(db, runs_with_mail); query.next();) {
    if (query.integer(2) == 0) return true;
  }
  return false;
}

Result<void> release_one(Connection& db, const Registration& self, RunId run, std::uint64_t epoch) {
  Query(db, "UPDATE state SET owner=0 WHERE run=(SELECT id FROM runs WHERE uuid=?) AND owner=? AND owner<>0 AND epoch=?", run, self.id(), epoch)
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
