#include "cli/spend_text.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "model/prices.hpp"

namespace skein::cli {

std::string grouped(std::uint64_t number) {
  auto out = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3) out.insert(static_cast<std::size_t>(at), ",");
  return out;
}

std::string short_money(std::uint64_t nano_dollars) {
  constexpr std::uint64_t step = 100'000;  // a hundredth of a cent
  // Rounded up, as a cost must not look smaller than it is; what is smaller than a step is said exactly.
  return model::to_string(model::money_of(nano_dollars < step ? nano_dollars : (nano_dollars - 1) / step * step + step));
}

std::string spend_text(const agent::Spend& spent) {
  std::string out;
  const auto add = [&](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
  if (spent.tokens > 0) add(grouped(spent.tokens) + (spent.tokens == 1 ? " token" : " tokens"));
  if (spent.nano_dollars > 0) add(short_money(spent.nano_dollars));
  if (spent.tool_calls > 0) add(grouped(spent.tool_calls) + (spent.tool_calls == 1 ? " tool call" : " tool calls"));
  return out;
}

}  // namespace skein::cli
