#include "resilience/retry.hpp"

#include <algorithm>
#include <cmath>

namespace skein::resilience {

std::optional<microseconds> next_delay(const RetryPolicy& policy, std::uint32_t next_attempt, const Error& error, double unit) {
  if (!error.retryable || next_attempt > policy.max_attempts) return std::nullopt;
  const double first = static_cast<double>(policy.initial_delay.count());
  const double most = static_cast<double>(policy.max_delay.count());
  double wait = std::min(most, first * std::pow(policy.exponential_base, static_cast<double>(next_attempt) - 2.0));
  if (policy.jitter) wait *= 0.5 + 0.5 * unit;
  auto delay = microseconds{static_cast<std::int64_t>(wait)};
  if (error.retry_after) {
    const microseconds cap = std::max<microseconds>(policy.max_delay, seconds{60});
    delay = std::max(delay, std::min<microseconds>(*error.retry_after, cap));
  }
  return delay;
}

}  // namespace skein::resilience
