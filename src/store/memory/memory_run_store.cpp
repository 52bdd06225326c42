#include "store/memory/memory_run_store.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/hash.hpp"
#include "store/errors.hpp"

namespace skein::store {

class MemoryDatabase {
 public:
  struct Entry {
    std::uint64_t first_seq = 0;
    std::uint32_t count = 0;
    std::shared_ptr<const JournalEntry> entry;
  };
  struct Run {
    RunId id;
    std::shared_ptr<const NewRun> facts;
    Instant updated{};
    std::uint64_t last_seq = 0;
    std::uint64_t epoch = 1;
    std::uint64_t owner = 0;           ///< 0: nobody
    RunSummary summary;
    std::vector<Entry> entries;
  };

  mutable std::mutex mutex;
  std::unordered_map<RunId, Run> runs;
  std::map<std::int64_t, InboxMessage> mail;
  std::vector<SharedEvent> shared;
  std::unordered_map<std::string, std::string> definitions;
  mutable std::unordered_map<std::string, std::string> blobs;
  std::set<std::uint64_t> owners;
  std::uint64_t next_owner = 1;
  std::int64_t next_id = 1;
  std::uint64_t changes = 0;

  [[nodiscard]] bool alive(std::uint64_t owner) const { return owner != 0 && owners.contains(owner); }
  [[nodiscard]] RunRow row(const Run& run) const {
    return {.id = run.id, .workflow = run.facts->workflow, .definition_hash = run.facts->definition_hash, .created = run.facts->created,
            .updated = run.updated, .last_seq = run.last_seq, .epoch = run.epoch, .owned = alive(run.owner), .summary = run.summary};
  }
  [[nodiscard]] bool has_mail(RunId run) const {
    return std::ranges::any_of(mail, [&](const auto& m) { return m.second.run == run; });
  }
};

namespace {

class KeepBlobs final : public BlobWriter {
 public:
  explicit KeepBlobs(std::unordered_map<std::string, std::string>& blobs) : blobs_(blobs) {}
  std::string put(std::string_view bytes) override {
    auto hash = sha256_hex(bytes);
    blobs_.try_emplace(hash, bytes);
    return hash;
  }

 private:
  std::unordered_map<std::string, std::string>& blobs_;
};

}  // namespace

std::shared_ptr<MemoryDatabase> MemoryRunStore::make_database() { return std::make_shared<MemoryDatabase>(); }

MemoryRunStore::MemoryRunStore() : MemoryRunStore(make_database()) {}

MemoryRunStore::MemoryRunStore(std::shared_ptr<MemoryDatabase> database) : database_(std::move(database)) {
  const std::lock_guard lock(database_->mutex);
  owner_ = database_->next_owner++;
  database_->owners.insert(owner_);
}

MemoryRunStore::~MemoryRunStore() { close(); }

Result<Appending> MemoryRunStore::append(Append append, CommitSink& /*sink*/) {
  auto& db = *database_;
  const std::lock_guard lock(db.mutex);
  if (!db.alive(owner_)) return std::unexpected(store_is_closed());
  if (append.create) {
    const auto [it, added] = db.runs.try_emplace(append.run);
    if (!added) return std::unexpected(run_exists(append.run));
    it->second.id = append.run;
    it->second.facts = append.create;
    it->second.owner = owner_;
    it->second.epoch = append.epoch;
    db.definitions.try_emplace(append.create->definition_hash, append.create->definition);
  }
  const auto it = db.runs.find(append.run);
  if (it == db.runs.end()) return std::unexpected(no_such_run(append.run));
  auto& run = it->second;
  if (run.owner != owner_ || run.epoch != append.epoch || append.first_seq != run.last_seq + 1) return std::unexpected(not_the_owner(append.run));
  run.last_seq += append.count;
  run.updated = append.at;
  run.summary = std::move(append.summary);
  run.entries.push_back({.first_seq = append.first_seq, .count = append.count, .entry = std::move(append.entry)});
  if (append.keep == Keep::released) run.owner = 0;
  for (const auto id : append.consumed) db.mail.erase(id);
  ++db.changes;
  return Appending::done;
}

Result<void> MemoryRunStore::read_journal(RunId run, std::uint64_t from_seq, const std::function<bool(StoredEntry)>& visit) const {
  std::vector<MemoryDatabase::Entry> entries;
  {
    const std::lock_guard lock(database_->mutex);
    const auto it = database_->runs.find(run);
    if (it == database_->runs.end()) return std::unexpected(no_such_run(run));
    entries = it->second.entries;
  }
  for (const auto& entry : entries) {
    if (entry.first_seq + entry.count <= from_seq) continue;
    StoredEntry stored{.first_seq = entry.first_seq, .count = entry.count, .text = {}};
    {
      const std::lock_guard lock(database_->mutex);
      KeepBlobs blobs(database_->blobs);
      entry.entry->encode(stored.text, blobs);
    }
    if (!visit(std::move(stored))) break;
  }
  return {};
}

Result<RunRow> MemoryRunStore::find_run(RunId run) const {
  const std::lock_guard lock(database_->mutex);
  const auto it = database_->runs.find(run);
  if (it == database_->runs.end()) return std::unexpected(no_such_run(run));
  return database_->row(it->second);
}

Result<std::vector<RunRow>> MemoryRunStore::list_runs(const RunFilter& filter) const {
  const std::lock_guard lock(database_->mutex);
  std::vector<RunRow> rows;
  for (const auto& [id, run] : database_->runs) {
    if (filter.status && run.summary.status != *filter.status) continue;
    if (!filter.workflow.empty() && run.facts->workflow != filter.workflow) continue;
    if (filter.created_after && run.facts->created <= *filter.created_after) continue;
    if (filter.before && id >= *filter.before) continue;
    rows.push_back(database_->row(run));
  }
  std::ranges::sort(rows, std::ranges::greater{}, &RunRow::id);
  if (rows.size() > filter.limit) rows.resize(filter.limit);
  return rows;
}

Result<std::vector<RunId>> MemoryRunStore::find_by_prefix(std::string_view prefix, std::size_t limit) const {
  if (prefix.size() < shortest_prefix) return std::unexpected(prefix_too_short(prefix));
  const std::lock_guard lock(database_->mutex);
  std::vector<RunId> found;
  for (const auto& [id, run] : database_->runs) {
    if (found.size() < limit && id.str().starts_with(prefix)) found.push_back(id);
  }
  std::ranges::sort(found);
  return found;
}

Result<std::string> MemoryRunStore::definition(std::string_view hash) const {
  const std::lock_guard lock(database_->mutex);
  const auto it = database_->definitions.find(std::string(hash));
  if (it == database_->definitions.end()) return std::unexpected(no_such_definition(hash));
  return it->second;
}

Result<Claimed> MemoryRunStore::claim(RunId id) {
  const std::lock_guard lock(database_->mutex);
  const auto it = database_->runs.find(id);
  if (it == database_->runs.end()) return std::unexpected(no_such_run(id));
  auto& run = it->second;
  if (run.owner != owner_ && database_->alive(run.owner)) return std::unexpected(owned_elsewhere(id, "another part of this process"));
  run.owner = owner_;
  ++database_->changes;
  return Claimed{.run = id, .epoch = ++run.epoch};
}

Result<std::vector<Claimed>> MemoryRunStore::claim_runnable(Instant now, std::size_t limit) {
  const std::lock_guard lock(database_->mutex);
  std::vector<Claimed> claimed;
  for (const bool orphans : {true, false}) {
    for (auto& [id, run] : database_->runs) {
      if (claimed.size() >= limit) return claimed;
      if (is_final(run.summary.status) || database_->alive(run.owner) || orphans != (run.owner != 0)) continue;
      if (run.summary.next_due && *run.summary.next_due > now && !database_->has_mail(id)) continue;
      run.owner = owner_;
      claimed.push_back({.run = id, .epoch = ++run.epoch});
    }
  }
  return claimed;
}

Result<void> MemoryRunStore::release(RunId id, std::uint64_t epoch) {
  const std::lock_guard lock(database_->mutex);
  const auto it = database_->runs.find(id);
  if (it == database_->runs.end()) return std::unexpected(no_such_run(id));
  if (it->second.owner == owner_ && it->second.epoch == epoch) it->second.owner = 0;
  ++database_->changes;
  return {};
}

Result<std::optional<Instant>> MemoryRunStore::earliest_due() const {
  const std::lock_guard lock(database_->mutex);
  std::optional<Instant> earliest;
  for (const auto& [id, run] : database_->runs) {
    if (is_final(run.summary.status) || database_->alive(run.owner) || !run.summary.next_due) continue;
    if (!earliest || *run.summary.next_due < *earliest) earliest = run.summary.next_due;
  }
  return earliest;
}

Result<std::int64_t> MemoryRunStore::post(InboxMessage message) {
  const std::lock_guard lock(database_->mutex);
  const auto it = database_->runs.find(message.run);
  if (it == database_->runs.end()) return std::unexpected(no_such_run(message.run));
  if (is_final(it->second.summary.status)) return std::unexpected(run_is_over(message.run, it->second.summary.status));
  message.id = database_->next_id++;
  ++database_->changes;
  const auto id = message.id;
  database_->mail.emplace(id, std::move(message));
  return id;
}

Result<std::vector<InboxMessage>> MemoryRunStore::inbox(RunId run) const {
  const std::lock_guard lock(database_->mutex);
  std::vector<InboxMessage> out;
  for (const auto& [id, message] : database_->mail) {
    if (message.run == run) out.push_back(message);
  }
  return out;
}

Result<std::vector<RunId>> MemoryRunStore::runs_with_mail() const {
  const std::lock_guard lock(database_->mutex);
  std::set<RunId> out;
  for (const auto& [id, message] : database_->mail) {
    const auto it = database_->runs.find(message.run);
    if (it != database_->runs.end() && it->second.owner == owner_) out.insert(message.run);
  }
  return std::vector<RunId>(out.begin(), out.end());
}

std::uint64_t MemoryRunStore::change_counter() const {
  const std::lock_guard lock(database_->mutex);
  return database_->changes;
}

Result<std::int64_t> MemoryRunStore::append_shared(std::string_view stream, std::string_view payload, Instant at) {
  const std::lock_guard lock(database_->mutex);
  const auto id = database_->next_id++;
  database_->shared.push_back({.id = id, .stream = std::string(stream), .payload = std::string(payload), .at = at});
  ++database_->changes;
  return id;
}

Result<std::vector<SharedEvent>> MemoryRunStore::read_shared(std::string_view prefix, std::int64_t after_id) const {
  const std::lock_guard lock(database_->mutex);
  std::vector<SharedEvent> out;
  for (const auto& event : database_->shared) {
    if (event.id > after_id && event.stream.starts_with(prefix)) out.push_back(event);
  }
  return out;
}

Result<PruneReport> MemoryRunStore::prune(const PruneFilter& filter) {
  const std::lock_guard lock(database_->mutex);
  PruneReport report;
  for (auto it = database_->runs.begin(); it != database_->runs.end();) {
    const auto& run = it->second;
    const bool wanted = is_final(run.summary.status) && run.updated < filter.finished_before && (!filter.status || run.summary.status == *filter.status);
    if (wanted) {
      ++report.runs;
      if (!filter.dry_run) std::erase_if(database_->mail, [&](const auto& m) { return m.second.run == run.id; });
    }
    it = wanted && !filter.dry_run ? database_->runs.erase(it) : std::next(it);
  }
  return report;
}

Result<StoreInfo> MemoryRunStore::info() const {
  const std::lock_guard lock(database_->mutex);
  return StoreInfo{.kind = "memory", .path = {}, .durability = "memory", .runs = database_->runs.size(), .bytes = 0, .schema_version = 0};
}

void MemoryRunStore::close() {
  const std::lock_guard lock(database_->mutex);
  database_->owners.erase(owner_);
}

Result<std::string> MemoryRunStore::get_blob(std::string_view hash) const {
  const std::lock_guard lock(database_->mutex);
  const auto it = database_->blobs.find(std::string(hash));
  if (it == database_->blobs.end()) return std::unexpected(no_such_blob(hash));
  return it->second;
}

}  // namespace skein::store
