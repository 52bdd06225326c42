#include "store/sqlite/owner_lock.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace skein::store::sqlite {
namespace {

std::string path_of(const std::string& folder, std::int64_t owner) { return fmt::format("{}/{}.lock", folder, owner); }

}  // namespace

Result<OwnerLock> OwnerLock::take(const std::string& folder, std::int64_t owner) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(ErrorCode::store_failed, fmt::format("store: the folder {} cannot be made ({}); check the permissions", folder, std::strerror(errno)));
  }
  auto path = path_of(folder, owner);
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return fail(ErrorCode::store_failed, fmt::format("store: {} cannot be made ({}); check the disk", path, std::strerror(errno)));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    close(file);
    return fail(ErrorCode::store_failed, fmt::format("store: {} cannot be locked; is it on a network file system?", path));
  }
  return OwnerLock(std::move(path), owner, file);
}

OwnerLock::OwnerLock(OwnerLock&& other) noexcept : path_(std::move(other.path_)), owner_(other.owner_), file_(std::exchange(other.file_, -1)) {}

OwnerLock& OwnerLock::operator=(OwnerLock&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(owner_, other.owner_);
  std::swap(file_, other.file_);
  return *this;
}

OwnerLock::~OwnerLock() {
  if (file_ < 0) return;
  unlink(path_.c_str());
  close(file_);
}

bool OwnerLock::is_alive(const std::string& folder, std::int64_t owner) {
  const auto path = path_of(folder, owner);
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return errno != ENOENT;
  const bool locked_elsewhere = flock(file, LOCK_EX | LOCK_NB) != 0;
  if (!locked_elsewhere) unlink(path.c_str());
  close(file);
  return locked_elsewhere;
}

}  // namespace skein::store::sqlite
