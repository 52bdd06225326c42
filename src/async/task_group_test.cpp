#include "async/task_group.hpp"

#include <stdexcept>
#include <string>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "async/run_in.hpp"

namespace skein::async {
namespace {

asio::awaitable<void> forever(int* cancelled) {
  asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  const auto [ec] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (ec) ++*cancelled;
}

asio::awaitable<void> throws_after_a_turn() {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  throw std::runtime_error("broken");
}

asio::awaitable<void> count(int* n) {
  ++*n;
  co_return;
}

TEST(TaskGroup, JoinOfAnEmptyGroupEndsAtOnce) {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  run_in(io, group.join());
  EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, JoinWaitsForAll) {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  int n = 0;
  for (int i = 0; i < 10; ++i) group.spawn(count(&n));
  run_in(io, group.join());
  EXPECT_EQ(n, 10);
}

TEST(TaskGroup, CancelAllEndsEveryCoroutine) {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  int cancelled = 0;
  for (int i = 0; i < 3; ++i) group.spawn(forever(&cancelled));
  io.poll();
  EXPECT_EQ(group.size(), 3U);
  group.cancel_all();
  run_in(io, group.join());
  EXPECT_EQ(cancelled, 3);
  EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, WhatIsSpawnedAfterCancelAllIsCancelledToo) {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  group.cancel_all();
  int cancelled = 0;
  group.spawn(forever(&cancelled));
  run_in(io, group.join());
  EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, JoinRethrowsTheFirstExceptionOnce) {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  group.spawn(throws_after_a_turn());
  EXPECT_THROW(run_in(io, group.join()), std::runtime_error);
  EXPECT_NO_THROW(run_in(io, group.join()));
}

asio::awaitable<void> throws_a_number() {
  throw 7;  // NOLINT(hicpp-exception-baseclass,misc-throw-by-value-catch-by-reference)
  co_return;
}

TEST(TaskGroup, WhatIsNoExceptionClassIsRethrownToo) {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  group.spawn(throws_a_number());
  group.spawn(throws_after_a_turn());
  EXPECT_THROW(run_in(io, group.join()), int) << "the first of them";
  EXPECT_NO_THROW(run_in(io, group.join()));
}

asio::awaitable<void> join_and_note(TaskGroup& group, bool* threw) {
  try {
    co_await group.join();
  } catch (const boost::system::system_error&) {
    *threw = true;
  }
}

TEST(TaskGroup, ACancelledJoinLeavesTheRestRunning) {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  TaskGroup waiting(io.get_executor());
  int cancelled = 0;
  bool threw = false;
  group.spawn(forever(&cancelled));
  waiting.spawn(join_and_note(group, &threw));
  io.poll();
  waiting.cancel_all();
  run_in(io, waiting.join());
  EXPECT_TRUE(threw);
  EXPECT_EQ(cancelled, 0);
  EXPECT_EQ(group.size(), 1U);
  group.cancel_all();
  run_in(io, group.join());
  EXPECT_EQ(cancelled, 1);
}

TEST(TaskGroup, SpawnFromWithinTheGroup) {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  int n = 0;
  asio::post(io, [&] { group.spawn(count(&n)); });
  io.poll();
  run_in(io, group.join());
  EXPECT_EQ(n, 1);
}

}  // namespace
}  // namespace skein::async
