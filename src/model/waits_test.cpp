#include "model/waits.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/cancelled.hpp"
#include "async/run_in.hpp"

namespace skein::model {
namespace {

TEST(TimerWaits, AnAlarmRingsOnceItIsSet) {
  asio::io_context io;
  TimerWaits waits;
  async::run_in(io, wait(waits, milliseconds{1}));
  async::run_in(io, wait(waits, microseconds{0}));
  SUCCEED();
}

TEST(TimerWaits, WhoWaitsHearsOfALaterChange) {
  asio::io_context io;
  TimerWaits waits;
  const auto alarm = waits.alarm(io.get_executor());
  alarm->set(std::chrono::hours{1});
  bool rung = false;
  asio::co_spawn(io, alarm->ring(), [&](const std::exception_ptr& error) { rung = !error; });
  io.poll();
  EXPECT_FALSE(rung);
  alarm->set(milliseconds{1});
  io.restart();
  io.run();
  EXPECT_TRUE(rung);
}

TEST(TimerWaits, CancellationThrows) {
  asio::io_context io;
  TimerWaits waits;
  asio::cancellation_signal stop;
  std::exception_ptr thrown;
  asio::co_spawn(io, wait(waits, std::chrono::hours{1}),
                 asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error) { thrown = std::move(error); }));
  io.poll();
  stop.emit(asio::cancellation_type::terminal);
  io.restart();
  io.run();
  EXPECT_TRUE(async::is_cancellation(thrown));
}

}  // namespace
}  // namespace skein::model
