#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "store/sqlite/connection.hpp"
#include "store/store.hpp"

namespace skein::store {

// What RunStore says of the members of similar names. An error of the connection stays with the connection, to be taken afterwards.

/// Whether every exchange fits onto where its session stands; writes nothing.
[[nodiscard]] Result<void> check_exchanges(Connection& db, const std::vector<Exchange>& exchanges);
/// Adds those of an append, after `check_exchanges` in the same transaction; returns the bytes that it wrote.
std::size_t add_exchanges(Connection& db, const Append& append);

[[nodiscard]] Result<SessionRow> query_session(Connection& db, std::string_view name);
[[nodiscard]] std::vector<SessionRow> query_sessions(Connection& db, const SessionFilter& filter);
[[nodiscard]] Result<std::vector<SessionMessage>> query_messages(Connection& db, const SessionPoint& until, std::uint64_t first);
[[nodiscard]] Result<SessionRow> make_branch(Connection& db, std::string_view name, std::uint64_t turns, const SessionPoint& branch,
                                             Instant at);
[[nodiscard]] Result<void> drop_session(Connection& db, std::string_view name);

/// Deletes a blob that neither a run nor a session uses; its size where it did.
std::optional<std::uint64_t> drop_unused_blob(Connection& db, std::int64_t blob);

}  // namespace skein::store
