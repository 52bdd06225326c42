#pragma once

#include <optional>
#include <string>

#include "agent/agent.hpp"
#include "agent/spend.hpp"
#include "base/clock.hpp"
#include "store/spend_ledger.hpp"

// What the calls of an agent may cost on one day, over all runs and processes of a store.
namespace skein::workflow {

/// One call that counts against a day. What it refers to outlives the call.
struct DayCall {
  store::SpendLedger* ledger = nullptr;
  async::BlockingPool* pool = nullptr;  ///< null: the ledger is asked on the spot
  const Clock* clock = nullptr;
  std::string agent;               ///< "workflow/agent"
  std::string key;                 ///< the call's idempotency key, and which time it is made
  agent::SpendLimits limits;       ///< of the day
  agent::Spend most;               ///< that the call may cost
};

/// The ledger's account of a day.
[[nodiscard]] std::string account_of_day(std::string_view agent, Instant now);

/// The accounts of days long gone: from `first` on, and before `end`. A call that was begun yesterday may still be settled, so yesterday
/// is kept, and so is what is not older than `kept_from`.
struct OldDays {
  std::string first;
  std::string end;
};
[[nodiscard]] OldDays days_before(Instant now, std::optional<Instant> kept_from = {});

/// Takes the call's worst case out of what is left of the day; the account that it was taken from. The first call of a day forgets
/// old days. Errors: budget_exceeded, which says until when; the store's.
[[nodiscard]] agent::asio::awaitable<Result<std::string>> reserve(DayCall call);
/// What it really cost. An alert where the day's spending has just passed a share of its budget. A store that fails leaves the worst case
/// charged.
[[nodiscard]] agent::asio::awaitable<std::optional<Emitted>> settle(DayCall call, std::string account, agent::Spend used);

}  // namespace skein::workflow
