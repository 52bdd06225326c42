#include "model/watchdog.hpp"

#include <algorithm>

namespace skein::model {
namespace {

constexpr microseconds for_the_rest = milliseconds{250};
constexpr microseconds forever = std::chrono::hours{24 * 365};

}  // namespace

Watchdog::Watchdog(Timeouts timeouts, const Clock& clock, std::unique_ptr<Alarm> alarm)
    : timeouts_(timeouts), clock_(clock), alarm_(std::move(alarm)), begun_(clock.boot_now()) {
  set_alarm();
}

/// The alarm stays: when it rings too early, it is set again. So a stream of many pieces sets it a few times only.
void Watchdog::heard() {
  if (heard_) heard_ = clock_.boot_now();
}

void Watchdog::answered() {
  if (heard_) return;
  heard_ = clock_.boot_now();
  set_alarm();
}

void Watchdog::complete() {
  if (complete_) return;
  complete_ = clock_.boot_now();
  set_alarm();
}

Watchdog::Due Watchdog::due() const {
  if (complete_) return {.limit = Limit::rest, .at = *complete_ + for_the_rest};
  Due first{.limit = Limit::total, .at = begun_ + forever};
  const auto consider = [&](Limit limit, BootInstant from, microseconds length) {
    if (length > microseconds{0} && length < first.at - from) first = {.limit = limit, .at = from + length};
  };
  consider(Limit::total, begun_, timeouts_.total);
  if (heard_) {
    consider(Limit::between_tokens, *heard_, timeouts_.between_tokens);
  } else {
    consider(Limit::first_token, begun_, timeouts_.first_token);
  }
  return first;
}

void Watchdog::set_alarm() { alarm_->set(std::max(microseconds{0}, due().at - clock_.boot_now())); }

void Watchdog::watch(asio::cancellation_signal& work) {
  alarm_->call([this, &work] {
    if (due().at > clock_.boot_now()) return set_alarm();
    ended_it_ = true;
    work.emit(asio::cancellation_type::terminal);
  });
}

std::string describe(Watchdog::Limit limit, const Timeouts& timeouts) {
  switch (limit) {
    case Watchdog::Limit::total: return "the answer was not complete within " + human_duration(timeouts.total);
    case Watchdog::Limit::first_token: return "no part of the answer came within " + human_duration(timeouts.first_token);
    case Watchdog::Limit::between_tokens: return "the answer stopped for " + human_duration(timeouts.between_tokens);
    case Watchdog::Limit::rest: break;
  }
  return "the end of the answer did not come";
}

}  // namespace skein::model
