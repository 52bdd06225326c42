#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "store/sqlite/appender.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/owners.hpp"
#include "store/store.hpp"

namespace skein::store {

/// A run taken inside a transaction, for `Appender::take_over` after its commit.
struct Taken {
  Claimed claimed;
  std::int64_t key = 0;
  std::uint64_t last_seq = 0;
  std::int64_t last_entry = 0;
};

/// What `RunStore::claim` says; inside a write transaction.
[[nodiscard]] Result<Taken> claim_one(Connection& db, Registration& self, const Appender& appender, RunId run);

struct TakenRuns {
  std::vector<Taken> runs;
  std::vector<std::int64_t> emptied;  ///< dead owners that own nothing any more; their lock files can go
};

/// What `RunStore::claim_runnable` says; inside a write transaction.
[[nodiscard]] Result<TakenRuns> claim_some(Connection& db, Registration& self, Instant now, std::size_t limit, const LeftAlone& except);

/// Whether `claim_some` would do anything: a look that costs no write.
[[nodiscard]] bool anything_claimable(Connection& db, const Registration& self, Instant now, const LeftAlone& except);

/// What `RunStore::release` says; inside a write transaction.
[[nodiscard]] Result<void> release_one(Connection& db, const Registration& self, RunId run, std::uint64_t epoch);

[[nodiscard]] std::optional<Instant> earliest_free_due(Connection& db, const Registration& self);

}  // namespace skein::store
