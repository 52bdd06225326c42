#include "model/retry_rules.hpp"

#include <algorithm>
#include <cmath>

#include "http/retry_after.hpp"

namespace skein::model {

bool worth_retrying(int status, const http::Headers& headers) {
  const auto said = headers.get("x-should-retry");
  if (said == "true") return true;
  if (said == "false") return false;
  return status == 408 || status == 409 || status == 429 || status >= 500;
}

microseconds retry_wait(const RetryRules& rules, std::uint32_t retry, const http::Headers& headers, Instant now, double unit) {
  if (const auto asked = http::retry_after(headers, now); asked && *asked > milliseconds{0} && *asked <= rules.longest_asked_for)
    return *asked;
  const auto doublings = std::clamp<std::uint32_t>(retry, 1, 1000) - 1;
  const auto first = static_cast<double>(rules.first_wait.count());
  const auto wait = std::min(first * std::pow(2.0, doublings), static_cast<double>(rules.longest_wait.count()));
  return microseconds{static_cast<std::int64_t>(wait * (1.0 - 0.25 * unit))};
}

}  // namespace skein::model
