#include "tool/builtin/jail.hpp"

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.hpp"

namespace skein::tool {
namespace {

using Names = std::vector<std::string>;

// A pipe without a writer and a device without a medium would block without O_NONBLOCK; a terminal must not become the process's own.
constexpr int read_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::string quoted(std::string_view path) { return fmt::format("'{}'", shorten(to_valid_utf8(path), 200)); }

std::unexpected<Error> outside(std::string_view path) {
  return fail(ErrorCode::permission_denied,
              fmt::format("{} is outside the folder that may be read; give a path relative to that folder", quoted(path)));
}

/// The names on the way, without "." and "..".
Result<Names> names_of(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return fail(ErrorCode::invalid_argument, "the path has a zero byte in it; remove it");
  if (path.starts_with('/')) return outside(path);
  Names out;
  for (const auto name : split(path, '/')) {
    if (name.empty() || name == ".") continue;
    if (name != "..") {
      out.emplace_back(name);
    } else if (out.empty()) {
      return outside(path);
    } else {
      out.pop_back();
    }
  }
  if (out.empty()) return fail(ErrorCode::invalid_argument, fmt::format("{} is a folder; give the path of a file", quoted(path)));
  return out;
}

std::unexpected<Error> refused(std::string_view path, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR: return fail(ErrorCode::not_found, fmt::format("there is no file {}; check the path", quoted(path)));
    case EXDEV:
    case ELOOP:
      return fail(ErrorCode::permission_denied, fmt::format("{} leads through a symbolic link that may not be followed", quoted(path)));
    case EACCES:
    case EPERM: return fail(ErrorCode::permission_denied, fmt::format("{} may not be read", quoted(path)));
    case ENAMETOOLONG: return fail(ErrorCode::invalid_argument, fmt::format("{} is too long for a path", quoted(path)));
    default: {
      return fail(ErrorCode::not_found, fmt::format("{} cannot be opened: {}", quoted(path), std::generic_category().message(error)));
    }
  }
}

/// Negative, with errno, where it fails.
int open_by_kernel(int root, const Names& names) {
  std::string path;
  for (const auto& name : names) path += (path.empty() ? "" : "/") + name;
  open_how how{};
  how.flags = static_cast<decltype(how.flags)>(read_flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  constexpr int tries = 8;  // EAGAIN: somebody renamed a folder on the way meanwhile
  long fd = -1;
  for (int i = 0; i < tries; ++i) {
    fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return static_cast<int>(fd);
}

int open_by_name(int root, const Names& names) {
  Descriptor folder;
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    Descriptor next(::openat(i == 0 ? root : folder.get(), names[i].c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (next.get() < 0) return -1;
    folder = std::move(next);
  }
  return ::openat(names.size() == 1 ? root : folder.get(), names.back().c_str(), read_flags | O_NOFOLLOW);
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Descriptor> open_beneath(const std::filesystem::path& root, std::string_view path, Beneath how) {
  const auto names = names_of(path);
  if (!names) return std::unexpected(names.error());
  const Descriptor folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return fail(ErrorCode::not_found, "the folder that may be read does not exist; tell the person who runs this");
  int fd = -1;
  int error = ENOSYS;
  if (how == Beneath::kernel) {
    fd = open_by_kernel(folder.get(), *names);
    error = fd < 0 ? errno : 0;
  }
  if (fd < 0 && (error == ENOSYS || error == EPERM)) {  // an old kernel, or a container's filter that does not know the call
    fd = open_by_name(folder.get(), *names);
    error = fd < 0 ? errno : 0;
  }
  if (fd < 0) return refused(path, error);
  Descriptor file(fd);
  struct stat about{};
  if (::fstat(fd, &about) != 0) return refused(path, errno);
  if (S_ISDIR(about.st_mode))
    return fail(ErrorCode::invalid_argument, fmt::format("{} is a folder; give the path of a file", quoted(path)));
  if (!S_ISREG(about.st_mode)) return fail(ErrorCode::invalid_argument, fmt::format("{} is not a regular file", quoted(path)));
  return file;
}

}  // namespace skein::tool
