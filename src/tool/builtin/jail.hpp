#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace skein::tool {

/// An open file descriptor, closed with the object.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// Who sees to it that a path stays below the root.
enum class Beneath : std::uint8_t {
  kernel,     ///< openat2: symbolic links may be followed as long as they stay below; without it as `no_links`
  no_links    ///< name by name; a symbolic link is refused, wherever it leads
};

/// Opens a regular file below `root` for reading; `path` is relative to it. Whatever the path says and whoever moves files meanwhile,
/// nothing outside is opened, and nothing is waited for (pipes, devices). Errors: permission_denied (outside, or not allowed to read),
/// not_found, invalid_argument (not a file). They are written for a model: they name `path`, never `root`.
[[nodiscard]] Result<Descriptor> open_beneath(const std::filesystem::path& root, std::string_view path, Beneath how = Beneath::kernel);

}  // namespace skein::tool
