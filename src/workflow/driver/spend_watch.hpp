#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <skein/agent.hpp>

#include "agent/spend.hpp"

// Alerts on unusual spending: events of the name `spend_alert`, beside which a log line and a metric are written.
namespace skein::workflow {

inline constexpr std::string_view spend_alert = "spend_alert";
/// Of a budget: an alert is given when what is spent passes it.
inline constexpr double alert_share = 0.8;

/// An alert where spending has passed `alert_share` of a limit: once, by the answer that did it. {reason, agent, of: "cost" or "tokens",
/// spent, limit, share}; money in US dollars.
[[nodiscard]] std::optional<Emitted> passed_share(std::string_view reason, std::string_view agent, const agent::Spend& before,
                                                  const agent::Spend& after, const agent::SpendLimits& limits);

/// Knows what calls of agents usually cost: the median of each one's latest, so that neither one outlier nor last week decides.
class SpendWatch {
 public:
  static constexpr std::size_t latest = 64;
  static constexpr std::size_t least = 10;       ///< calls before anything can be unusual
  static constexpr std::uint64_t unusual = 10;   ///< times the median

  /// An alert where this call of a model cost more than `unusual` times the median of those before it: {reason: "unusual_call", agent, of,
  /// spent, usual, times}. In money where the calls have prices, else in tokens.
  [[nodiscard]] std::optional<Emitted> note(const std::string& agent, const agent::Spend& used);

 private:
  struct Calls {
    std::vector<agent::Spend> spent;  ///< a ring
    std::size_t next = 0;
  };
  std::map<std::string, Calls, std::less<>> agents_;
};

}  // namespace skein::workflow
