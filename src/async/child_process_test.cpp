#include "async/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "async/run_child.hpp"
#include "async/run_in.hpp"

namespace skein::async {
namespace {

ChildCommand command(std::string program, std::vector<std::string> args = {}) {
  return {.program = std::move(program), .args = std::move(args), .env = {{"PATH", "/usr/bin:/bin"}}, .working_directory = {}};
}

Result<ChildOutcome> run(ChildCommand what) {
  asio::io_context io;
  return run_in(io, run_child(std::move(what), {}, {}));
}

/// At most this many more descriptors than are open now, until it goes.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t more) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    auto less = before_;
    less.rlim_cur = static_cast<rlim_t>(lowest_free) + more;
    ::setrlimit(RLIMIT_NOFILE, &less);
  }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  struct rlimit before_{};
};

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST(ChildProcess, AnOutcomeIsKept) {
  asio::io_context io;
  const auto started = ChildProcess::start(io.get_executor(), command("sh", {"-c", "exit 7"}));
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_GT((*started)->pid(), 0);
  EXPECT_EQ(run_in(io, (*started)->wait()).code, 7);
  EXPECT_EQ(run_in(io, (*started)->wait()).code, 7) << "asked again";
  EXPECT_EQ(run_in(io, (*started)->terminate(milliseconds{0})).code, 7);
  (*started)->signal_group(SIGKILL);  // its number may be somebody else's now
}

TEST(ChildProcess, TermIsEnoughForMost) {
  asio::io_context io;
  const auto started = ChildProcess::start(io.get_executor(), command("sleep", {"1000"}));
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(run_in(io, (*started)->terminate(std::chrono::hours{1})).signal, SIGTERM);
}

TEST(ChildProcess, RunsInTheFolderThatIsNamed) {
  auto where = command("pwd");
  where.working_directory = "/usr";
  EXPECT_EQ(run(where)->output, "/usr\n");
  where.working_directory = "/no/such/folder";
  const auto missing = run(where);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_NE(missing.error().message.find("the working directory"), std::string::npos) << missing.error().message;
}

TEST(ChildProcess, WithoutAPathTheUsualFoldersAreSearched) {
  auto echo = command("echo", {"found"});
  echo.env.clear();
  EXPECT_EQ(run(echo)->output, "found\n");
  echo.env["PATH"] = ":";
  EXPECT_EQ(run(echo).error().code, ErrorCode::not_found) << "an empty part of it is no folder";
}

TEST(ChildProcess, WhatCannotBeExecutedIsToldApart) {
  EXPECT_EQ(run(command("/etc/passwd")).error().code, ErrorCode::not_found) << "no permission";
  EXPECT_EQ(run(command("/etc/passwd/x")).error().code, ErrorCode::not_found) << "no folder";
  std::string script = ::testing::TempDir() + "skein-no-script-XXXXXX";
  const int file = ::mkstemp(script.data());
  ASSERT_GE(file, 0);
  ASSERT_EQ(::write(file, "nothing", 7), 7);
  ::fchmod(file, 0700);
  ::close(file);
  EXPECT_EQ(run(command(script)).error().code, ErrorCode::not_found) << "no program";
  ::unlink(script.c_str());
}

TEST(ChildProcess, ArgumentsThatAreTooLongAreNoMissingProgram) {
  const auto refused = run(command("true", {std::string(std::size_t{4} << 20, 'x')}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::agent_failed);
  EXPECT_EQ(refused.error().message.find("check the path"), std::string::npos) << refused.error().message;
  EXPECT_FALSE(refused.error().retryable);
}

TEST(ChildProcess, WhatNoProgramCanBeGivenIsRefused) {
  const std::string nul("a\0b", 3);
  auto folder = command("true");
  folder.working_directory = nul;
  std::vector<ChildCommand> all{command(""), command(nul), folder};
  for (const auto& [name, value] : std::array<std::pair<std::string, std::string>, 4>{{{"", "x"}, {"a=b", "x"}, {nul, "x"}, {"x", nul}}}) {
    all.push_back(command("true"));
    all.back().env[name] = value;
  }
  for (const auto& one : all) {
    const auto refused = run(one);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  }
}

TEST(ChildProcess, WithoutDescriptorsItMaySucceedLater) {
  asio::io_context io;
  const auto before = open_descriptors();
  for (rlim_t more = 0; more < 8; ++more) {  // its four pipes have eight ends
    const auto started = [&] {
      const FewDescriptors few(more);
      return ChildProcess::start(io.get_executor(), command("true"));
    }();
    ASSERT_FALSE(started) << more;
    EXPECT_EQ(started.error().code, ErrorCode::agent_failed);
    EXPECT_TRUE(started.error().retryable);
    EXPECT_EQ(open_descriptors(), before) << more;
  }
}

asio::awaitable<std::string> output_of(ChildProcess& child) {
  std::string out;
  (void)co_await asio::async_read(child.output(), asio::dynamic_buffer(out), asio::as_tuple(asio::use_awaitable));
  co_return out;
}

/// Closes the standard streams of this process, until it goes.
class WithoutStandardStreams {
 public:
  WithoutStandardStreams() {
    for (int fd = 0; fd < 3; ++fd) kept_[static_cast<std::size_t>(fd)] = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    for (int fd = 0; fd < 3; ++fd) ::close(fd);
  }
  WithoutStandardStreams(const WithoutStandardStreams&) = delete;
  WithoutStandardStreams& operator=(const WithoutStandardStreams&) = delete;
  ~WithoutStandardStreams() {
    for (int fd = 0; fd < 3; ++fd) {
      ::dup2(kept_[static_cast<std::size_t>(fd)], fd);
      ::close(kept_[static_cast<std::size_t>(fd)]);
    }
  }

 private:
  std::array<int, 3> kept_{};
};

TEST(ChildProcess, StandardStreamsThatAreClosedHereAreNotMixedUp) {
  std::string failure;
  std::string output;
  int code = -1;
  {
    const WithoutStandardStreams none;
    asio::io_context io;
    const auto started = ChildProcess::start(io.get_executor(), command("sh", {"-c", "echo out; echo err >&2; read none || exit 7"}));
    if (started) {
      (*started)->input().close();
      output = run_in(io, output_of(**started));
      code = run_in(io, (*started)->wait()).code;
    } else {
      failure = started.error().message;
    }
  }
  EXPECT_EQ(failure, "");
  EXPECT_EQ(output, "out\n");
  EXPECT_EQ(code, 7);
}

}  // namespace
}  // namespace skein::async
