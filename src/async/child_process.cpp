#include "async/child_process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/cancelled.hpp"
#include "async/sigpipe.hpp"
#include "async/timeout.hpp"
#include "base/text.hpp"

namespace skein::async {
namespace {

/// An owned file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) close(), fd_ = other.release();
    return *this;
  }
  ~Fd() { close(); }
  [[nodiscard]] int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void close() {
    if (fd_ >= 0) ::close(release());
  }

 private:
  int fd_ = -1;
};

struct Pipe {
  Fd read, write;
  bool open() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) return false;
    read = Fd(fds[0]), write = Fd(fds[1]);
    return true;
  }
};

std::string reason(int error) { return std::strerror(error); }  // NOLINT(concurrency-mt-unsafe): glibc's is safe for known errors

/// The paths that execvp would try, computed before the fork because a forked child may not allocate.
std::vector<std::string> candidates(const ChildCommand& command) {
  if (command.program.contains('/')) return {command.program};
  const auto path = command.env.find("PATH");
  std::vector<std::string> out;
  for (const auto part : split(path == command.env.end() ? "/usr/local/bin:/usr/bin:/bin" : std::string_view(path->second), ':')) {
    if (!part.empty()) out.push_back(std::string(part) + "/" + command.program);
  }
  return out;
}

/// All that the child needs between fork and exec, as plain pointers.
struct Plan {
  std::vector<std::string> paths;
  std::vector<std::string> env_text;
  std::vector<const char*> argv, envp;
  const char* directory = nullptr;
  int in = -1, out = -1, err = -1, report = -1;
  int parent = 0;
};

void keep_only_standard_streams() {
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  struct rlimit limit{};
  const auto top = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 1'048'576 ? static_cast<int>(limit.rlim_cur) : 1'048'576;
  for (int fd = 3; fd < top; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/// In the child: only async-signal-safe calls. Reports `errno` through the pipe where the program cannot be executed.
[[noreturn]] void run_in_child(const Plan& plan) {
  const auto give_up = [&] {
    const int error = errno;
    [[maybe_unused]] const auto n = ::write(plan.report, &error, sizeof error);
    ::_exit(127);
  };
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.parent) ::_exit(127);  // the parent died before the line above
  struct sigaction normal{};
  normal.sa_handler = SIG_DFL;
  for (int s = 1; s < NSIG; ++s) ::sigaction(s, &normal, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::dup2(plan.in, 0) < 0 || ::dup2(plan.out, 1) < 0 || ::dup2(plan.err, 2) < 0) give_up();
  keep_only_standard_streams();
  if (plan.directory != nullptr && ::chdir(plan.directory) != 0) give_up();
  int error = ENOENT;
  for (const auto& path : plan.paths) {
    ::execve(path.c_str(), const_cast<char* const*>(plan.argv.data()), const_cast<char* const*>(plan.envp.data()));  // NOLINT
    if (errno != ENOENT && errno != ENOTDIR) error = errno;
  }
  errno = error;
  give_up();
  ::_exit(127);
}

Plan plan_for(const ChildCommand& command) {
  Plan plan;
  plan.paths = candidates(command);
  for (const auto& [name, value] : command.env) {
    plan.env_text.push_back(name);
    plan.env_text.back().append("=").append(value);
  }
  plan.argv.push_back(command.program.c_str());
  for (const auto& arg : command.args) plan.argv.push_back(arg.c_str());
  plan.argv.push_back(nullptr);
  for (const auto& text : plan.env_text) plan.envp.push_back(text.c_str());
  plan.envp.push_back(nullptr);
  if (!command.working_directory.empty()) plan.directory = command.working_directory.c_str();
  plan.parent = ::getpid();
  return plan;
}

/// A standard descriptor that is closed in this process must not be handed out as one end of a pipe.
bool move_above_standard(Fd& fd) {
  if (fd.get() > 2) return true;
  const int moved = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3);
  if (moved < 0) return false;
  fd = Fd(moved);
  return true;
}

std::unexpected<Error> cannot_start(const ChildCommand& command, int error) {
  const bool wrong = error == ENOENT || error == EACCES || error == ENOEXEC || error == ENOTDIR;
  auto failure = fail(wrong ? ErrorCode::not_found : ErrorCode::agent_failed,
                      "cannot start the program '" + command.program + "': " + reason(error) +
                          (wrong ? "; check the path, the execute permission and the working directory" : ""));
  failure.error().retryable = error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
  return failure;
}

}  // namespace

struct ChildProcess::Ends {
  Fd pidfd, input, output, errors;
};

ChildProcess::ChildProcess(const asio::any_io_executor& executor, int pid, int pidfd, Ends& ends)
    : pid_(pid),
      pidfd_(executor, pidfd),
      input_(executor, ends.input.release()),
      output_(executor, ends.output.release()),
      errors_(executor, ends.errors.release()) {}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const asio::any_io_executor& executor, const ChildCommand& command) {
  ignore_sigpipe();
  const auto has_nul = [](const std::string& text) { return text.contains('\0'); };
  bool bad = command.program.empty() || has_nul(command.program) || has_nul(command.working_directory);
  for (const auto& arg : command.args) bad |= has_nul(arg);
  for (const auto& [name, value] : command.env) bad |= name.empty() || name.contains('=') || has_nul(name) || has_nul(value);
  if (bad) {
    return fail(ErrorCode::invalid_argument,
                "a program, its arguments and its environment must not be empty or hold NUL bytes, nor a variable's name '='");
  }
  Pipe in, out, err, report;
  for (auto* pipe : {&in, &out, &err, &report}) {
    if (!pipe->open() || !move_above_standard(pipe->read) || !move_above_standard(pipe->write)) return cannot_start(command, errno);
  }
  auto plan = plan_for(command);
  plan.in = in.read.get(), plan.out = out.write.get(), plan.err = err.write.get(), plan.report = report.write.get();
  const int pid = ::fork();
  if (pid < 0) return cannot_start(command, errno);
  if (pid == 0) run_in_child(plan);

  report.write.close();
  int error = 0;
  ssize_t n = 0;
  do n = ::read(report.read.get(), &error, sizeof error);
  while (n < 0 && errno == EINTR);
  if (n != 0) {
    ::waitpid(pid, nullptr, 0);
    return cannot_start(command, n == sizeof error ? error : EIO);
  }
  // glibc 2.36 declares pidfd_open without extern "C".
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) {
    const int why = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return cannot_start(command, why);
  }
  Ends ends{.pidfd = {}, .input = std::move(in.write), .output = std::move(out.read), .errors = std::move(err.read)};
  return std::unique_ptr<ChildProcess>(new ChildProcess(executor, pid, pidfd, ends));
}

ChildProcess::~ChildProcess() {
  if (reaped_) return;
  signal_group(SIGKILL);
  pollfd ended{.fd = pidfd_.native_handle(), .events = POLLIN, .revents = 0};
  constexpr int patience_ms = 2000;  // a process stuck in the kernel is left to init
  if (::poll(&ended, 1, patience_ms) == 1) reap();
}

void ChildProcess::signal_group(int signal) const {
  if (!reaped_) ::kill(-pid_, signal);
}

ExitStatus ChildProcess::reap() {
  if (reaped_) return status_;
  // While the leader is a zombie its group's number cannot be given to anybody else.
  signal_group(SIGKILL);
  int raw = 0;
  while (::waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {
  }
  reaped_ = true;
  if (WIFSIGNALED(raw)) {
    status_.signal = WTERMSIG(raw);
  } else {
    status_.code = WEXITSTATUS(raw);
  }
  return status_;
}

asio::awaitable<ExitStatus> ChildProcess::wait() {
  if (!reaped_) {
    const auto [ec] = co_await pidfd_.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable));
    if (ec) throw_cancelled();
  }
  co_return reap();
}

asio::awaitable<ExitStatus> ChildProcess::terminate(milliseconds grace) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  signal_group(SIGTERM);
  const auto ended = co_await with_timeout(wait(), grace);
  if (ended) co_return *ended;
  signal_group(SIGKILL);
  const auto killed = co_await wait();
  co_return killed;
}

}  // namespace skein::async
