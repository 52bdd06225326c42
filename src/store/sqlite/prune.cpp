#include "store/sqlite/prune.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "store/sqlite/sessions.hpp"

namespace skein::store {
namespace {

constexpr std::size_t runs_a_time = 200;
constexpr int entries_a_time = 2'000;
constexpr int pages_a_time = 1'000;  // also in the pragma below

struct Candidate {
  std::int64_t run = 0;
  std::int64_t owner = 0;
  std::uint64_t bytes = 0;
};

/// Final runs that nobody drives, in the order of their creation.
Result<std::vector<Candidate>> find_candidates(ReaderPool& readers, const Registration& self, const PruneFilter& filter) {
  auto lease = readers.lease();
  if (!lease) return std::unexpected(lease.error());
  const auto status = filter.status ? std::optional<int>(static_cast<int>(*filter.status)) : std::nullopt;
  std::vector<Candidate> found;
  std::unordered_map<std::int64_t, bool> lives;
  Query query(**lease, "SELECT run, owner, bytes FROM state WHERE status>=3 AND updated<?1 AND (?2 IS NULL OR status=?2) ORDER BY run",
              filter.finished_before, status);
  while (query.next()) {
    const auto owner = query.integer(1);
    const auto [it, added] = lives.try_emplace(owner, false);
    if (added && owner != 0) it->second = owner == self.id() || owner_lives(self.directory(), owner);
    if (!it->second) found.push_back({query.integer(0), owner, query.number(2)});
  }
  if (auto done = (*lease)->take(); !done) return std::unexpected(done.error());
  return found;
}

/// Counts what a real prune would free.
Result<PruneReport> rehearse(ReaderPool& readers, const std::vector<Candidate>& candidates) {
  PruneReport report;
  auto lease = readers.lease();
  if (!lease) return std::unexpected(lease.error());
  auto& db = **lease;
  std::unordered_map<std::int64_t, std::int64_t> references;
  for (const auto& candidate : candidates) {
    ++report.runs;
    report.bytes += candidate.bytes;
    for (Query query(db, "SELECT blob FROM blob_refs WHERE run=?", candidate.run); query.next();) ++references[query.integer(0)];
  }
  for (const auto& [blob, count] : references) {
    Query query(db,
                "SELECT size, (SELECT count(*) FROM blob_refs WHERE blob=b.id)+(SELECT count(*) FROM session_messages WHERE blob=b.id) "
                "FROM blobs b WHERE id=?",
                blob);
    if (query.next() && query.integer(1) == count) ++report.blobs, report.bytes += query.number(0);
  }
  if (auto done = db.take(); !done) return std::unexpected(done.error());
  return report;
}

/// Takes a run out of the index. Its journal stays chained to `pruned` until `drop_entries` comes for it, also after a crash.
void drop_run(Connection& db, const Candidate& candidate, Instant finished_before, PruneReport& report) {
  // Unchanged since it was found: nobody claimed it.
  Query(db, "INSERT INTO pruned(run, last_entry) SELECT run, last_entry FROM state WHERE run=? AND status>=3 AND owner=? AND updated<?",
        candidate.run, candidate.owner, finished_before)
      .run();
  if (db.failed() || db.changes() == 0) return;
  ++report.runs;
  report.bytes += candidate.bytes;
  std::vector<std::int64_t> blobs;
  for (Query query(db, "SELECT blob FROM blob_refs WHERE run=?", candidate.run); query.next();) blobs.push_back(query.integer(0));
  Query(db, "DELETE FROM blob_refs WHERE run=?", candidate.run).run();
  for (const auto blob : blobs) {
    if (const auto freed = drop_unused_blob(db, blob)) ++report.blobs, report.bytes += *freed;
  }
  Query(db, "DELETE FROM inbox WHERE run=?", candidate.run).run();
  Query(db, "DELETE FROM state WHERE run=?", candidate.run).run();
  Query(db, "DELETE FROM runs WHERE id=?", candidate.run).run();
}

/// Deletes some journal entries of pruned runs; returns whether there may be more.
bool drop_entries(Connection& db) {
  int left = entries_a_time;
  while (left > 0 && !db.failed()) {
    std::int64_t id = 0;
    std::int64_t run = 0;
    std::int64_t entry = 0;
    {
      Query query(db, "SELECT id, run, last_entry FROM pruned ORDER BY id LIMIT 1");
      if (!query.next()) return false;
      id = query.integer(0);
      run = query.integer(1);
      entry = query.integer(2);
    }
    for (; entry != 0 && left > 0 && !db.failed(); --left) {
      Query query(db, "DELETE FROM journal WHERE id=? AND run=? RETURNING prev", entry, run);
      entry = query.next() ? query.integer(0) : 0;
      query.next();
    }
    --left;
    if (entry == 0) {
      Query(db, "DELETE FROM pruned WHERE id=?", id).run();
    } else {
      Query(db, "UPDATE pruned SET last_entry=? WHERE id=?", entry, id).run();
    }
  }
  return !db.failed();
}

}  // namespace

Result<PruneReport> prune_runs(Writer& writer, ReaderPool& readers, const Registration& self, const PruneFilter& filter) {
  const auto candidates = find_candidates(readers, self, filter);
  if (!candidates) return std::unexpected(candidates.error());
  if (filter.dry_run) return rehearse(readers, *candidates);

  PruneReport report;
  for (std::size_t first = 0; first < candidates->size(); first += runs_a_time) {
    const auto last = std::min(candidates->size(), first + runs_a_time);
    PruneReport part;
    auto done = writer.perform([&](Connection& db, Appender&) -> Result<void> {
      for (auto i = first; i < last; ++i) drop_run(db, (*candidates)[i], filter.finished_before, part);
      return {};
    });
    if (!done) return std::unexpected(done.error());
    report.runs += part.runs;
    report.blobs += part.blobs;
    report.bytes += part.bytes;
  }
  for (bool more = true; more;) {
    auto done = writer.perform([&](Connection& db, Appender&) -> Result<void> {
      more = drop_entries(db);
      return {};
    });
    if (!done) return std::unexpected(done.error());
  }
  auto done = writer.perform([](Connection& db, Appender&) -> Result<void> {
    Query(db, "DELETE FROM definitions WHERE id NOT IN (SELECT definition FROM runs)").run();
    return {};
  });
  for (bool more = true; more && done;) {
    done = writer.perform([&](Connection& db, Appender&) -> Result<void> {
      const auto free_pages = [&] {
        Query query(db, "PRAGMA freelist_count");
        return query.next() ? query.integer(0) : 0;
      };
      const auto before = free_pages();
      for (Query query(db, "PRAGMA incremental_vacuum(1000)"); query.next();) {
      }
      more = before > pages_a_time && free_pages() < before;
      return {};
    });
  }
  if (!done) return std::unexpected(done.error());
  writer.checkpoint();
  return report;
}

}  // namespace skein::store
