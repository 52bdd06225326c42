#include "base/clock.hpp"

#include <ctime>

#include <fmt/format.h>

namespace skein {

BootInstant BootClock::now() noexcept {
  timespec ts{};
  clock_gettime(CLOCK_BOOTTIME, &ts);
  return BootInstant{microseconds{static_cast<std::int64_t>(ts.tv_sec) * 1'000'000 + ts.tv_nsec / 1000}};
}

Instant SystemClock::now() const { return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now()); }

BootInstant SystemClock::boot_now() const { return BootClock::now(); }

std::string to_rfc3339(Instant at) {
  const auto ms = std::chrono::floor<milliseconds>(at);
  const auto day = std::chrono::floor<std::chrono::days>(ms);
  const std::chrono::year_month_day ymd{day};
  const std::chrono::hh_mm_ss time{ms - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                     static_cast<unsigned>(ymd.day()), time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

std::string human_duration(microseconds d) {
  const auto us = d.count();
  if (us < 1000) return fmt::format("{}µs", us);
  if (us < 1'000'000) return fmt::format("{}ms", us / 1000);
  if (us < 60'000'000) return fmt::format("{}.{}s", us / 1'000'000, us / 100'000 % 10);
  const auto s = us / 1'000'000;
  if (s < 3600) return fmt::format("{}m {:02}s", s / 60, s % 60);
  if (s < 86'400) return fmt::format("{}h {:02}m", s / 3600, s % 3600 / 60);
  return fmt::format("{}d {:02}h", s / 86'400, s % 86'400 / 3600);
}

}  // namespace skein
