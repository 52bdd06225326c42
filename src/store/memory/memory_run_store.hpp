#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "store/store.hpp"

namespace skein::store {

/// What several `MemoryRunStore`s of one process may share, as several processes share a database file.
class MemoryDatabase;

/// Keeps everything in memory: for tests, for `--durability memory`, and as the measure of what the engine itself costs. Appends are committed
/// on the spot; entries are encoded only when they are read.
class MemoryRunStore final : public RunStore {
 public:
  MemoryRunStore();
  explicit MemoryRunStore(std::shared_ptr<MemoryDatabase> database);
  ~MemoryRunStore() override;

  Result<Appending> append(Append append, CommitSink& sink) override;
  Result<void> read_journal(RunId run, std::uint64_t from_seq, const std::function<bool(StoredEntry)>& visit) const override;
  Result<RunRow> find_run(RunId run) const override;
  Result<std::vector<RunRow>> list_runs(const RunFilter& filter) const override;
  Result<std::vector<RunId>> find_by_prefix(std::string_view prefix, std::size_t limit) const override;
  Result<std::string> definition(std::string_view hash) const override;
  Result<Claimed> claim(RunId run) override;
  Result<std::vector<Claimed>> claim_runnable(Instant now, std::size_t limit) override;
  Result<void> release(RunId run, std::uint64_t epoch) override;
  Result<std::optional<Instant>> earliest_due() const override;
  Result<std::int64_t> post(InboxMessage message) override;
  Result<std::vector<InboxMessage>> inbox(RunId run) const override;
  Result<std::vector<RunId>> runs_with_mail() const override;
  std::uint64_t change_counter() const override;
  Result<std::int64_t> append_shared(std::string_view stream, std::string_view payload, Instant at) override;
  Result<std::vector<SharedEvent>> read_shared(std::string_view prefix, std::int64_t after_id) const override;
  Result<PruneReport> prune(const PruneFilter& filter) override;
  Result<StoreInfo> info() const override;
  void close() override;
  Result<std::string> get_blob(std::string_view hash) const override;

  /// A database to be shared.
  [[nodiscard]] static std::shared_ptr<MemoryDatabase> make_database();

 private:
  std::shared_ptr<MemoryDatabase> database_;
  std::uint64_t owner_ = 0;
};

}  // namespace skein::store
