#include "model/prices.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"

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

std::string check_model(std::string_view name) {
  const auto star = name.find('*');
  if (name.find('/') == std::string_view::npos && star == std::string_view::npos)
    return "must be a provider and a model, such as openai/gpt-5.4";
  if (star != std::string_view::npos && star + 1 != name.size()) return "may have a '*' at its end only";
  return {};
}

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

PriceTable PriceTable::built_in() {
  PriceTable table;
  PriceFile file;
  describe::Problems problems;
  if (const auto document = parse_json(built_in_price_text())) describe::parse_object(file, *document, describe::Path(), problems);
  table.add(std::move(file), {});
  return table;
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

Result<PriceTable> PriceTable::read(const std::string& path) {
  constexpr std::uintmax_t largest = std::uintmax_t{8} << 20;
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  if (failed) return fail(ErrorCode::not_found, fmt::format("cannot read the prices in {}: {}", path, failed.message()));
  if (size > largest)
    return fail(ErrorCode::too_large, fmt::format("{} is too large to be a file of prices: at most 8 MiB are read", path));
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad() || !in.is_open())
    return fail(ErrorCode::not_found, fmt::format("cannot read the prices in {}: check its permissions", path));
  return parse(text, path);
}

std::optional<PriceTable> PriceTable::from_json(const Json& document, describe::Problems& problems, std::string_view where) {
  PriceFile file;
  const auto before = problems.size();
  describe::parse_object(file, document, describe::Path(), problems);
  const auto is_error = [](const describe::Problem& problem) { return problem.severity == describe::Severity::error; };
  if (std::any_of(problems.begin() + static_cast<std::ptrdiff_t>(before), problems.end(), is_error)) return std::nullopt;
  auto table = file.keep_built_in ? built_in() : PriceTable();
  table.add(std::move(file), where);
  return table;
}

Result<PriceTable> PriceTable::parse(std::string_view text, std::string_view where) {
  const auto document = parse_json(text);
  if (!document) return fail(ErrorCode::invalid_argument, fmt::format("{} is not a file of prices: {}", where, document.error().message));
  describe::Problems problems;
  auto table = from_json(*document, problems, where);
  if (table) return std::move(*table);
  const auto& first = problems.front();
  return fail(ErrorCode::invalid_argument,
              fmt::format("{}: {}{}{}", where, first.pointer, first.pointer.empty() ? "" : ": ", first.message));
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

namespace skein::describe {

using model::Price;
using model::PriceFile;

template <>
const Table<Price>& table_of<Price>() {
  static const Table<Price> table(
      {.name = "price", .about = "What a model's tokens cost, in US dollars per million."},
      {field("model", &Price::model,
             {.about = "Provider and model; stands for its dated versions too. A `*` at the end stands for any rest.",
              .example = "openai/gpt-5.4",
              .required = true,
              .check = &model::check_model}),
       field("up_to", &Price::up_to,
             {.about = "Tokens of the prompt that this line holds for. Longer prompts need a further line for the same model.",
              .minimum = 1}),
       field("input", &Price::input, {.about = "Tokens of the prompt.", .required = true, .minimum = 0, .maximum = 1e6}),
       field("cached_input", &Price::cached_input,
             {.about = "Tokens of the prompt that came from the provider's cache. Default: as input.", .minimum = 0, .maximum = 1e6}),
       field("cache_write", &Price::cache_write,
             {.about = "Tokens of the prompt that were written to the provider's cache. Default: as input.", .minimum = 0, .maximum = 1e6}),
       field("output", &Price::output,
             {.about = "Tokens of the answer, reasoning included.", .required = true, .minimum = 0, .maximum = 1e6})});
  return table;
}

template <>
const Table<PriceFile>& table_of<PriceFile>() {
  static const Table<PriceFile> table(
      {.name = "prices", .about = "Prices of models."},
      {field("as_of", &PriceFile::as_of, {.about = "The day on which the prices were looked up."}),
       field("sources", &PriceFile::sources, {.about = "Where they were looked up."}),
       field("notes", &PriceFile::notes, {.about = "Remarks."}),
       field("keep_built_in", &PriceFile::keep_built_in,
             {.about = "Whether models that this file does not name have the prices that came with Skein; without, they have none."}),
       field("prices", &PriceFile::prices,
             {.about = "One line for each model, or for each length of prompt of a model.", .required = true})});
  return table;
}

}  // namespace skein::describe
