#include "store/sqlite/sqlite_run_store.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.hpp"
#include "store/errors.hpp"
#include "store/sqlite/owner_lock.hpp"
#include "store/sqlite/pruning.hpp"
#include "store/sqlite/readers.hpp"
#include "store/sqlite/rows.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/writer.hpp"

namespace skein::store {
namespace sqlite {
namespace {

class SqliteRunStore final : public RunStore {
 public:
  SqliteRunStore(SqliteOptions options, OwnerLock lock, Connection writing, Connection watching)
      : options_(std::move(options)),
        owners_folder_(owners_folder_of(options_.path)),
        lock_(std::move(lock)),
        readers_(options_.path),
        watching_(std::move(watching)),
        writer_(std::move(writing), lock_->owner()) {}
  ~SqliteRunStore() override { close(); }

  static std::string owners_folder_of(const std::string& path) { return path + ".owners"; }

  Result<void> register_owner() {
    const auto owner = lock_->owner();
    return writer_.perform([owner](Connection& c) -> Result<void> {
      auto insert = c.prepare("INSERT INTO owners(id, pid, since) VALUES(?,?,?)");
      if (!insert) return std::unexpected(insert.error());
      return insert->bind(1, owner).bind(2, getpid()).bind(3, to_micros(SystemClock{}.now())).run();
    });
  }

  Result<Appending> append(Append append, CommitSink& sink) override {
    const auto queued = writer_.append(std::move(append), sink);
    if (!queued) return std::unexpected(queued.error());
    return Appending::pending;
  }

  Result<void> read_journal(RunId run, std::uint64_t from_seq, const std::function<bool(StoredEntry)>& visit) const override {
    auto reader = readers_.get();
    if (!reader) return std::unexpected(reader.error());
    return read_entries(**reader, run, from_seq, visit);
  }

  Result<RunRow> find_run(RunId run) const override {
    auto reader = readers_.get();
    if (!reader) return std::unexpected(reader.error());
    auto row = read_run(**reader, run);
    if (row) row->row.owned = is_owned(row->owner);
    if (!row) return std::unexpected(row.error());
    return std::move(row->row);
  }

  Result<std::vector<RunRow>> list_runs(const RunFilter& filter) const override {
    auto reader = readers_.get();
    if (!reader) return std::unexpected(reader.error());
    auto found = read_runs(**reader, filter);
    if (!found) return std::unexpected(found.error());
    std::vector<RunRow> rows;
    for (auto& item : *found) {
      item.row.owned = is_owned(item.owner);
      rows.push_back(std::move(item.row));
    }
    return rows;
  }

  Result<std::vector<RunId>> find_by_prefix(std::string_view prefix, std::size_t limit) const override {
    if (prefix.size() < shortest_prefix) return std::unexpected(prefix_too_short(prefix));
    auto reader = readers_.get();
    if (!reader) return std::unexpected(reader.error());
    return read_ids_by_prefix(**reader, prefix, limit);
  }

  Result<std::string> definition(std::string_view hash) const override {
    auto reader = readers_.get();
    if (!reader) return std::unexpected(reader.error());
    auto text = read_text(**reader, "SELECT document FROM definitions WHERE hash=?", hash);
    if (!text) return std::unexpected(text.error());
    if (!*text) return std::unexpected(no_such_definition(hash));
    return std::move(**text);
  }

  Result<std::string> get_blob(std::string_view hash) const override {
    auto reader = readers_.get();
    if (!reader) return std::unexpected(reader.error());
    auto bytes = read_text(**reader, "SELECT bytes FROM blobs WHERE hash=?", hash);
    if (!bytes) return std::unexpected(bytes.error());
    if (!*bytes) return std::unexpected(no_such_blob(hash));
    return std::move(**bytes);
  }

  Result<Claimed> claim(RunId run) override {
    Claimed claimed{.run = run, .epoch = 0};
    const auto done = writer_.perform([&](Connection& c) -> Result<void> {
      const auto found = read_run(c, run);
      if (!found) return std::unexpected(found.error());
      if (found->owner && *found->owner != lock_->owner() && is_owned(found->owner)) {
        const auto pid = pid_of(c, *found->owner);
        return std::unexpected(owned_elsewhere(run, fmt::format("process {}", pid)));
      }
      claimed.epoch = found->row.epoch + 1;
      return take_run(c, found->key, lock_->owner(), claimed.epoch);
    });
    if (!done) return std::unexpected(done.error());
    return claimed;
  }

  Result<std::vector<Claimed>> claim_runnable(Instant now, std::size_t limit) override {
    // Looked for first without the write lock: most of the time there is nothing.
    {
      auto reader = readers_.get();
      if (!reader) return std::unexpected(reader.error());
      const auto found = find_runnable(**reader, dead_owners(**reader), now, 1);
      if (!found) return std::unexpected(found.error());
      if (found->empty()) return std::vector<Claimed>{};
    }
    std::vector<Claimed> claimed;
    const auto done = writer_.perform([&](Connection& c) -> Result<void> {
      const auto dead = dead_owners(c);
      const auto found = find_runnable(c, dead, now, limit);
      if (!found) return std::unexpected(found.error());
      for (const auto& run : *found) {
        const auto epoch = run.row.epoch + 1;
        const auto taken = take_run(c, run.key, lock_->owner(), epoch);
        if (!taken) return taken;
        claimed.push_back({.run = run.row.id, .epoch = epoch});
      }
      return forget_owners(c, dead);
    });
    if (!done) return std::unexpected(done.error());
    return claimed;
  }

  Result<void> release(RunId run, std::uint64_t epoch) override {
    return writer_.perform([&](Connection& c) { return release_run(c, run, lock_->owner(), epoch); });
  }

  Result<std::optional<Instant>> earliest_due() const override {
    auto reader = readers_.get();
    if (!reader) return std::unexpected(reader.error());
    return read_earliest_due(**reader, dead_owners(**reader));
  }

  Result<std::int64_t> post(InboxMessage message) override {
    std::int64_t id = 0;
    const auto done = writer_.perform([&](Connection& c) -> Result<void> {
      const auto found = read_run(c, message.run);
      if (!found) return std::unexpected(found.error());
      if (is_final(found->row.summary.status)) return std::unexpected(run_is_over(message.run, found->row.summary.status));
      auto insert = c.prepare("INSERT INTO inbox(run, kind, payload, at) VALUES(?,?,?,?)");
      if (!insert) return std::unexpected(insert.error());
      const auto inserted = insert->bind(1, found->key).bind(2, message.kind).bind(3, message.payload).bind(4, to_micros(message.at)).run();
      id = c.last_insert_id();
      return inserted;
    });
    if (!done) return std::unexpected(done.error());
    return id;
  }

  Result<std::vector<InboxMessage>> inbox(RunId run) const override {
    auto reader = readers_.get();
    if (!reader) return std::unexpected(reader.error());
    return read_inbox(**reader, run);
  }

  Result<std::vector<RunId>> runs_with_mail() const override {
    auto reader = readers_.get();
    if (!reader) return std::unexpected(reader.error());
    return read_runs_with_mail(**reader, lock_->owner());
  }

  std::uint64_t change_counter() const override {
    const std::lock_guard lock(watching_mutex_);
    return static_cast<std::uint64_t>(watching_.integer("PRAGMA data_version").value_or(0));
  }

  Result<std::int64_t> append_shared(std::string_view stream, std::string_view payload, Instant at) override {
    std::int64_t id = 0;
    const auto done = writer_.perform([&](Connection& c) -> Result<void> {
      auto insert = c.prepare("INSERT INTO shared(stream, payload, at) VALUES(?,?,?)");
      if (!insert) return std::unexpected(insert.error());
      const auto inserted = insert->bind(1, stream).bind(2, payload).bind(3, to_micros(at)).run();
      id = c.last_insert_id();
      return inserted;
    });
    if (!done) return std::unexpected(done.error());
    return id;
  }

  Result<std::vector<SharedEvent>> read_shared(std::string_view prefix, std::int64_t after_id) const override {
    auto reader = readers_.get();
    if (!reader) return std::unexpected(reader.error());
    return read_shared_events(**reader, prefix, after_id);
  }

  Result<PruneReport> prune(const PruneFilter& filter) override { return prune_runs(writer_, readers_, filter); }

  Result<StoreInfo> info() const override {
    auto reader = readers_.get();
    if (!reader) return std::unexpected(reader.error());
    auto& c = **reader;
    StoreInfo info{.kind = "sqlite", .path = options_.path, .durability = options_.durability == SqliteDurability::full ? "full" : "normal",
                   .runs = 0, .bytes = 0, .schema_version = schema_version};
    const auto runs = c.integer("SELECT count(*) FROM runs");
    if (!runs) return std::unexpected(runs.error());
    info.runs = static_cast<std::uint64_t>(*runs);
    const auto bytes = c.integer("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()");
    if (!bytes) return std::unexpected(bytes.error());
    info.bytes = static_cast<std::uint64_t>(*bytes);
    return info;
  }

  void close() override {
    if (closed_.exchange(true)) return;
    const auto owner = lock_->owner();
    (void)writer_.perform([owner](Connection& c) -> Result<void> {
      auto release = c.prepare("UPDATE runs SET owner=NULL WHERE owner=? AND status<3");
      if (!release) return std::unexpected(release.error());
      const auto released = release->bind(1, owner).run();
      if (!released) return released;
      return forget_owners(c, {owner});
    });
    writer_.close();
    lock_.reset();
  }

 private:
  [[nodiscard]] bool is_owned(const std::optional<std::int64_t>& owner) const {
    if (!owner) return false;
    return (lock_ && *owner == lock_->owner()) || OwnerLock::is_alive(owners_folder_, *owner);
  }
  [[nodiscard]] std::vector<std::int64_t> dead_owners(Connection& c) const {
    auto owners = read_owners(c);
    std::erase_if(owners, [this](std::int64_t owner) { return is_owned(owner); });
    return owners;
  }

  SqliteOptions options_;
  std::string owners_folder_;
  std::optional<OwnerLock> lock_;
  mutable Readers readers_;
  mutable std::mutex watching_mutex_;
  mutable Connection watching_;
  Writer writer_;
  std::atomic<bool> closed_{false};
};

Result<Connection> open_for_writing(const SqliteOptions& options) {
  auto connection = Connection::open(options.path, Access::write);
  if (!connection) return connection;
  (void)chmod(options.path.c_str(), 0600);
  // The page size must be chosen before the first table; larger pages hold more of the journal per sync.
  for (const char* pragma : {"PRAGMA page_size=8192", "PRAGMA auto_vacuum=INCREMENTAL", "PRAGMA journal_mode=WAL", "PRAGMA wal_autocheckpoint=2000",
                             "PRAGMA cache_size=-16384", "PRAGMA temp_store=MEMORY",
                             options.durability == SqliteDurability::full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"}) {
    const auto set = connection->execute(pragma);
    if (!set) return std::unexpected(set.error());
  }
  const auto migrated = migrate(*connection, options.path);
  if (!migrated) return std::unexpected(migrated.error());
  return connection;
}

}  // namespace
}  // namespace sqlite

Result<std::unique_ptr<RunStore>> open_sqlite_store(SqliteOptions options) {
  const auto folder = std::filesystem::path(options.path).parent_path();
  if (!folder.empty() && !std::filesystem::exists(folder)) {
    std::error_code ec;
    std::filesystem::create_directories(folder, ec);
    if (ec) return fail(ErrorCode::store_failed, fmt::format("the folder {} cannot be made ({}); name another store with --store", folder.string(), ec.message()));
    (void)chmod(folder.c_str(), 0700);
  }
  auto writing = sqlite::open_for_writing(options);
  if (!writing) return std::unexpected(writing.error());
  auto watching = sqlite::Connection::open(options.path, sqlite::Access::read);
  if (!watching) return std::unexpected(watching.error());
  SystemRandom random;
  auto lock = sqlite::OwnerLock::take(sqlite::SqliteRunStore::owners_folder_of(options.path), static_cast<std::int64_t>(random.next() >> 1));
  if (!lock) return std::unexpected(lock.error());
  auto store = std::make_unique<sqlite::SqliteRunStore>(std::move(options), std::move(*lock), std::move(*writing), std::move(*watching));
  const auto registered = store->register_owner();
  if (!registered) return std::unexpected(registered.error());
  return store;
}

}  // namespace skein::store
