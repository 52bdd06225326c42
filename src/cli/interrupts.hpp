#pragma once

#include <atomic>

#include "base/clock.hpp"

namespace skein::cli {

/// Signals of this process. From the beginning SIGPIPE is ignored: a reader that leaves shows up as a failed write. One per process.
class Interrupts {
 public:
  Interrupts();
  /// From now on the first SIGINT, SIGTERM or SIGHUP is remembered, and the second ends the process at once with 128 + its number.
  void listen();
  [[nodiscard]] bool requested() const;
  /// What was remembered has been dealt with: the next signal is a first one again.
  void forget();
  enum class Woken : unsigned char { input, signal };
  /// Waits until something can be read, or the input has ended; or a signal has come.
  [[nodiscard]] Woken wait_for_input(int descriptor) const;
  /// As `requested`, for those that look at a flag.
  [[nodiscard]] const std::atomic<bool>& flag() const;
  /// The exit code of an interrupted process: 130 after Ctrl-C.
  [[nodiscard]] int exit_code() const;
  /// Waits until a signal came or the time is over; returns whether one came.
  [[nodiscard]] bool wait_for(milliseconds time) const;
};

}  // namespace skein::cli
