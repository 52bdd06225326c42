#pragma once

#include <memory>
#include <string>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/sqlite_run_store.hpp"

namespace skein::store {

/// Where the owners of the store at `path` have their lock files.
[[nodiscard]] std::string lock_directory_of(const std::string& path);

/// Creates what is missing, checks that it is a Skein store, migrates it, and returns the connection to write with.
[[nodiscard]] Result<std::unique_ptr<Connection>> open_for_writing(const SqliteOptions& options);

}  // namespace skein::store
