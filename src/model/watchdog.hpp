#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "model/waits.hpp"

namespace skein::model {

/// How long one try of a call may take. Zero: any time.
struct Timeouts {
  microseconds total = seconds{600};
  microseconds first_token{0};                ///< until the first piece of a streamed answer
  microseconds between_tokens = seconds{300};  ///< the longest silence after that, in bytes on the wire
};

/// Watches one exchange.
class Watchdog {
 public:
  enum class Limit : std::uint8_t { total, first_token, between_tokens, rest };

  /// `clock` outlives it.
  Watchdog(Timeouts timeouts, const Clock& clock, std::unique_ptr<Alarm> alarm);
  /// Bytes came.
  void heard();
  /// The first piece of a streamed answer came.
  void answered();
  /// The answer is complete; the end of the body is waited for shortly, so that the connection can be used again.
  void complete();

  /// Waits until a limit is passed; without any it waits until it is cancelled.
  [[nodiscard]] asio::awaitable<void> watch();
  /// What is passed first if nothing comes.
  [[nodiscard]] Limit limit() const { return due().limit; }

 private:
  struct Due {
    Limit limit;
    BootInstant at;
  };
  [[nodiscard]] Due due() const;
  void set_alarm();

  Timeouts timeouts_;
  const Clock& clock_;
  std::unique_ptr<Alarm> alarm_;
  BootInstant begun_;
  std::optional<BootInstant> heard_;  ///< the last bytes since the answer began
  std::optional<BootInstant> complete_;
};

/// Runs `work` until it ends or `watch` does, which then cancels it and waits for its end. Whether `watch` ended it.
[[nodiscard]] asio::awaitable<bool> outlasted(asio::awaitable<void> work, asio::awaitable<void> watch);

/// "no answer came within 10m 00s" and the like.
[[nodiscard]] std::string describe(Watchdog::Limit limit, const Timeouts& timeouts);

}  // namespace skein::model
