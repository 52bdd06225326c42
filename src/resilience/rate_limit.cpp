#include "resilience/rate_limit.hpp"

#include <algorithm>
#include <cmath>

namespace skein::resilience {
namespace {

constexpr double minute = 60e6;  ///< microseconds

double counted(std::uint64_t per_minute, std::uint64_t amount) { return static_cast<double>(std::min(per_minute, amount)); }

}  // namespace

void RateLimit::Bucket::refill(std::uint64_t per_minute, microseconds elapsed) {
  used = std::max(0.0, used - static_cast<double>(per_minute) * static_cast<double>(elapsed.count()) / minute);
}

microseconds RateLimit::Bucket::take(std::uint64_t per_minute, std::uint64_t amount) {
  if (per_minute == 0) return microseconds{0};
  const auto all = static_cast<double>(per_minute);
  used += counted(per_minute, amount);
  if (used <= all) return microseconds{0};
  return microseconds{static_cast<std::int64_t>(std::ceil((used - all) * minute / all))};
}

void RateLimit::Bucket::give(double amount) { used = std::max(0.0, used + amount); }

microseconds RateLimit::take(const RateLimitPolicy& policy, std::uint64_t tokens, BootInstant now) {
  const auto elapsed = std::max(microseconds{0}, now - refilled_);
  refilled_ = std::max(refilled_, now);
  requests_.refill(policy.requests_per_minute, elapsed);
  tokens_.refill(policy.tokens_per_minute, elapsed);
  const auto held = std::max(microseconds{0}, held_until_ - now);
  const auto for_requests = requests_.take(policy.requests_per_minute, 1);
  const auto for_tokens = tokens_.take(policy.tokens_per_minute, tokens);
  return std::max({held, for_requests, for_tokens});
}

void RateLimit::settle(const RateLimitPolicy& policy, std::uint64_t taken, std::uint64_t real) {
  tokens_.give(static_cast<double>(real) - counted(policy.tokens_per_minute, taken));
}

void RateLimit::give_back(const RateLimitPolicy& policy, std::uint64_t taken) {
  requests_.give(-counted(policy.requests_per_minute, 1));
  tokens_.give(-counted(policy.tokens_per_minute, taken));
}

void RateLimit::hold_until(BootInstant when) { held_until_ = std::max(held_until_, when); }

}  // namespace skein::resilience
