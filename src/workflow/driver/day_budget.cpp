#include "workflow/driver/day_budget.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "async/blocking_pool.hpp"
#include "base/log.hpp"
#include "model/prices.hpp"
#include "workflow/driver/spend_watch.hpp"

namespace skein::workflow {
namespace {

using agent::asio::awaitable;

/// How the names of all days' accounts begin.
constexpr std::string_view day_accounts = "day ";

std::string date(std::chrono::sys_days day) {
  const std::chrono::year_month_day ymd(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                     static_cast<unsigned>(ymd.day()));
}

std::string dollars(std::uint64_t nano) { return model::to_string(model::money_of(nano)); }

/// Which of the limits it is, in words.
std::string over(const DayCall& call, const store::Account& before, Instant now) {
  const auto tomorrow = date(std::chrono::floor<std::chrono::days>(now) + std::chrono::days{1});
  const auto& limits = call.limits;
  const auto used = before.settled.nano_dollars + before.reserved.nano_dollars;
  const bool money = limits.nano_dollars && call.most.nano_dollars > *limits.nano_dollars - std::min(used, *limits.nano_dollars);
  const auto sum = [&](const std::string& limit, const std::string& settled, const std::string& reserved, const std::string& next) {
    return fmt::format(
        "Budget exceeded: '{}' may spend {} a day; {} are spent, {} reserved for calls that were not answered, and the next call may cost "
        "{}. It may "
        "spend again from {}T00:00:00Z, or raise budget.daily",
        call.agent, limit, settled, reserved, next, tomorrow);
  };
  if (money) {
    return sum(dollars(*limits.nano_dollars), dollars(before.settled.nano_dollars), dollars(before.reserved.nano_dollars),
               dollars(call.most.nano_dollars));
  }
  return sum(fmt::format("{} tokens", limits.tokens.value_or(0)), std::to_string(before.settled.tokens),
             std::to_string(before.reserved.tokens), std::to_string(call.most.tokens));
}

template <class Function>
awaitable<std::invoke_result_t<Function&>> on_pool(async::BlockingPool* pool, Function function) {
  if (pool == nullptr) co_return function();
  auto result = co_await pool->run(std::move(function));
  co_return result;
}

}  // namespace

std::string account_of_day(std::string_view agent, Instant now) {
  return fmt::format("{}{} {}", day_accounts, date(std::chrono::floor<std::chrono::days>(now)), agent);
}

OldDays days_before(Instant now, std::optional<Instant> kept_from) {
  auto day = std::chrono::floor<std::chrono::days>(now) - std::chrono::days{1};
  if (kept_from) day = std::min(day, std::chrono::floor<std::chrono::days>(*kept_from));
  return {.first = std::string(day_accounts), .end = std::string(day_accounts) + date(day)};
}

awaitable<Result<std::string>> reserve(DayCall call) {
  const auto now = call.clock->now();
  auto account = account_of_day(call.agent, now);
  auto ask = [call, account, now] {
    auto reserved = call.ledger->reserve(account, call.key, {.tokens = call.most.tokens, .nano_dollars = call.most.nano_dollars},
                                         {.tokens = call.limits.tokens, .nano_dollars = call.limits.nano_dollars});
    if (reserved && reserved->granted && reserved->before == store::Account{}) {
      const auto old = days_before(now);
      if (const auto done = call.ledger->forget_accounts(old.first, old.end, false); !done)
        log::warning("what old days cost could not be deleted", {{"error", Json(done.error().message)}});
    }
    return reserved;
  };
  auto reserved = co_await on_pool(call.pool, std::move(ask));
  if (!reserved) co_return std::unexpected(std::move(reserved.error()));
  if (!reserved->granted) co_return fail(ErrorCode::budget_exceeded, over(call, reserved->before, now));
  co_return account;
}

awaitable<std::optional<Emitted>> settle(DayCall call, std::string account, agent::Spend used) {
  auto tell = [call, account, used] {
    return call.ledger->settle(account, call.key, {.tokens = used.tokens, .nano_dollars = used.nano_dollars});
  };
  auto settled = co_await on_pool(call.pool, std::move(tell));
  if (!settled) {
    log::warning("what a call cost could not be settled; its worst case stays charged to the day",
                 {{"agent", Json(call.agent)}, {"error", Json(settled.error().message)}});
    co_return std::nullopt;
  }
  const auto as_spend = [](const store::Charge& charge) {
    return agent::Spend{.tokens = charge.tokens, .nano_dollars = charge.nano_dollars, .tool_calls = 0};
  };
  co_return passed_share("day_budget", call.agent, as_spend(settled->before), as_spend(settled->after), call.limits);
}

}  // namespace skein::workflow
