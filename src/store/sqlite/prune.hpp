#pragma once

#include "store/sqlite/owners.hpp"
#include "store/sqlite/reader_pool.hpp"
#include "store/sqlite/writer.hpp"
#include "store/store.hpp"

namespace skein::store {

/// What `RunStore::prune` says: in many short transactions, so that the writer's other work waits for one of them at most.
[[nodiscard]] Result<PruneReport> prune_runs(Writer& writer, ReaderPool& readers, const Registration& self, const PruneFilter& filter);

}  // namespace skein::store
