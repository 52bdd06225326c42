#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace skein::resilience {

/// When to stop calling something that keeps failing. Immutable.
struct BreakerPolicy {
  std::uint32_t failure_threshold = 5;         ///< consecutive failed attempts that open it
  microseconds recovery_timeout = seconds{60};  ///< from opening until one probe is let through

  friend bool operator==(const BreakerPolicy& a, const BreakerPolicy& b) {
    return a.failure_threshold == b.failure_threshold && a.recovery_timeout == b.recovery_timeout;
  }
};

enum class BreakerPhase : std::uint8_t { closed, open, half_open };
[[nodiscard]] std::string_view to_string(BreakerPhase phase) noexcept;
[[nodiscard]] std::optional<BreakerPhase> breaker_phase_from(std::string_view name) noexcept;

/// A change worth recording; the count of failures is not.
struct BreakerTransition {
  BreakerPhase to = BreakerPhase::closed;
  Instant at;
  friend bool operator==(const BreakerTransition& a, const BreakerTransition& b) { return a.to == b.to && a.at == b.at; }
};

/// The state of one breaker: a pure machine. closed → open → half_open (one probe) → closed, or open again.
class Breaker {
 public:
  enum class Permit : std::uint8_t { granted, probe, refused };
  struct Answer {
    Permit permit = Permit::granted;
    std::optional<BreakerTransition> transition;
  };

  /// May an attempt begin at `now`? A refusal changes nothing. A probe that is never answered blocks for one
  /// `recovery_timeout`, then another is let through.
  [[nodiscard]] Answer acquire(const BreakerPolicy& policy, Instant now);
  /// An attempt ended that `permit` let through. While the breaker is open or half-open only its probe's result counts: attempts that
  /// began before say nothing about now.
  std::optional<BreakerTransition> record_success(Permit permit, Instant now);
  std::optional<BreakerTransition> record_failure(Permit permit, const BreakerPolicy& policy, Instant now);
  /// An attempt ended without saying anything about the other side (cancelled): a probe's place is free again.
  void record_nothing(Permit permit);

  /// Folds a recorded transition, as after a restart: the phase and its instant survive, counts begin at zero.
  void apply(const BreakerTransition& transition);

  [[nodiscard]] BreakerPhase phase() const { return phase_; }
  [[nodiscard]] Instant since() const { return since_; }
  [[nodiscard]] std::uint32_t failures() const { return failures_; }

 private:
  [[nodiscard]] bool heeds(Permit permit) const { return phase_ == BreakerPhase::closed || permit == Permit::probe; }

  BreakerPhase phase_ = BreakerPhase::closed;
  Instant since_{};
  std::uint32_t failures_ = 0;
  std::optional<Instant> probe_since_;
};

}  // namespace skein::resilience
