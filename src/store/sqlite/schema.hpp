#pragma once

#include "store/sqlite/connection.hpp"

namespace skein::store::sqlite {

/// The newest schema this version knows.
inline constexpr std::int64_t schema_version = 1;

/// Brings an empty or older database to `schema_version`, in one transaction. A newer one is refused.
[[nodiscard]] Result<void> migrate(Connection& connection, const std::string& path);

}  // namespace skein::store::sqlite
