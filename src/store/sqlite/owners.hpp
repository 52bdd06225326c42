#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/owner_lock.hpp"

namespace skein::store {

/// This store's own registration, made with the first run it takes: a store that only reads leaves no trace.
class Registration {
 public:
  explicit Registration(std::string directory) : directory_(std::move(directory)) {}

  /// 0 before the first `ensure`. Safe from any thread.
  [[nodiscard]] std::int64_t id() const { return id_.load(std::memory_order_acquire); }
  [[nodiscard]] const std::string& directory() const { return directory_; }

  /// Registers inside the writer's transaction. The lock is held before others can see the row. An error of the connection stays
  /// with the connection; the result is an error only where the lock file cannot be had.
  [[nodiscard]] Result<std::int64_t> ensure(Connection& db);
  /// After the transaction of `ensure`.
  void committed() { durable_ = lock_ != nullptr; }
  void rolled_back();
  /// Frees the lock: from now on this owner is dead to others.
  void end();

 private:
  std::string directory_;
  std::atomic<std::int64_t> id_{0};
  bool durable_ = false;
  std::unique_ptr<OwnerLock> lock_;
};

/// Registered owners other than `self` that are dead.
[[nodiscard]] std::vector<std::int64_t> dead_owners(Connection& db, const std::string& directory, std::int64_t self);
/// The process of a registered owner; 0 where it is not known.
[[nodiscard]] std::int64_t owner_pid(Connection& db, std::int64_t owner);

}  // namespace skein::store
