#include "store/sqlite/owner_lock.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace skein::store {
namespace {

std::string lock_path(const std::string& directory, std::int64_t owner) { return fmt::format("{}/{}.lock", directory, owner); }

std::unexpected<Error> system_failure(std::string_view what, const std::string& path) {
  const int error = errno;
  const auto code = error == ENOSPC || error == EDQUOT                    ? ErrorCode::store_full
                    : error == EACCES || error == EPERM || error == EROFS ? ErrorCode::permission_denied
                                                                          : ErrorCode::store_failed;
  return fail(code, fmt::format("cannot {} {}: {}; choose another place for the store or correct that", what, path, std::strerror(error)));
}

int lock_retrying(int fd, int operation) {
  int done = 0;
  do done = flock(fd, operation);
  while (done != 0 && errno == EINTR);
  return done;
}

}  // namespace

Result<void> make_private_directory(const std::string& directory) {
  if (directory.empty() || mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) return {};
  const auto slash = directory.find_last_of('/');
  if (errno == ENOENT && slash != std::string::npos && slash > 0) {
    if (auto made = make_private_directory(directory.substr(0, slash)); !made) return made;
    if (mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) return {};
  }
  return system_failure("create the directory", directory);
}

Result<std::unique_ptr<OwnerLock>> OwnerLock::create(const std::string& directory, std::int64_t owner) {
  if (auto made = make_private_directory(directory); !made) return std::unexpected(made.error());
  auto path = lock_path(directory, owner);
  const int fd = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return system_failure("create the lock file", path);
  if (lock_retrying(fd, LOCK_EX | LOCK_NB) != 0) {
    auto failure = system_failure("lock", path);
    ::close(fd);
    return failure;
  }
  return std::unique_ptr<OwnerLock>(new OwnerLock(fd, std::move(path)));
}

OwnerLock::~OwnerLock() {
  unlink(path_.c_str());
  ::close(fd_);
}

bool owner_lives(const std::string& directory, std::int64_t owner) {
  const int fd = open(lock_path(directory, owner).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno != ENOENT;
  // Shared: two processes that ask at once must not take each other for the owner.
  const bool lives = lock_retrying(fd, LOCK_SH | LOCK_NB) != 0;
  ::close(fd);
  return lives;
}

void forget_owner(const std::string& directory, std::int64_t owner) { unlink(lock_path(directory, owner).c_str()); }

Result<std::unique_ptr<OpeningLock>> OpeningLock::take(const std::string& directory) {
  if (auto made = make_private_directory(directory); !made) return std::unexpected(made.error());
  const auto path = directory + "/opening.lock";
  const int fd = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return system_failure("create the lock file", path);
  if (lock_retrying(fd, LOCK_EX) != 0) {
    auto failure = system_failure("lock", path);
    ::close(fd);
    return failure;
  }
  return std::unique_ptr<OpeningLock>(new OpeningLock(fd));
}

OpeningLock::~OpeningLock() { ::close(fd_); }

}  // namespace skein::store
