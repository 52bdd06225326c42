#pragma once

#include <memory>
#include <optional>
#include <string>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/sqlite_run_store.hpp"

namespace skein::store {

/// Where the owners of the store at `path` have their lock files.
[[nodiscard]] std::string lock_directory_of(const std::string& path);

struct OpenedForWriting {
  std::unique_ptr<Connection> db;
  std::optional<Error> full = {};  ///< where the reserve is used: what new work is told
};

/// Creates what is missing, checks that it is a Skein store, migrates it, and returns the connection to write with. Where the disk is full
/// it gives up the reserve for that.
[[nodiscard]] Result<OpenedForWriting> open_for_writing(const SqliteOptions& options);

}  // namespace skein::store
