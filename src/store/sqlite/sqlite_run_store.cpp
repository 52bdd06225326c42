#include "store/sqlite/sqlite_run_store.hpp"

#include <atomic>
#include <mutex>

#include <fmt/format.h>
#include <sys/stat.h>

#include "store/sqlite/open.hpp"
#include "store/sqlite/ownership.hpp"
#include "store/sqlite/prune.hpp"
#include "store/sqlite/queries.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/sessions.hpp"
#include "store/sqlite/spending.hpp"
#include "store/sqlite/writer.hpp"

namespace skein::store {
namespace {

/// Errors of the connection come first: after one, what the query says is only that it found nothing.
template <class T>
Result<T> checked(Connection& db, Result<T> result) {
  if (auto done = db.take(); !done) return std::unexpected(std::move(done.error()));
  return result;
}

std::uint64_t file_size(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

class SqliteRunStore final : public RunStore {
 public:
  SqliteRunStore(const SqliteOptions& options, OpenedForWriting opened)
      : options_(options),
        registration_(lock_directory_of(options.path)),
        readers_({options.path, options.vfs, options.busy_timeout}),
        writer_(options_, std::move(opened), registration_) {}
  ~SqliteRunStore() override { SqliteRunStore::close(); }

  Result<Appending> append(Append append, CommitSink& sink) override { return writer_.append(std::move(append), sink); }

  Result<void> read_journal(RunId run, std::uint64_t from_seq, const std::function<bool(StoredEntry)>& visit) const override {
    return query_journal(readers_, run, from_seq, visit);
  }

  Result<RunRow> find_run(RunId run) const override {
    return read<RunRow>([&](Connection& db) { return query_run(db, registration_.directory(), run); });
  }
  Result<std::vector<RunRow>> list_runs(const RunFilter& filter) const override {
    return read<std::vector<RunRow>>([&](Connection& db) { return query_runs(db, registration_.directory(), filter); });
  }
  Result<std::vector<RunId>> find_by_prefix(std::string_view prefix, std::size_t limit) const override {
    return read<std::vector<RunId>>([&](Connection& db) { return query_prefix(db, prefix, limit); });
  }
  Result<std::string> definition(std::string_view hash) const override {
    return read<std::string>([&](Connection& db) { return query_definition(db, hash); });
  }
  Result<std::string> get_blob(std::string_view hash) const override {
    return read<std::string>([&](Connection& db) { return query_blob(db, hash); });
  }

  Result<Claimed> claim(RunId run) override {
    Taken taken;
    const auto done = writer_.perform(
        [&](Connection& db, Appender& appender) -> Result<void> {
          auto found = claim_one(db, registration_, appender, run);
          if (!found) return std::unexpected(std::move(found.error()));
          taken = *found;
          return {};
        },
        [&](Appender& appender) { take_over(appender, taken); }, Writer::Purpose::takes_on_work);
    if (!done) return std::unexpected(done.error());
    return taken.claimed;
  }

  Result<std::vector<Claimed>> claim_runnable(Instant now, std::size_t limit, const LeftAlone& except) override {
    std::vector<Claimed> claimed;
    const auto worthwhile = read<bool>([&](Connection& db) -> Result<bool> { return anything_claimable(db, registration_, now, except); });
    if (!worthwhile) return std::unexpected(worthwhile.error());
    if (!*worthwhile || limit == 0) return claimed;
    TakenRuns taken;
    const auto done = writer_.perform(
        [&](Connection& db, Appender&) -> Result<void> {
          auto found = claim_some(db, registration_, now, limit, except);
          if (!found) return std::unexpected(std::move(found.error()));
          taken = std::move(*found);
          return {};
        },
        [&](Appender& appender) {
          for (const auto& one : taken.runs) take_over(appender, one);
        },
        Writer::Purpose::takes_on_work);
    if (!done) return std::unexpected(done.error());
    for (const auto owner : taken.emptied) forget_owner(registration_.directory(), owner);
    for (const auto& one : taken.runs) claimed.push_back(one.claimed);
    return claimed;
  }

  Result<void> release(RunId run, std::uint64_t epoch) override {
    return writer_.perform([&](Connection& db, Appender&) { return release_one(db, registration_, run, epoch); },
                           [&](Appender& appender) { appender.forget(run); });
  }

  Result<std::optional<Instant>> earliest_due() const override {
    return read<std::optional<Instant>>(
        [&](Connection& db) -> Result<std::optional<Instant>> { return earliest_free_due(db, registration_); });
  }

  Result<std::int64_t> post(InboxMessage message) override {
    std::int64_t id = 0;
    const auto done = writer_.perform([&](Connection& db, Appender&) -> Result<void> {
      std::int64_t run = 0;
      {
        Query query(db, "SELECT s.run, s.status FROM runs r JOIN state s ON s.run=r.id WHERE r.uuid=?", message.run);
        if (!query.next()) return fail(ErrorCode::not_found, fmt::format("there is no run {}", message.run.str()));
        run = query.integer(0);
        const auto status = static_cast<RunStatus>(query.integer(1));
        if (is_final(status)) {
          return fail(ErrorCode::conflict, fmt::format("run {} has ended ({})", message.run.str(), to_string(status)));
        }
      }
      Query(db, "INSERT INTO inbox(run, kind, payload, at) VALUES(?,?,?,?)", run, message.kind, message.payload, message.at).run();
      id = db.last_rowid();
      return {};
    });
    if (!done) return std::unexpected(done.error());
    return id;
  }
  Result<std::vector<InboxMessage>> inbox(RunId run) const override {
    return read<std::vector<InboxMessage>>([&](Connection& db) { return query_inbox(db, run); });
  }
  Result<std::vector<RunId>> runs_with_mail() const override {
    return read<std::vector<RunId>>(
        [&](Connection& db) -> Result<std::vector<RunId>> { return query_runs_with_mail(db, registration_.id()); });
  }

  std::uint64_t change_counter() const override {
    // Never written with, so that SQLite counts every commit, this process's own ones too.
    const std::lock_guard lock(watch_mutex_);
    if (!watch_ && !closed_) {
      auto opened = Connection::open({options_.path, options_.vfs, options_.busy_timeout});
      if (!opened) return last_change_;
      watch_ = std::move(*opened);
      watch_->no_checkpoint_on_close();
      watch_base_ = last_change_ + 1;
    }
    if (!watch_) return last_change_;
    {
      Query query(*watch_, "PRAGMA data_version");
      if (query.next()) last_change_ = watch_base_ + query.number(0);
    }
    if (!watch_->take()) watch_.reset();
    return last_change_;
  }

  Result<SessionRow> find_session(std::string_view name) const override {
    return read<SessionRow>([&](Connection& db) { return query_session(db, name); });
  }
  Result<std::vector<SessionRow>> list_sessions(const SessionFilter& filter) const override {
    return read<std::vector<SessionRow>>([&](Connection& db) -> Result<std::vector<SessionRow>> { return query_sessions(db, filter); });
  }
  Result<std::vector<SessionMessage>> read_session(const SessionPoint& until, std::uint64_t first) const override {
    return read<std::vector<SessionMessage>>([&](Connection& db) { return query_messages(db, until, first); });
  }
  Result<SessionRow> branch_session(std::string_view name, std::uint64_t turns, const SessionPoint& branch, Instant at) override {
    if (auto named = check_session_name(branch.name); !named) return std::unexpected(named.error());
    SessionRow row;
    const auto done = writer_.perform([&](Connection& db, Appender&) -> Result<void> {
      auto made = make_branch(db, name, turns, branch, at);
      if (!made) return std::unexpected(made.error());
      row = std::move(*made);
      return {};
    });
    if (!done) return std::unexpected(done.error());
    return row;
  }
  Result<void> delete_session(std::string_view name) override {
    return writer_.perform([&](Connection& db, Appender&) { return drop_session(db, name); });
  }

  Result<std::int64_t> append_shared(std::string_view stream, std::string_view payload, Instant at) override {
    std::int64_t id = 0;
    const auto done = writer_.perform([&](Connection& db, Appender&) -> Result<void> {
      Query(db, "INSERT INTO shared(stream, payload, at) VALUES(?,?,?)", stream, payload, at).run();
      id = db.last_rowid();
      return {};
    });
    if (!done) return std::unexpected(done.error());
    return id;
  }
  Result<std::vector<SharedEvent>> read_shared(std::string_view prefix, std::int64_t after_id) const override {
    return read<std::vector<SharedEvent>>(
        [&](Connection& db) -> Result<std::vector<SharedEvent>> { return query_shared(db, prefix, after_id); });
  }

  Result<Reserved> reserve(const std::string& account, const std::string& key, Charge most, ChargeLimits limits) override {
    Reserved reserved;
    const auto done = writer_.perform([&](Connection& db, Appender&) -> Result<void> {
      reserved = reserve_charge(db, account, key, most, limits);
      return {};
    });
    if (!done) return std::unexpected(done.error());
    return reserved;
  }
  Result<Settled> settle(const std::string& account, const std::string& key, Charge spent) override {
    Settled settled;
    const auto done = writer_.perform([&](Connection& db, Appender&) -> Result<void> {
      settled = settle_charge(db, account, key, spent);
      return {};
    });
    if (!done) return std::unexpected(done.error());
    return settled;
  }
  Result<Account> account(const std::string& account) const override {
    return read<Account>([&](Connection& db) -> Result<Account> { return query_account(db, account); });
  }
  Result<std::uint64_t> forget_accounts(const std::string& first, const std::string& end, bool dry_run) override {
    const auto found = read<std::uint64_t>([&](Connection& db) -> Result<std::uint64_t> { return count_accounts(db, first, end); });
    if (!found || *found == 0 || dry_run) return found;
    const auto done = writer_.perform([&](Connection& db, Appender&) -> Result<void> {
      drop_accounts(db, first, end);
      return {};
    });
    if (!done) return std::unexpected(done.error());
    return found;
  }

  Result<PruneReport> prune(const PruneFilter& filter) override { return prune_runs(writer_, readers_, registration_, filter); }

  Result<StoreInfo> info() const override {
    return read<StoreInfo>([&](Connection& db) -> Result<StoreInfo> {
      StoreInfo info;
      info.kind = "sqlite";
      info.path = options_.path;
      info.durability = to_string(options_.durability);
      info.bytes = file_size(options_.path) + file_size(options_.path + "-wal");
      Query version(db, "PRAGMA user_version");
      if (version.next()) info.schema_version = version.integer(0);
      Query count(db, "SELECT count(*) FROM state");
      if (count.next()) info.runs = count.number(0);
      return info;
    });
  }

  void close() override {
    writer_.close();
    readers_.close();
    {
      const std::lock_guard lock(watch_mutex_);
      closed_ = true;
      watch_.reset();
    }
    writer_.disconnect();
  }

 private:
  static void take_over(Appender& appender, const Taken& taken) {
    appender.take_over(taken.claimed.run, taken.key, taken.claimed.epoch, taken.last_seq, taken.last_entry);
  }

  template <class T, class Body>
  Result<T> read(const Body& body) const {
    auto lease = readers_.lease();
    if (!lease) return std::unexpected(std::move(lease.error()));
    return checked<T>(**lease, body(**lease));
  }

  const SqliteOptions options_;
  Registration registration_;
  mutable ReaderPool readers_;
  mutable std::mutex watch_mutex_;
  mutable std::unique_ptr<Connection> watch_;
  mutable std::uint64_t watch_base_ = 0;
  mutable std::uint64_t last_change_ = 0;
  bool closed_ = false;
  Writer writer_;  // last: its thread uses the members above
};

}  // namespace

std::string_view to_string(Durability durability) noexcept {
  switch (durability) {
    case Durability::full: return "full";
    case Durability::normal: return "normal";
    case Durability::memory: return "memory";
  }
  return "full";
}

Result<std::unique_ptr<RunStore>> open_sqlite_run_store(SqliteOptions options) {
  auto opened = open_for_writing(options);
  if (!opened) return std::unexpected(std::move(opened.error()));
  return std::make_unique<SqliteRunStore>(options, std::move(*opened));
}

}  // namespace skein::store
