#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.hpp"

namespace skein::store::sqlite {

/// An operating-system lock that says "this owner lives". It dies with its process, whichever way that ends.
class OwnerLock {
 public:
  /// Takes the lock of a new owner in `folder`, which is made if need be.
  [[nodiscard]] static Result<OwnerLock> take(const std::string& folder, std::int64_t owner);
  OwnerLock(OwnerLock&& other) noexcept;
  OwnerLock& operator=(OwnerLock&& other) noexcept;
  ~OwnerLock();

  [[nodiscard]] std::int64_t owner() const { return owner_; }
  /// Whether another owner lives: its lock cannot be had. The file of a dead one is removed.
  [[nodiscard]] static bool is_alive(const std::string& folder, std::int64_t owner);

 private:
  OwnerLock(std::string path, std::int64_t owner, int file) : path_(std::move(path)), owner_(owner), file_(file) {}
  std::string path_;
  std::int64_t owner_ = 0;
  int file_ = -1;
};

}  // namespace skein::store::sqlite
