#include "store/sqlite/pruning.hpp"

#include <utility>
#include <vector>

namespace skein::store::sqlite {
namespace {

constexpr std::int64_t runs_at_once = 200;

struct Candidate {
  std::int64_t key = 0;
  std::int64_t last_entry = 0;
};

Result<std::vector<Candidate>> candidates(Connection& c, const PruneFilter& filter, std::int64_t after_key) {
  auto select = c.prepare("SELECT key, last_entry FROM runs WHERE status>=3 AND updated<?1 AND (?2 IS NULL OR status=?2) AND key>?3 ORDER BY key LIMIT ?4");
  if (!select) return std::unexpected(select.error());
  select->bind(1, to_micros(filter.finished_before));
  filter.status ? select->bind(2, static_cast<std::int64_t>(*filter.status)) : select->bind_null(2);
  select->bind(3, after_key).bind(4, runs_at_once);
  std::vector<Candidate> out;
  while (true) {
    const auto row = select->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    out.push_back({.key = select->integer(0), .last_entry = select->integer(1)});
  }
}

/// Walks a run's chain; counts it, and deletes it where asked to.
Result<void> drop_run(Connection& c, const Candidate& run, bool really, PruneReport& report) {
  auto link = c.prepare("SELECT prev, length(events) FROM journal WHERE id=?");
  if (!link) return std::unexpected(link.error());
  auto remove = c.prepare("DELETE FROM journal WHERE id=?");
  if (!remove) return std::unexpected(remove.error());
  for (auto id = run.last_entry; id != 0;) {
    const auto row = link->bind(1, id).step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    const auto prev = link->integer(0);
    report.bytes += static_cast<std::uint64_t>(link->integer(1));
    link->reset();
    if (really) {
      const auto removed = remove->bind(1, id).run();
      if (!removed) return removed;
    }
    id = prev < id ? prev : 0;
  }
  ++report.runs;
  if (!really) return {};
  for (const char* sql : {"DELETE FROM inbox WHERE run=?", "DELETE FROM blob_uses WHERE run=?", "DELETE FROM runs WHERE key=?"}) {
    auto statement = c.prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    const auto removed = statement->bind(1, run.key).run();
    if (!removed) return removed;
  }
  return {};
}

Result<void> drop_unused_blobs(Connection& c, PruneReport& report) {
  auto sizes = c.prepare("SELECT count(*), coalesce(sum(length(bytes)), 0) FROM blobs WHERE hash NOT IN (SELECT hash FROM blob_uses)");
  if (!sizes) return std::unexpected(sizes.error());
  const auto row = sizes->step();
  if (!row) return std::unexpected(row.error());
  report.blobs += static_cast<std::uint64_t>(sizes->integer(0));
  report.bytes += static_cast<std::uint64_t>(sizes->integer(1));
  sizes->reset();
  return c.execute("DELETE FROM blobs WHERE hash NOT IN (SELECT hash FROM blob_uses)");
}

}  // namespace

Result<PruneReport> prune_runs(Writer& writer, Readers& readers, const PruneFilter& filter) {
  PruneReport report;
  std::int64_t after = 0;
  while (true) {
    std::size_t found = 0;
    const auto step = [&](Connection& c) -> Result<void> {
      const auto batch = candidates(c, filter, after);
      if (!batch) return std::unexpected(batch.error());
      found = batch->size();
      for (const auto& run : *batch) {
        const auto dropped = drop_run(c, run, !filter.dry_run, report);
        if (!dropped) return dropped;
        after = run.key;
      }
      return {};
    };
    Result<void> done;
    if (filter.dry_run) {
      auto reader = readers.get();
      if (!reader) return std::unexpected(reader.error());
      done = step(**reader);
    } else {
      done = writer.perform(step);
    }
    if (!done) return std::unexpected(done.error());
    if (found == 0) break;
  }
  if (filter.dry_run || report.runs == 0) return report;
  const auto blobs = writer.perform([&](Connection& c) { return drop_unused_blobs(c, report); });
  if (!blobs) return std::unexpected(blobs.error());
  const auto vacuumed = writer.perform([](Connection& c) { return c.execute("PRAGMA incremental_vacuum"); });
  if (!vacuumed) return std::unexpected(vacuumed.error());
  return report;
}

}  // namespace skein::store::sqlite
