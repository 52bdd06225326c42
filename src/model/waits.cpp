#include "model/waits.hpp"

#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/cancelled.hpp"

namespace skein::model {
namespace {

class TimerAlarm final : public Alarm {
 public:
  explicit TimerAlarm(const asio::any_io_executor& executor) : timer_(executor, asio::steady_timer::time_point::max()) {}

  void set(microseconds duration) override {
    timer_.expires_after(duration);
    if (called_) listen();
  }

  void call(std::function<void()> who) override {
    called_ = std::make_shared<std::function<void()>>(std::move(who));
    listen();
  }

  asio::awaitable<void> ring() override {
    while (true) {
      const auto [failed] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
      if (!failed) co_return;
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) async::throw_cancelled();
    }
  }

 private:
  void listen() {
    timer_.async_wait([weak = std::weak_ptr(called_)](const boost::system::error_code& failed) {
      const auto who = weak.lock();
      if (!failed && who) (*who)();
    });
  }

  asio::steady_timer timer_;
  std::shared_ptr<std::function<void()>> called_;  ///< gone with the alarm, also where its ring is on the way
};

}  // namespace

std::unique_ptr<Alarm> TimerWaits::alarm(const asio::any_io_executor& executor) { return std::make_unique<TimerAlarm>(executor); }

asio::awaitable<void> wait(Waits& waits, microseconds duration) {
  if (duration <= microseconds{0}) co_return;
  const auto executor = co_await asio::this_coro::executor;
  const auto alarm = waits.alarm(executor);
  alarm->set(duration);
  co_await alarm->ring();
}

}  // namespace skein::model
