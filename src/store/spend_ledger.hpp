#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.hpp"

namespace skein::store {

/// An amount of what calls of models cost.
struct Charge {
  std::uint64_t tokens = 0;
  std::uint64_t nano_dollars = 0;
  friend bool operator==(const Charge&, const Charge&) = default;
};

/// Absent: any amount.
struct ChargeLimits {
  std::optional<std::uint64_t> tokens;
  std::optional<std::uint64_t> nano_dollars;
};

struct Account {
  Charge settled;                  ///< really spent
  Charge reserved;                 ///< the most that what is under way, or was when its process died, may cost
  friend bool operator==(const Account&, const Account&) = default;
};

/// Whether `most` is left.
[[nodiscard]] inline bool fits(const Account& account, const Charge& most, const ChargeLimits& limits) {
  const auto one = [](std::optional<std::uint64_t> limit, std::uint64_t settled, std::uint64_t reserved, std::uint64_t more) {
    return !limit || (settled + reserved <= *limit && more <= *limit - settled - reserved);
  };
  return one(limits.tokens, account.settled.tokens, account.reserved.tokens, most.tokens) &&
         one(limits.nano_dollars, account.settled.nano_dollars, account.reserved.nano_dollars, most.nano_dollars);
}

struct Reserved {
  bool granted = false;
  Account before;
};
struct Settled {
  Charge before;                   ///< what was settled until then
  Charge after;
};

/// What is spent over runs and processes, by account. An amount is reserved before it can be spent and settled with what was spent, so that
/// an account's limit holds whoever spends from it at the same time, and whoever dies. Durable when a member returns. From any thread.
class SpendLedger {
 public:
  virtual ~SpendLedger() = default;
  /// Takes `most` out of what `limits` leave of the account. A key that holds a reservation of the account keeps it as it is: that is
  /// the same call again.
  [[nodiscard]] virtual Result<Reserved> reserve(const std::string& account, const std::string& key, Charge most, ChargeLimits limits) = 0;
  /// Replaces a reservation by what was spent; without one it is spent all the same.
  [[nodiscard]] virtual Result<Settled> settle(const std::string& account, const std::string& key, Charge spent) = 0;
  /// Of an unknown one: nothing.
  [[nodiscard]] virtual Result<Account> account(const std::string& account) const = 0;
  /// Forgets all accounts whose names are from `first` on and before `end`, with what is reserved of them; how many there are. With
  /// `dry_run` it only counts them.
  [[nodiscard]] virtual Result<std::uint64_t> forget_accounts(const std::string& first, const std::string& end, bool dry_run) = 0;
};

}  // namespace skein::store
