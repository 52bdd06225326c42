#include "async/timeout.hpp"

#include <stdexcept>
#include <string>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "async/cancelled.hpp"
#include "async/run_in.hpp"
#include "async/task_group.hpp"

namespace skein::async {
namespace {

constexpr microseconds ages = std::chrono::hours{1};

asio::awaitable<std::string> answer(std::string text) { co_return text; }

asio::awaitable<int> never(bool* ended) {
  asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  *ended = true;
  co_return 7;
}

asio::awaitable<int> throws() {
  throw std::runtime_error("broken");
  co_return 1;
}

asio::awaitable<void> guarded(bool* inner_ended, bool* outer_cancelled) {
  try {
    const auto r = co_await with_timeout(never(inner_ended), ages);
    *outer_cancelled = r.has_value();  // what the work answered after its cancellation goes through
  } catch (const boost::system::system_error&) {
    *outer_cancelled = true;
  }
}

asio::awaitable<void> nothing() { co_return; }

TEST(WithTimeout, GivesTheResultThatCameInTime) {
  asio::io_context io;
  EXPECT_EQ(run_in(io, with_timeout(answer("yes"), ages)), "yes");
  EXPECT_TRUE(run_in(io, with_timeout(nothing(), ages)));
}

TEST(WithTimeout, IsAValueAndWaitsForTheWorkToEnd) {
  asio::io_context io;
  bool ended = false;
  EXPECT_EQ(run_in(io, with_timeout(never(&ended), milliseconds{1})), std::nullopt);
  EXPECT_TRUE(ended);
}

TEST(WithTimeout, AnExceptionGoesThrough) {
  asio::io_context io;
  EXPECT_THROW(run_in(io, with_timeout(throws(), ages)), std::runtime_error);
}

asio::awaitable<void> throws_when_cancelled() {
  bool ended = false;
  (void)co_await never(&ended);
  throw std::runtime_error("could not clean up");
}

TEST(WithTimeout, AnExceptionOfWorkThatTookTooLongGoesThroughToo) {
  asio::io_context io;
  EXPECT_THROW(run_in(io, with_timeout(throws_when_cancelled(), milliseconds{1})), std::runtime_error);
}

TEST(IsCancellation, OnlyWhatACancelledOperationThrows) {
  EXPECT_FALSE(is_cancellation(nullptr));
  EXPECT_FALSE(is_cancellation(std::make_exception_ptr(std::runtime_error("broken"))));
  EXPECT_TRUE(is_cancellation(std::make_exception_ptr(boost::system::system_error(asio::error::operation_aborted))));
  EXPECT_FALSE(is_cancellation(std::make_exception_ptr(boost::system::system_error(asio::error::eof))));
}

TEST(WithTimeout, TheLongestLimitDoesNotOverflow) {
  asio::io_context io;
  EXPECT_EQ(run_in(io, with_timeout(answer("yes"), microseconds::max())), "yes");
}

TEST(WithTimeout, CancellationFromOutsideReachesTheWork) {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  bool inner_ended = false;
  bool outer_cancelled = false;
  group.spawn(guarded(&inner_ended, &outer_cancelled));
  io.poll();
  group.cancel_all();
  run_in(io, group.join());
  EXPECT_TRUE(inner_ended);
  EXPECT_TRUE(outer_cancelled);
}

}  // namespace
}  // namespace skein::async
