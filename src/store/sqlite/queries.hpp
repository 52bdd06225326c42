#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/reader_pool.hpp"
#include "store/store.hpp"

namespace skein::store {

// What RunStore says of the members of the same names. An error of the connection stays with the connection, to be taken afterwards.

[[nodiscard]] Result<RunRow> query_run(Connection& db, const std::string& lock_directory, RunId run);
[[nodiscard]] Result<std::vector<RunRow>> query_runs(Connection& db, const std::string& lock_directory, const RunFilter& filter);
[[nodiscard]] Result<std::vector<RunId>> query_prefix(Connection& db, std::string_view prefix, std::size_t limit);
[[nodiscard]] Result<std::string> query_definition(Connection& db, std::string_view hash);
[[nodiscard]] Result<std::string> query_blob(Connection& db, std::string_view hash);
[[nodiscard]] Result<std::vector<InboxMessage>> query_inbox(Connection& db, RunId run);
[[nodiscard]] std::vector<RunId> query_runs_with_mail(Connection& db, std::int64_t owner);
[[nodiscard]] std::vector<SharedEvent> query_shared(Connection& db, std::string_view prefix, std::int64_t after_id);

/// Takes a connection for a moment at a time, never while `visit` runs.
[[nodiscard]] Result<void> query_journal(ReaderPool& pool, RunId run, std::uint64_t from_seq,
                                         const std::function<bool(StoredEntry)>& visit);

}  // namespace skein::store
