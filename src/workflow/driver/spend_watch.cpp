#include "workflow/driver/spend_watch.hpp"

#include <algorithm>

#include <boost/json/object.hpp>

namespace skein::workflow {
namespace {

constexpr double nano = 1e9;

enum class Of : std::uint8_t { cost, tokens };

Json amount(Of of, std::uint64_t value) { return of == Of::cost ? Json(static_cast<double>(value) / nano) : Json(value); }
std::string_view word(Of of) { return of == Of::cost ? "cost" : "tokens"; }
std::uint64_t part(Of of, const agent::Spend& spend) { return of == Of::cost ? spend.nano_dollars : spend.tokens; }
/// Two decimals are enough for a reader.
double rounded(double value) { return static_cast<double>(static_cast<std::int64_t>(value * 100)) / 100; }

}  // namespace

std::optional<Emitted> passed_share(std::string_view reason, std::string_view agent, const agent::Spend& before, const agent::Spend& after,
                                    const agent::SpendLimits& limits) {
  for (const auto of : {Of::cost, Of::tokens}) {
    const auto& limit = of == Of::cost ? limits.nano_dollars : limits.tokens;
    if (!limit || *limit == 0) continue;
    const auto whole = static_cast<double>(*limit);
    const auto share = static_cast<double>(part(of, after)) / whole;
    if (static_cast<double>(part(of, before)) / whole >= alert_share || share < alert_share) continue;
    return Emitted{.name = std::string(spend_alert),
                   .data = JsonObject{{"reason", reason},
                                      {"agent", agent},
                                      {"of", word(of)},
                                      {"spent", amount(of, part(of, after))},
                                      {"limit", amount(of, *limit)},
                                      {"share", rounded(share)}}};
  }
  return std::nullopt;
}

std::optional<Emitted> SpendWatch::note(const std::string& agent, const agent::Spend& used) {
  if (used.tokens == 0 && used.nano_dollars == 0) return std::nullopt;  // it failed, or came from a cache
  auto& calls = agents_[agent];
  const auto of = used.nano_dollars > 0 ? Of::cost : Of::tokens;
  std::optional<Emitted> out;
  if (calls.spent.size() >= least) {
    std::vector<std::uint64_t> values;
    for (const auto& spend : calls.spent) values.push_back(part(of, spend));
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    const auto value = part(of, used);
    if (*middle > 0 && value / unusual >= *middle && value > *middle * unusual) {
      out = Emitted{.name = std::string(spend_alert),
                    .data = JsonObject{{"reason", "unusual_call"},
                                       {"agent", agent},
                                       {"of", word(of)},
                                       {"spent", amount(of, value)},
                                       {"usual", amount(of, *middle)},
                                       {"times", rounded(static_cast<double>(value) / static_cast<double>(*middle))}}};
    }
  }
  if (calls.spent.size() < latest) {
    calls.spent.push_back(used);
  } else {
    calls.spent[calls.next] = used;
    calls.next = (calls.next + 1) % latest;
  }
  return out;
}

}  // namespace skein::workflow
