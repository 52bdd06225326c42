#pragma once

#include <memory>
#include <string>

#include "base/error.hpp"

namespace skein::store {

/// An exclusively locked file that says "this owner lives". The lock belongs to the open file, so it ends with this object or with the
/// process, whichever way that dies; other objects of the same process see it too.
class OwnerLock {
 public:
  /// Creates `<directory>/<owner>.lock`, and the directory (0700) where it is missing.
  [[nodiscard]] static Result<std::unique_ptr<OwnerLock>> create(const std::string& directory, std::int64_t owner);
  /// Removes the file.
  ~OwnerLock();
  OwnerLock(const OwnerLock&) = delete;
  OwnerLock& operator=(const OwnerLock&) = delete;

 private:
  OwnerLock(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  std::string path_;
};

/// Whether somebody holds that owner's lock. What cannot be found out counts as alive.
[[nodiscard]] bool owner_lives(const std::string& directory, std::int64_t owner);
/// Removes the file of a dead owner.
void forget_owner(const std::string& directory, std::int64_t owner);

/// A short exclusive lock over opening, so that two processes do not create or migrate one database at once.
class OpeningLock {
 public:
  [[nodiscard]] static Result<std::unique_ptr<OpeningLock>> take(const std::string& directory);
  ~OpeningLock();
  OpeningLock(const OpeningLock&) = delete;
  OpeningLock& operator=(const OpeningLock&) = delete;

 private:
  explicit OpeningLock(int fd) : fd_(fd) {}
  int fd_;
};

/// Creates `directory` and its missing parents, readable for this user only.
[[nodiscard]] Result<void> make_private_directory(const std::string& directory);

}  // namespace skein::store
