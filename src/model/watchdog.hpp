#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/cancellation_signal.hpp>

#include "base/clock.hpp"
#include "model/waits.hpp"

namespace skein::model {

/// How long one try of a call may take. Zero: any time.
struct Timeouts {
  microseconds total = seconds{600};
  microseconds first_token{0};                ///< until the first piece of a streamed answer
  microseconds between_tokens = seconds{300};  ///< the longest silence after that, in bytes on the wire
};

/// Watches one exchange. Not to be moved: its alarm calls it.
class Watchdog {
 public:
  enum class Limit : std::uint8_t { total, first_token, between_tokens, rest };

  /// `clock` outlives it.
  Watchdog(Timeouts timeouts, const Clock& clock, std::unique_ptr<Alarm> alarm);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  /// Bytes came.
  void heard();
  /// The first piece of a streamed answer came.
  void answered();
  /// The answer is complete; the end of the body is waited for shortly, so that the connection can be used again.
  void complete();

  /// Ends `work`, an exchange that is under way from now on, by a terminal cancellation once a limit is passed. Cancellation of the
  /// caller is the work's own.
  void watch(asio::cancellation_signal& work);
  /// It has ended the work, or would have.
  [[nodiscard]] bool has_ended_it() const { return ended_it_; }
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
  bool ended_it_ = false;
};

/// "no answer came within 10m 00s" and the like.
[[nodiscard]] std::string describe(Watchdog::Limit limit, const Timeouts& timeouts);

}  // namespace skein::model
