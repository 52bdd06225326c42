#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace skein::bench {

using SteadyClock = std::chrono::steady_clock;

inline double micros_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double, std::micro>(SteadyClock::now() - begin).count();
}

/// The value below which `share` of the samples lie.
inline double percentile(std::vector<double> samples, double share) {
  if (samples.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1));
  std::ranges::nth_element(samples, samples.begin() + static_cast<std::ptrdiff_t>(at));
  return samples[at];
}

/// One line of the report: what was measured, beside what it is compared with.
struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::string against;                 ///< the peer or limit, in words
  double limit = 0;                    ///< its value, in the same unit; 0: none
  bool less_is_better = true;
};

/// A JSON line on standard output and a row on standard error.
void report(const Figure& figure);

/// Median µs of overwriting 4 KiB and fdatasync in `folder`: what no durable step can beat.
double fdatasync_micros(const std::string& folder);

/// Rows a second that plain SQLite (WAL, synchronous=FULL) appends in transactions of `group` rows.
double sqlite_rows_per_second(const std::string& folder, int rows, int group, std::size_t row_bytes);

/// Resident memory of this process in bytes.
double resident_bytes();

}  // namespace skein::bench
