#include "async/blocking_pool.hpp"

#include <future>
#include <stdexcept>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/run_in.hpp"
#include "async/task_group.hpp"

namespace skein::async {
namespace {

TEST(BlockingPool, RunsOnAnotherThreadAndReturnsTheResult) {
  asio::io_context io;
  BlockingPool pool(2);
  const auto here = std::this_thread::get_id();
  const auto there = run_in(io, pool.run([] { return std::this_thread::get_id(); }));
  EXPECT_NE(here, there);
}

TEST(BlockingPool, HasAtLeastOneThread) {
  asio::io_context io;
  BlockingPool pool(0);
  EXPECT_EQ(run_in(io, pool.run([] { return 7; })), 7);
}

TEST(BlockingPool, AnExceptionComesBack) {
  asio::io_context io;
  BlockingPool pool(1);
  EXPECT_THROW(run_in(io, pool.run([]() -> int { throw std::runtime_error("broken"); })), std::runtime_error);
}

asio::awaitable<void> wait_for(BlockingPool& pool, std::function<void()> call, bool* threw) {
  try {
    co_await pool.run(std::move(call));
  } catch (const boost::system::system_error&) {
    *threw = true;
  }
}

TEST(BlockingPool, ACancelledCallerDoesNotWaitAndAQueuedCallNeverBegins) {
  asio::io_context io;
  BlockingPool pool(1);
  std::promise<void> release;
  auto released = release.get_future().share();
  std::promise<void> begun;
  auto second_ran = std::make_shared<std::atomic<bool>>(false);
  TaskGroup group(io.get_executor());
  bool first_threw = false;
  bool second_threw = false;
  group.spawn(wait_for(
      pool,
      [released, &begun] {
        begun.set_value();
        released.wait();
      },
      &first_threw));
  group.spawn(wait_for(pool, [second_ran] { *second_ran = true; }, &second_threw));
  io.poll();
  begun.get_future().wait();  // the one thread is taken, so the second call waits in the queue
  group.cancel_all();
  run_in(io, group.join());
  EXPECT_TRUE(first_threw);
  EXPECT_TRUE(second_threw);
  release.set_value();
  run_in(io, pool.run([] {}));  // the one thread is free again, so the queue before it was passed
  EXPECT_FALSE(*second_ran);
}

TEST(BlockingPool, ManyCallsFromTwoShards) {
  BlockingPool pool(2);
  std::atomic<int> sum = 0;
  const auto shard = [&] {
    asio::io_context io;
    for (int i = 0; i < 200; ++i) sum += run_in(io, pool.run([i] { return i; }));
  };
  std::thread other(shard);
  shard();
  other.join();
  EXPECT_EQ(sum, 2 * 199 * 200 / 2);
}

}  // namespace
}  // namespace skein::async
