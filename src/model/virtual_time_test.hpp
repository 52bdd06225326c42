#pragma once

#include <functional>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/cancelled.hpp"
#include "model/waits.hpp"

namespace skein::model::testing {

/// A clock that jumps to the next alarm as soon as nothing else is to be done: hours pass in no time, and always in the same way.
class VirtualTime final : public Clock, public Waits {
 public:
  [[nodiscard]] Instant now() const override { return Instant{seconds{1'700'000'000}} + elapsed_; }
  [[nodiscard]] BootInstant boot_now() const override { return BootInstant{elapsed_}; }
  [[nodiscard]] microseconds elapsed() const { return elapsed_; }

  [[nodiscard]] std::unique_ptr<Alarm> alarm(const asio::any_io_executor& executor) override {
    return std::make_unique<VirtualAlarm>(*this, executor);
  }

  /// Runs `work` to its end. Throws what it throws, and where it waits for something that never comes.
  template <class T>
  T run(asio::io_context& io, asio::awaitable<T> work) {
    std::exception_ptr error;
    std::optional<T> result;
    bool ended = false;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T value) {
      error = std::move(e), ended = true;
      if (!error) result.emplace(std::move(value));
    });
    while (!ended) {
      io.restart();
      if (io.poll() == 0 && !ended) jump();
    }
    if (error) std::rethrow_exception(error);
    return std::move(*result);
  }

 private:
  class VirtualAlarm final : public Alarm {
   public:
    VirtualAlarm(VirtualTime& time, const asio::any_io_executor& executor)
        : time_(time), wake_(executor, asio::steady_timer::time_point::max()) {}
    ~VirtualAlarm() override { time_.armed_.erase({due_, this}); }

    void set(microseconds duration) override {
      time_.armed_.erase({due_, this});
      rung_ = false;
      due_ = time_.elapsed_ + duration;
      time_.armed_.insert({due_, this});
    }
    asio::awaitable<void> ring() override {
      while (!rung_) {
        (void)co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) async::throw_cancelled();
      }
    }
    void call(std::function<void()> who) override { called_ = std::move(who); }
    void strike() {
      rung_ = true;
      wake_.cancel();
      if (called_) called_();
    }

   private:
    VirtualTime& time_;
    asio::steady_timer wake_;
    std::function<void()> called_;
    microseconds due_{0};
    bool rung_ = false;
  };

  void jump() {
    if (armed_.empty()) throw std::logic_error("everything waits for what will never come");
    const auto [due, alarm] = *armed_.begin();
    armed_.erase(armed_.begin());
    elapsed_ = std::max(elapsed_, due);
    alarm->strike();
  }

  microseconds elapsed_{0};
  std::set<std::pair<microseconds, VirtualAlarm*>> armed_;
};

}  // namespace skein::model::testing
