#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace skein::async {

namespace asio = boost::asio;

struct ChildCommand {
  std::string program;                     ///< a path, or a name looked up in `env`'s PATH
  std::vector<std::string> args;           ///< without the program's own name; no shell sees them
  std::map<std::string, std::string> env;  ///< the whole environment
  std::string working_directory;           ///< empty: this process's
};

struct ExitStatus {
  int code = 0;    ///< meaningful where `signal` is 0
  int signal = 0;  ///< what killed it, or 0
};

/// A running program in a session and process group of its own, with pipes on its three standard streams and no other open file.
/// The kernel kills it when the thread that started it ends, thus also when this process is killed; start it on a thread
/// that lives as long as the process. (Programs that it started itself then live on.)
class ChildProcess {
 public:
  /// An error where the program cannot be executed. Blocks until the program is loaded (about a millisecond).
  [[nodiscard]] static Result<std::unique_ptr<ChildProcess>> start(const asio::any_io_executor& executor, const ChildCommand& command);
  /// Kills the whole group at once if `wait` has not ended.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] int pid() const { return pid_; }
  [[nodiscard]] asio::posix::stream_descriptor& input() { return input_; }
  [[nodiscard]] asio::posix::stream_descriptor& output() { return output_; }
  [[nodiscard]] asio::posix::stream_descriptor& errors() { return errors_; }

  /// Signals the whole group; does nothing once the program was reaped.
  void signal_group(int signal) const;
  /// Until the program has ended; kills what is left of its group, then reaps it. A cancelled wait throws and changes nothing.
  [[nodiscard]] asio::awaitable<ExitStatus> wait();
  /// TERM to the group, after `grace` KILL, then as `wait`. Not cancellable: at most `grace` and the kernel's own time.
  [[nodiscard]] asio::awaitable<ExitStatus> terminate(milliseconds grace);

 private:
  struct Ends;
  ChildProcess(const asio::any_io_executor& executor, int pid, int pidfd, Ends& ends);
  ExitStatus reap();

  int pid_;
  bool reaped_ = false;
  ExitStatus status_;
  asio::posix::stream_descriptor pidfd_;
  asio::posix::stream_descriptor input_;
  asio::posix::stream_descriptor output_;
  asio::posix::stream_descriptor errors_;
};

}  // namespace skein::async
