#pragma once

#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"

namespace skein::model {

namespace asio = boost::asio;

/// Rings once, a while after it was set. For one who waits, or one who is called.
class Alarm {
 public:
  virtual ~Alarm() = default;
  /// From now on. Who waits for an earlier or later ring waits for this one.
  virtual void set(microseconds duration) = 0;
  /// Waits for the ring. Throws when it is cancelled.
  [[nodiscard]] virtual asio::awaitable<void> ring() = 0;
  /// Calls at each ring from now on, from the executor, and not once the alarm has gone.
  virtual void call(std::function<void()> who) = 0;
};

/// Waiting as an input, beside `Clock`.
class Waits {
 public:
  virtual ~Waits() = default;
  [[nodiscard]] virtual std::unique_ptr<Alarm> alarm(const asio::any_io_executor& executor) = 0;
};

class TimerWaits final : public Waits {
 public:
  [[nodiscard]] std::unique_ptr<Alarm> alarm(const asio::any_io_executor& executor) override;
};

/// Throws when it is cancelled.
[[nodiscard]] asio::awaitable<void> wait(Waits& waits, microseconds duration);

}  // namespace skein::model
