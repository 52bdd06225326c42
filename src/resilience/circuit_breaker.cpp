#include "resilience/circuit_breaker.hpp"

#include <array>

namespace skein::resilience {
namespace {
constexpr std::array<std::string_view, 3> names{"closed", "open", "half_open"};
}

std::string_view to_string(BreakerPhase phase) noexcept { return names.at(static_cast<std::size_t>(phase)); }

std::optional<BreakerPhase> breaker_phase_from(std::string_view name) noexcept {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<BreakerPhase>(i);
  }
  return std::nullopt;
}

Breaker::Answer Breaker::acquire(const BreakerPolicy& policy, Instant now) {
  if (phase_ == BreakerPhase::closed) return {.permit = Permit::granted, .transition = std::nullopt};
  if (phase_ == BreakerPhase::open) {
    if (now - since_ < policy.recovery_timeout) return {.permit = Permit::refused, .transition = std::nullopt};
    const BreakerTransition transition{.to = BreakerPhase::half_open, .at = now};
    apply(transition);
    probe_since_ = now;
    return {.permit = Permit::probe, .transition = transition};
  }
  if (probe_since_ && now - *probe_since_ < policy.recovery_timeout) return {.permit = Permit::refused, .transition = std::nullopt};
  probe_since_ = now;
  return {.permit = Permit::probe, .transition = std::nullopt};
}

std::optional<BreakerTransition> Breaker::record_success(Permit permit, Instant now) {
  if (!heeds(permit)) return std::nullopt;
  failures_ = 0;
  if (phase_ == BreakerPhase::closed) return std::nullopt;
  const BreakerTransition transition{.to = BreakerPhase::closed, .at = now};
  apply(transition);
  return transition;
}

std::optional<BreakerTransition> Breaker::record_failure(Permit permit, const BreakerPolicy& policy, Instant now) {
  if (!heeds(permit)) return std::nullopt;
  ++failures_;
  if (phase_ == BreakerPhase::closed && failures_ < policy.failure_threshold) return std::nullopt;
  const BreakerTransition transition{.to = BreakerPhase::open, .at = now};
  apply(transition);
  return transition;
}

void Breaker::record_nothing(Permit permit) {
  if (permit == Permit::probe) probe_since_.reset();
}

void Breaker::apply(const BreakerTransition& transition) {
  phase_ = transition.to;
  since_ = transition.at;
  failures_ = 0;
  probe_since_.reset();
}

}  // namespace skein::resilience
