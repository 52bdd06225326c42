#pragma once

#include <span>
#include <string_view>

#include "base/error.hpp"
#include "store/sqlite/connection.hpp"

namespace skein::store {

/// One step from schema version `to - 1` to `to`.
struct Migration {
  std::int64_t to = 0;
  const char* sql = nullptr;
};

/// Every step so far, oldest first. Published steps never change.
[[nodiscard]] std::span<const Migration> migrations();

/// "SKN1": marks a database file as Skein's.
inline constexpr std::int64_t application_id = 0x534b4e31;

/// Brings an empty or older database to the newest schema, in one transaction. `unsupported` for a schema newer than the last of
/// `steps`; `invalid_argument` for another program's database. `path` is for messages.
[[nodiscard]] Result<void> migrate(Connection& db, std::string_view path, std::span<const Migration> steps = migrations());

}  // namespace skein::store
