#include "cli/graphviz.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace skein::cli {
namespace {

/// A file without a name that is gone when it is closed: so neither side of the talk waits for the other.
class Scratch {
 public:
  Scratch() : fd_(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (fd_ >= 0) close(fd_);
  }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool put(std::string_view text) const {
    while (!text.empty()) {
      const auto written = write(fd_, text.data(), text.size());
      if (written <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return lseek(fd_, 0, SEEK_SET) == 0;
  }
  [[nodiscard]] std::string all() const {
    std::string out;
    lseek(fd_, 0, SEEK_SET);
    std::array<char, 65536> part{};
    for (auto got = read(fd_, part.data(), part.size()); got > 0; got = read(fd_, part.data(), part.size()))
      out.append(part.data(), static_cast<std::size_t>(got));
    return out;
  }

 private:
  int fd_;
};

}  // namespace

Result<std::string> svg_of(const std::string& dot) {
  const Scratch in;
  const Scratch out;
  if (in.fd() < 0 || out.fd() < 0 || !in.put(dot)) return fail(ErrorCode::internal, "no temporary file can be made in /tmp");
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in.fd(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out.fd(), STDOUT_FILENO);
  std::string name = "dot";
  std::string format = "-Tsvg";
  std::array<char*, 3> arguments{name.data(), format.data(), nullptr};
  pid_t child = 0;
  const int started = posix_spawnp(&child, "dot", &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (started != 0) {
    return fail(ErrorCode::unsupported,
                "an SVG is drawn by Graphviz, whose program dot is not installed (Debian: apt-get install graphviz); --format dot and "
                "--format mermaid need nothing");
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(ErrorCode::internal, "Graphviz could not draw the graph; what it said is above");
  return out.all();
}

}  // namespace skein::cli
