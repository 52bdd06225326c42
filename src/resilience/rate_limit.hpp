#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace skein::resilience {

/// How much may be asked of something that counts requests and tokens by the minute. Immutable; zero: no limit.
struct RateLimitPolicy {
  std::uint64_t requests_per_minute = 0;
  std::uint64_t tokens_per_minute = 0;
  [[nodiscard]] bool limits() const { return requests_per_minute != 0 || tokens_per_minute != 0; }
};

/// The state of one limit: two buckets that hold what a minute allows and fill evenly. Pure. Whoever takes a place in time order gets it in
/// that order: a place is taken at once and may lie in the future, so that nobody who waits is overtaken.
class RateLimit {
 public:
  /// Takes the place of one request that will cost about `tokens`. How long to wait before it is sent; zero: not at all. A request of more
  /// tokens than a minute allows takes a whole minute.
  [[nodiscard]] microseconds take(const RateLimitPolicy& policy, std::uint64_t tokens, BootInstant now);
  /// The request that was taken for `taken` tokens has cost `real` ones.
  void settle(const RateLimitPolicy& policy, std::uint64_t taken, std::uint64_t real);
  /// The request was not sent after all.
  void give_back(const RateLimitPolicy& policy, std::uint64_t taken);
  /// The other side said when it will listen again; nobody who comes now is sent before. An earlier instant than one known changes nothing.
  void hold_until(BootInstant when);

 private:
  /// What was taken and has not come back yet; more than a minute allows: those who wait have taken it in advance.
  struct Bucket {
    double used = 0;
    void refill(std::uint64_t per_minute, microseconds elapsed);
    [[nodiscard]] microseconds take(std::uint64_t per_minute, std::uint64_t amount);
    void give(double amount);
  };

  Bucket requests_, tokens_;
  BootInstant refilled_{};
  BootInstant held_until_{};
};

}  // namespace skein::resilience
