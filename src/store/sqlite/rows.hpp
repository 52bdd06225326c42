#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite/connection.hpp"
#include "store/store.hpp"

namespace skein::store::sqlite {

/// A row of the run index, with what only the database knows.
struct FoundRun {
  RunRow row;                          ///< `owned` is not filled
  std::int64_t key = 0;
  std::int64_t last_entry = 0;
  std::optional<std::int64_t> owner;
};

/// `not_found` for an unknown run.
[[nodiscard]] Result<FoundRun> read_run(Connection& c, RunId run);
[[nodiscard]] Result<std::vector<FoundRun>> read_runs(Connection& c, const RunFilter& filter);
[[nodiscard]] Result<std::vector<RunId>> read_ids_by_prefix(Connection& c, std::string_view prefix, std::size_t limit);
[[nodiscard]] Result<void> read_entries(Connection& c, RunId run, std::uint64_t from_seq, const std::function<bool(StoredEntry)>& visit);
/// The first column of the row whose key is `key`; empty where there is none.
[[nodiscard]] Result<std::optional<std::string>> read_text(Connection& c, std::string_view sql, std::string_view key);
[[nodiscard]] Result<std::vector<InboxMessage>> read_inbox(Connection& c, RunId run);
[[nodiscard]] Result<std::vector<RunId>> read_runs_with_mail(Connection& c, std::int64_t owner);
[[nodiscard]] Result<std::vector<SharedEvent>> read_shared_events(Connection& c, std::string_view prefix, std::int64_t after_id);

/// Owners on record, dead or alive; empty on an error.
[[nodiscard]] std::vector<std::int64_t> read_owners(Connection& c);
[[nodiscard]] std::int64_t pid_of(Connection& c, std::int64_t owner);
[[nodiscard]] Result<void> forget_owners(Connection& c, const std::vector<std::int64_t>& owners);

/// Open runs that nobody or one of `dead` owns and that could go on at `now`; those of the dead first.
[[nodiscard]] Result<std::vector<FoundRun>> find_runnable(Connection& c, const std::vector<std::int64_t>& dead, Instant now, std::size_t limit);
[[nodiscard]] Result<std::optional<Instant>> read_earliest_due(Connection& c, const std::vector<std::int64_t>& dead);
[[nodiscard]] Result<void> take_run(Connection& c, std::int64_t key, std::int64_t owner, std::uint64_t epoch);
[[nodiscard]] Result<void> release_run(Connection& c, RunId run, std::int64_t owner, std::uint64_t epoch);

}  // namespace skein::store::sqlite
