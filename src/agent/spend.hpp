#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace skein::agent {

/// What calls of models and tools cost.
struct Spend {
  std::uint64_t tokens = 0;        ///< in and out
  std::uint64_t nano_dollars = 0;  ///< 10⁻⁹ US dollars
  std::uint64_t tool_calls = 0;

  Spend& operator+=(const Spend& more) {
    tokens += more.tokens;
    nano_dollars += more.nano_dollars;
    tool_calls += more.tool_calls;
    return *this;
  }
  /// Takes back what was added before.
  Spend& operator-=(const Spend& less) {
    tokens -= std::min(tokens, less.tokens);
    nano_dollars -= std::min(nano_dollars, less.nano_dollars);
    tool_calls -= std::min(tool_calls, less.tool_calls);
    return *this;
  }
  [[nodiscard]] bool none() const { return tokens == 0 && nano_dollars == 0 && tool_calls == 0; }
  friend bool operator==(const Spend&, const Spend&) = default;
};

/// How much may be spent, or what is left of it; absent: any amount.
struct SpendLimits {
  std::optional<std::uint64_t> tokens;
  std::optional<std::uint64_t> nano_dollars;
  std::optional<std::uint64_t> tool_calls;

  [[nodiscard]] bool none() const { return !tokens && !nano_dollars && !tool_calls; }
  friend bool operator==(const SpendLimits&, const SpendLimits&) = default;
};

/// What is left of `limits` once `spent` is gone.
[[nodiscard]] inline SpendLimits left_of(const SpendLimits& limits, const Spend& spent) {
  const auto left = [](const auto& limit, std::uint64_t used) -> std::optional<std::uint64_t> {
    if (!limit) return std::nullopt;
    return *limit - std::min(*limit, used);
  };
  return {.tokens = left(limits.tokens, spent.tokens),
          .nano_dollars = left(limits.nano_dollars, spent.nano_dollars),
          .tool_calls = left(limits.tool_calls, spent.tool_calls)};
}

/// Whether as much may still be spent.
[[nodiscard]] inline bool covers(const SpendLimits& left, const Spend& wanted) {
  return wanted.tokens <= left.tokens.value_or(wanted.tokens) && wanted.nano_dollars <= left.nano_dollars.value_or(wanted.nano_dollars) &&
         wanted.tool_calls <= left.tool_calls.value_or(wanted.tool_calls);
}

/// The lower of each.
[[nodiscard]] inline SpendLimits tighter(const SpendLimits& a, const SpendLimits& b) {
  const auto lower = [](const auto& x, const auto& y) { return !x ? y : !y ? x : std::min(x, y); };
  return {.tokens = lower(a.tokens, b.tokens),
          .nano_dollars = lower(a.nano_dollars, b.nano_dollars),
          .tool_calls = lower(a.tool_calls, b.tool_calls)};
}

/// Everything that limits allow, where they limit.
[[nodiscard]] inline Spend all_of(const SpendLimits& limits) {
  return {
      .tokens = limits.tokens.value_or(0), .nano_dollars = limits.nano_dollars.value_or(0), .tool_calls = limits.tool_calls.value_or(0)};
}

}  // namespace skein::agent
