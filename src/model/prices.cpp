#include "model/prices.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace skein::model {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::int64_t nano_per_dollar = 1'000'000'000;
constexpr Wide tokens_per_price = 1'000'000;

/// Exact for every price with up to nine decimals.
Wide nano_of(double dollars) { return static_cast<Wide>(std::llround(dollars * static_cast<double>(nano_per_dollar))); }

Money rounded_up(Wide nano_times_million) {
  constexpr auto most = static_cast<Wide>(std::numeric_limits<std::int64_t>::max());
  const auto nano = (nano_times_million + tokens_per_price - 1) / tokens_per_price;
  return {.nano = static_cast<std::int64_t>(std::min(nano, most))};
}

bool is_date(std::string_view text) {
  const std::string_view shape = text.size() == 8 ? "dddddddd" : "dddd-dd-dd";
  return text.size() == shape.size() && std::equal(text.begin(), text.end(), shape.begin(),
                                                   [](char c, char wanted) { return wanted == 'd' ? c >= '0' && c <= '9' : c == wanted; });
}

/// How well a line's name fits a model: nothing, or more the better.
std::size_t fit(std::string_view name, std::string_view model) {
  if (name == model) return std::numeric_limits<std::size_t>::max();
  if (name.ends_with('*')) return model.starts_with(name.substr(0, name.size() - 1)) ? name.size() : 0;
  if (!model.starts_with(name)) return 0;
  const auto rest = model.substr(name.size());
  return rest.starts_with('-') && is_date(rest.substr(1)) ? std::numeric_limits<std::size_t>::max() - 1 : 0;
}

/// The longest prompt that a line holds for.
std::uint64_t bound(const Price& price) { return price.up_to ? *price.up_to : std::numeric_limits<std::uint64_t>::max(); }

}  // namespace

Money operator+(Money a, Money b) {
  Money sum;
  if (__builtin_add_overflow(a.nano, b.nano, &sum.nano)) {
    sum.nano = a.nano < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
  }
  return sum;
}

Money money_of(std::uint64_t nano_dollars) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  return {.nano = static_cast<std::int64_t>(std::min(nano_dollars, most))};
}

std::string to_string(Money money) {
  const bool negative = money.nano < 0;
  const auto size = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(money.nano) : static_cast<std::uint64_t>(money.nano);
  auto text = fmt::format("{}${}.{:09}", negative ? "-" : "", size / nano_per_dollar, size % nano_per_dollar);
  const auto least = text.find('.') + 3;
  while (text.size() > least && text.back() == '0') text.pop_back();
  return text;
}

void PriceTable::add(PriceFile file, std::string_view where) {
  PriceSource source{.where = std::string(where), .as_of = std::move(file.as_of), .lines = file.prices.size()};
  layers_.insert(layers_.begin(), std::make_shared<const Layer>(Layer{.lines = std::move(file.prices), .source = std::move(source)}));
}

std::vector<PriceSource> PriceTable::sources() const {
  std::vector<PriceSource> out;
  for (const auto& layer : layers_) out.push_back(layer->source);
  return out;
}

PriceTable PriceTable::with(std::vector<Price> lines) const {
  auto table = *this;
  if (!lines.empty())
    table.add({.as_of = {}, .sources = {}, .notes = {}, .keep_built_in = true, .prices = std::move(lines)}, "the models' own");
  return table;
}

std::vector<const Price*> PriceTable::lines_of(std::string_view model) const {
  std::vector<const Price*> lines;
  for (const auto& layer : layers_) {
    std::size_t best = 0;
    for (const auto& price : layer->lines) {
      const auto fits = fit(price.model, model);
      if (fits == 0 || fits < best) continue;
      if (fits > best) lines.clear();
      best = fits;
      lines.push_back(&price);
    }
    if (!lines.empty()) break;
  }
  std::sort(lines.begin(), lines.end(), [](const Price* a, const Price* b) { return bound(*a) < bound(*b); });
  return lines;
}

std::optional<Money> PriceTable::cost_of(const Usage& usage, std::string_view model) const {
  const auto lines = lines_of(model);
  const auto line = std::find_if(lines.begin(), lines.end(), [&](const Price* one) { return usage.input <= bound(*one); });
  if (line == lines.end()) return std::nullopt;
  const auto& price = **line;
  const auto cached = std::min(usage.cached_input, usage.input);
  const auto written = std::min(usage.cache_write, usage.input - cached);
  return rounded_up(nano_of(price.input) * (usage.input - cached - written) + nano_of(price.cached_input.value_or(price.input)) * cached +
                    nano_of(price.cache_write.value_or(price.input)) * written + nano_of(price.output) * usage.output);
}

std::optional<Money> PriceTable::most_cost_of(std::uint64_t input_tokens, std::uint64_t output_tokens, std::string_view model) const {
  std::optional<Money> most;
  // The prompt may turn out shorter and fall under an earlier line, which need not be cheaper.
  for (const auto* price : lines_of(model)) {
    const auto tokens = std::min(input_tokens, bound(*price));
    const auto rate = std::max({price->input, price->cached_input.value_or(price->input), price->cache_write.value_or(price->input)});
    const auto cost = rounded_up(nano_of(rate) * tokens + nano_of(price->output) * output_tokens);
    if (!most || cost > *most) most = cost;
    if (input_tokens <= bound(*price)) return most;
  }
  return std::nullopt;
}

}  // namespace skein::model
