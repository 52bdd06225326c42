#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "store/store.hpp"

namespace skein::store {

/// What an acknowledged commit survives.
enum class Durability : std::uint8_t {
  full,    ///< power loss: every commit is synced before it is reported
  normal,  ///< the end of the process; power loss may take the last commits, but leaves the store consistent
  memory   ///< the end of the process; power loss may destroy the store: nothing is ever synced
};

/// "full", "normal", "memory".
[[nodiscard]] std::string_view to_string(Durability durability) noexcept;

struct SqliteOptions {
  std::string path;
  Durability durability = Durability::full;
  /// How long another process's write transaction is waited for before a commit is refused.
  std::chrono::milliseconds busy_timeout{30'000};
  /// Appends that may wait for the writer; beyond it, `append` blocks (except on the store's own thread).
  std::size_t max_pending = 262'144;
  std::size_t max_rows_per_commit = 4'096;
  std::size_t max_bytes_per_commit = std::size_t{16} << 20;
  /// Size of the write-ahead log, in pages of 4 KiB, from which it is copied into the database.
  int checkpoint_pages = 4'000;
  /// How long the idle writer looks for work before it sleeps.
  std::chrono::microseconds spin{20};
  /// Name of a registered SQLite VFS; empty for the operating system's. For tests.
  std::string vfs;
};

/// Opens the store, creating directory (0700) and database (0600) where they are missing, and brings an older schema up to date.
/// Opening and reading an existing store writes nothing into the database.
[[nodiscard]] Result<std::unique_ptr<RunStore>> open_sqlite_run_store(SqliteOptions options);

}  // namespace skein::store
