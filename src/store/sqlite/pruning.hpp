#pragma once

#include "store/sqlite/readers.hpp"
#include "store/sqlite/writer.hpp"

namespace skein::store::sqlite {

/// Deletes final runs in small transactions, so that nobody waits long, and gives freed pages back to the file system.
[[nodiscard]] Result<PruneReport> prune_runs(Writer& writer, Readers& readers, const PruneFilter& filter);

}  // namespace skein::store::sqlite
