#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace skein {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Wall time: microseconds since the Unix epoch, UTC. What is journaled: due instants, event times.
using Instant = std::chrono::sys_time<microseconds>;

/// Boot time: monotonic, goes on while the machine sleeps, starts anew at boot. Only for measuring and waiting.
struct BootClock {
  using duration = microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};
using BootInstant = BootClock::time_point;

/// Time as an input. Implementations must be safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
  [[nodiscard]] virtual BootInstant boot_now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] BootInstant boot_now() const override;
};

/// A clock that stands still until it is told to move; for tests and simulation. Not synchronised.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start = Instant{seconds{1'700'000'000}}) : wall_(start) {}
  [[nodiscard]] Instant now() const override { return wall_; }
  [[nodiscard]] BootInstant boot_now() const override { return boot_; }
  /// Both clocks move.
  void advance(microseconds by) { wall_ += by, boot_ += by; }
  /// Only the wall clock moves: somebody set the time.
  void jump_wall(microseconds by) { wall_ += by; }

 private:
  Instant wall_;
  BootInstant boot_{};
};

/// RFC 3339 in UTC with milliseconds: "2026-01-31T12:00:00.000Z".
[[nodiscard]] std::string to_rfc3339(Instant at);

/// Microseconds since the epoch, as stored.
[[nodiscard]] constexpr std::int64_t to_micros(Instant at) { return at.time_since_epoch().count(); }
[[nodiscard]] constexpr Instant from_micros(std::int64_t us) { return Instant{microseconds{us}}; }

/// "850ms", "3.2s", "1m 05s", "2h 03m": a duration for people.
[[nodiscard]] std::string human_duration(microseconds d);

}  // namespace skein
