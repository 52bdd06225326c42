#include "async/run_child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "async/run_in.hpp"
#include "async/task_group.hpp"
#include "base/text.hpp"

namespace skein::async {
namespace {

ChildCommand shell(std::string script) {
  return {.program = "sh", .args = {"-c", std::move(script)}, .env = {{"PATH", "/usr/bin:/bin"}}, .working_directory = {}};
}

Result<ChildOutcome> run(ChildCommand command, std::string input = {}, ChildLimits limits = {}) {
  asio::io_context io;
  return run_in(io, run_child(std::move(command), std::move(input), limits));
}

/// Whether the process is gone or a zombie.
bool dead(int pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(stat, text)) return true;
  const auto state = text[text.rfind(')') + 2];
  return state == 'Z' || state == 'X';
}

bool dies(int pid) {
  for (int i = 0; i < 5000; ++i) {
    if (dead(pid)) return true;
    ::usleep(1000);
  }
  return false;
}

TEST(RunChild, CollectsWhatItWritesAndItsExitCode) {
  const auto r = run(shell("cat; echo problem >&2; exit 3"), "hello");
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->output, "hello");
  EXPECT_EQ(r->errors, "problem\n");
  EXPECT_EQ(r->status.code, 3);
  EXPECT_EQ(r->status.signal, 0);
}

TEST(RunChild, LargeInputAndOutputAtOnce) {
  const std::string big(3 << 20, 'x');
  const auto r = run(shell("cat"), big);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->output, big);
}

TEST(RunChild, AProgramThatDoesNotReadItsInputIsFine) {
  const auto r = run(shell("exec echo done"), std::string(1 << 20, 'x'));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->output, "done\n");
}

TEST(RunChild, OnlyTheGivenEnvironmentAndNoOtherOpenFile) {
  ::setenv("SKEIN_TEST_LEAK", "secret", 1);
  const int leaked = ::open("/dev/null", O_RDONLY);  // without close-on-exec, as libraries do
  ASSERT_GE(leaked, 0);
  auto command = shell("env | grep -c SKEIN_TEST_LEAK; ls /proc/self/fd | wc -l; echo $GIVEN");
  command.env["GIVEN"] = "yes";
  const auto r = run(command);
  ::close(leaked);
  ASSERT_TRUE(r);
  // ls itself has the three standard streams and the directory that it reads.
  EXPECT_EQ(r->output, "0\n4\nyes\n");
}

TEST(RunChild, ArgumentsAreNotSeenByAShell) {
  const auto r = run({.program = "/bin/echo", .args = {"$HOME", "a b", "`id`"}, .env = {}, .working_directory = {}});
  ASSERT_TRUE(r);
  EXPECT_EQ(r->output, "$HOME a b `id`\n");
}

TEST(RunChild, AMissingProgramIsNamed) {
  const auto r = run({.program = "no-such-program-here", .args = {}, .env = {{"PATH", "/usr/bin:/bin"}}, .working_directory = {}});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ErrorCode::not_found);
  EXPECT_FALSE(r.error().retryable);
  EXPECT_NE(r.error().message.find("'no-such-program-here'"), std::string::npos) << r.error().message;
}

TEST(RunChild, NulBytesAreRefused) {
  const auto r = run({.program = "/bin/echo", .args = {std::string("a\0b", 3)}, .env = {}, .working_directory = {}});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ErrorCode::invalid_argument);
}

TEST(RunChild, TooMuchOutputKillsIt) {
  const auto r = run(shell("while true; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxx; done"), {},
                     {.max_output = 10'000, .error_tail = 100, .grace = milliseconds{2000}});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ErrorCode::too_large);
}

TEST(RunChild, KeepsTheTailOfTheErrors) {
  const auto r = run(shell("for i in 1 2 3 4 5 6 7 8 9; do echo line $i >&2; done"), {},
                     {.max_output = 100, .error_tail = 7, .grace = milliseconds{2000}});
  ASSERT_TRUE(r);
  EXPECT_EQ(r->errors, "line 9\n");
}

TEST(RunChild, KeepsTheTailOfALittleTooMuch) {
  const auto r = run(shell("echo 123456789 >&2"), {}, {.max_output = 100, .error_tail = 7, .grace = milliseconds{2000}});
  ASSERT_TRUE(r);
  EXPECT_EQ(r->errors, "456789\n");
}

TEST(RunChild, ASignalIsReported) {
  const auto r = run(shell("kill -9 $$"));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->status.signal, SIGKILL);
}

TEST(RunChild, WhatItLeavesInItsGroupIsKilledWhenItEnds) {
  const auto r = run(shell("sleep 1000 & echo $!"));
  ASSERT_TRUE(r);
  EXPECT_TRUE(dies(std::stoi(r->output)));
}

asio::awaitable<void> run_and_note(ChildCommand command, milliseconds grace, bool* threw) {
  try {
    (void)co_await run_child(std::move(command), {}, {.max_output = 1000, .error_tail = 100, .grace = grace});
  } catch (const boost::system::system_error&) {
    *threw = true;
  }
}

/// Runs `io` until `file` has a whole line; returns it.
std::string line_of(asio::io_context& io, const std::string& file) {
  for (int i = 0; i < 10'000; ++i) {
    io.poll();
    io.restart();
    std::ifstream in(file);
    std::string line;
    if (std::getline(in, line) && !in.eof()) return line;
    ::usleep(1000);
  }
  return {};
}

std::string temp_file() {
  std::string path = ::testing::TempDir() + "skein-child-XXXXXX";
  const int fd = ::mkstemp(path.data());
  if (fd >= 0) ::close(fd);
  return path;
}

TEST(RunChild, CancellationKillsTheWholeGroupEvenIfItIgnoresTerm) {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  const auto file = temp_file();
  bool threw = false;
  group.spawn(run_and_note(shell("trap '' TERM; sleep 1000 & echo $$ $! > " + file + "; while true; do sleep 1000; done"), milliseconds{20},
                           &threw));
  const auto line = line_of(io, file);
  ASSERT_FALSE(line.empty());
  group.cancel_all();
  run_in(io, group.join());
  EXPECT_TRUE(threw);
  for (const auto pid : split(line, ' ')) EXPECT_TRUE(dies(std::stoi(std::string(pid)))) << pid;
  ::unlink(file.c_str());
}

TEST(RunChild, AProcessThatLeftTheGroupDoesNotHoldTheOutcomeBack) {
  const auto file = temp_file();
  const auto r = run(shell("setsid sh -c 'echo $$ > " + file + "; exec sleep 1000' & while [ ! -s " + file + " ]; do :; done; cat " + file),
                     {}, {.max_output = 100, .error_tail = 7, .grace = milliseconds{50}});
  ::unlink(file.c_str());
  ASSERT_TRUE(r);
  EXPECT_EQ(r->status.code, 0);
  const int left = std::stoi(r->output);
  EXPECT_FALSE(dead(left));
  ::kill(left, SIGKILL);
}

TEST(RunChild, ACoroutineThatIsNeverResumedLeavesNothing) {
  const auto file = temp_file();
  std::string pid;
  {
    asio::io_context io;
    asio::co_spawn(io, run_child(shell("echo $$ > " + file + "; exec sleep 1000"), {}, {}), [](auto, auto) {});
    pid = line_of(io, file);
    ASSERT_FALSE(pid.empty());
  }
  EXPECT_TRUE(dies(std::stoi(pid)));
  ::unlink(file.c_str());
}

TEST(RunChild, DiesWithItsParentEvenUnderKill9) {
  const auto file = temp_file();
  const int parent = ::fork();
  if (parent == 0) {
    asio::io_context io;
    const auto executor = io.get_executor();
    auto child = ChildProcess::start(executor, shell("echo $$ > " + file + "; exec sleep 1000"));
    while (child) ::pause();
    ::_exit(1);
  }
  asio::io_context io;
  const auto pid = line_of(io, file);
  ASSERT_FALSE(pid.empty());
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_TRUE(dies(std::stoi(pid)));
  ::unlink(file.c_str());
}

}  // namespace
}  // namespace skein::async
