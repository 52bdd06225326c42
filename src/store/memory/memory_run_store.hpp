#pragma once

#include <memory>

#include "store/store.hpp"

namespace skein::store {

/// What several `MemoryRunStore`s share, as several processes share a database file.
class MemoryDatabase;

[[nodiscard]] std::shared_ptr<MemoryDatabase> make_memory_database();

/// A store without a disk: `append` commits at once and returns `Appending::done`, entries are kept as they are and encoded when
/// they are read. Nothing survives the last store on a database.
[[nodiscard]] std::unique_ptr<RunStore> make_memory_run_store(std::shared_ptr<MemoryDatabase> database = make_memory_database());

}  // namespace skein::store
