#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace skein::resilience {

/// How often and how far apart a failed attempt is tried again. Immutable.
struct RetryPolicy {
  std::uint32_t max_attempts = 3;    ///< the first try included; 1 means never again
  microseconds initial_delay = seconds{1};
  microseconds max_delay = seconds{60};
  double exponential_base = 2.0;
  bool jitter = true;                ///< wait between half of the delay and the whole of it

  friend bool operator==(const RetryPolicy& a, const RetryPolicy& b) {
    return a.max_attempts == b.max_attempts && a.initial_delay == b.initial_delay && a.max_delay == b.max_delay &&
           a.exponential_base == b.exponential_base && a.jitter == b.jitter;
  }
};

/// The wait before try number `next_attempt` (2 is the first retry), or empty where there is none left or the error is final.
/// `unit` in [0, 1) decides the jitter. A wait that the other side named (`error.retry_after`) is a lower bound, honoured up
/// to `max_delay` or one minute, whichever is longer.
[[nodiscard]] std::optional<microseconds> next_delay(const RetryPolicy& policy, std::uint32_t next_attempt, const Error& error,
                                                     double unit);

}  // namespace skein::resilience
