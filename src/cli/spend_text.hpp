#pragma once

#include <string>

#include "agent/spend.hpp"

namespace skein::cli {

/// "12,345 tokens, $0.0021, 3 tool calls": what there was of it; empty where there was nothing.
[[nodiscard]] std::string spend_text(const agent::Spend& spent);
/// "12,345"
[[nodiscard]] std::string grouped(std::uint64_t number);
/// In US dollars, to a hundredth of a cent where that says anything: "$0.0021", "$1.20".
[[nodiscard]] std::string short_money(std::uint64_t nano_dollars);

}  // namespace skein::cli
