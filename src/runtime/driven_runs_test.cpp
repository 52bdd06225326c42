#include "runtime/driven_runs.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace skein::runtime {
namespace {

constexpr milliseconds never_by_time{60'000};  // whoever waits that long is woken by what happens, or the test hangs

RunId some_run() {
  static SystemRandom random;
  return Uuid::make(Instant{}, random);
}

/// Waits elsewhere; `get` joins.
class Waiting {
 public:
  Waiting(const DrivenRuns& book, RunId run) : thread_([this, &book, run] { answer_ = book.wait(run, nullptr, never_by_time); }) {}
  Result<void> get() {
    thread_.join();
    return answer_;
  }

 private:
  Result<void> answer_;
  std::thread thread_;
};

TEST(DrivenRuns, WhatNobodyDrivesIsNotAwaited) {
  DrivenRuns book;
  EXPECT_TRUE(book.wait(some_run(), nullptr, never_by_time));
  EXPECT_EQ(book.active(), 0U);
}

TEST(DrivenRuns, AWaiterIsWokenByTheEnd) {
  DrivenRuns book;
  const auto run = some_run();
  book.begin(run);
  EXPECT_TRUE(book.drives(run));
  EXPECT_EQ(book.active(), 1U);
  Waiting waiting(book, run);
  book.end(run);
  EXPECT_TRUE(waiting.get());
  EXPECT_FALSE(book.drives(run));
  EXPECT_EQ(book.active(), 0U);
}

TEST(DrivenRuns, ALostRunIsAnErrorUntilItIsDrivenAgain) {
  DrivenRuns book;
  const auto run = some_run();
  book.begin(run);
  book.end(run, Error{.code = ErrorCode::conflict, .message = "fenced", .context = {}, .retryable = false, .retry_after = std::nullopt});
  EXPECT_FALSE(book.drives(run));
  EXPECT_EQ(book.wait(run, nullptr, never_by_time).error().message, "fenced");
  book.begin(run);
  Waiting waiting(book, run);
  book.end(run);
  EXPECT_TRUE(waiting.get());
}

TEST(DrivenRuns, AHoldBridgesTheTimeBetweenTwoDrives) {
  DrivenRuns book;
  const auto run = some_run();
  book.begin(run);
  auto first = std::make_unique<DrivenRuns::Hold>(book, run);
  auto second = std::make_unique<DrivenRuns::Hold>(book, run);
  book.end(run);
  std::atomic<bool> woken{false};
  std::thread waiter([&] {
    (void)book.wait(run, nullptr, never_by_time);
    woken = true;
  });
  first.reset();
  book.begin(run);
  second.reset();
  EXPECT_FALSE(woken);
  book.end(run);
  waiter.join();
  EXPECT_TRUE(woken);
}

TEST(DrivenRuns, AnExpectedRunIsAwaitedUntilItIsForgotten) {
  DrivenRuns book;
  const auto run = some_run();
  book.expect(run);
  EXPECT_EQ(book.expected(), std::vector{run});
  Waiting waiting(book, run);
  book.forget(run);
  EXPECT_TRUE(waiting.get());
  EXPECT_TRUE(book.expected().empty());
}

TEST(DrivenRuns, AParentIsAwaitedAsLongAsItsChildrenAre) {
  DrivenRuns book;
  const auto grandparent = some_run();
  const auto parent = some_run();
  const auto child = some_run();
  const auto other = some_run();
  book.add_child(grandparent, parent);
  book.add_child(parent, child);
  book.add_child(parent, other);
  book.remove_child(parent, other);
  book.remove_child(parent, some_run());
  book.begin(child);
  Waiting waiting(book, grandparent);
  book.end(child);
  EXPECT_TRUE(waiting.get());
}

TEST(DrivenRuns, AChildCountsOnceHoweverOftenItIsTaken) {
  DrivenRuns book;
  const auto parent = some_run();
  const auto child = some_run();
  EXPECT_FALSE(book.is_child(child));
  book.add_child(parent, child);
  book.add_child(parent, child);
  EXPECT_TRUE(book.is_child(child));
  EXPECT_FALSE(book.is_child(parent));
  book.remove_child(parent, child);
  EXPECT_FALSE(book.is_child(child));
}

TEST(DrivenRuns, ALostChildIsNotAwaited) {
  DrivenRuns book;
  const auto parent = some_run();
  const auto child = some_run();
  book.add_child(parent, child);
  book.begin(child);
  book.end(child, Error{});
  EXPECT_TRUE(book.wait(parent, nullptr, never_by_time));
}

TEST(DrivenRuns, AWaiterThatIsToldToStopStops) {
  DrivenRuns book;
  const auto run = some_run();
  book.begin(run);
  std::atomic<bool> stop{true};
  EXPECT_TRUE(book.wait(run, &stop, milliseconds{1}));
  EXPECT_TRUE(book.drives(run));
}

TEST(DrivenRuns, APauseEndsWithTheStop) {
  DrivenRuns book;
  std::atomic<bool> stop{false};
  std::thread pausing([&] { book.pause(never_by_time, stop); });
  stop = true;
  book.wake();
  // The pause may begin after the wake; it looks first.
  pausing.join();
}

}  // namespace
}  // namespace skein::runtime
