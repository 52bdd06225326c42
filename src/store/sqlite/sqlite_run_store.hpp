#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "store/store.hpp"

namespace skein::store {

/// What a commit survives.
enum class SqliteDurability : std::uint8_t {
  full,    ///< a power cut: every commit is synced (synchronous=FULL)
  normal   ///< a crash of the process; a power cut may take the last commits (synchronous=NORMAL)
};

struct SqliteOptions {
  std::string path;                    ///< its folder is made if need be, readable by its owner only
  SqliteDurability durability = SqliteDurability::full;
};

/// Opens or makes a store in a SQLite file (WAL). Errors name the path and what to do.
[[nodiscard]] Result<std::unique_ptr<RunStore>> open_sqlite_store(SqliteOptions options);

}  // namespace skein::store
