#include "store/sqlite/reserve.hpp"

#include <array>
#include <cstdint>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace skein::store {
namespace {

constexpr off_t size = 512 << 10;

/// Zeros are written, since a hole in a file takes no room.
bool write_zeros(int fd) {
  static constexpr std::array<char, 65536> zeros{};
  for (off_t at = 0; at < size; at += zeros.size()) {
    if (pwrite(fd, zeros.data(), zeros.size(), at) != static_cast<ssize_t>(zeros.size())) return false;
  }
  return true;
}

bool has_room_beside(const std::string& path) {
  struct statvfs disk{};
  return statvfs(path.c_str(), &disk) == 0 && disk.f_bavail * disk.f_frsize >= 2 * static_cast<std::uint64_t>(size);
}

}  // namespace

bool Reserve::fill() const {
  struct stat status{};
  if (stat(path_.c_str(), &status) == 0 && status.st_size >= size) return true;
  if (!has_room_beside(path_.substr(0, path_.find_last_of('/')))) return false;
  const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return false;
  const bool filled = write_zeros(fd);
  if (!filled) (void)!ftruncate(fd, 0);
  ::close(fd);
  return filled;
}

bool Reserve::give_up() const {
  struct stat status{};
  return stat(path_.c_str(), &status) == 0 && status.st_size > 0 && truncate(path_.c_str(), 0) == 0;
}

bool Reserve::is_used() const {
  struct stat status{};
  return stat(path_.c_str(), &status) == 0 && status.st_size < size;
}

}  // namespace skein::store
