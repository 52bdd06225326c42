#pragma once

#include <string>

#include "store/spend_ledger.hpp"
#include "store/sqlite/connection.hpp"

namespace skein::store {

[[nodiscard]] Account query_account(Connection& db, const std::string& account);
/// Within a write transaction.
[[nodiscard]] Reserved reserve_charge(Connection& db, const std::string& account, const std::string& key, Charge most, ChargeLimits limits);
/// Within a write transaction.
[[nodiscard]] Settled settle_charge(Connection& db, const std::string& account, const std::string& key, Charge spent);
/// Accounts from `first` on and before `end`.
[[nodiscard]] std::uint64_t count_accounts(Connection& db, const std::string& first, const std::string& end);
/// Within a write transaction.
void drop_accounts(Connection& db, const std::string& first, const std::string& end);

}  // namespace skein::store
