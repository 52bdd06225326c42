#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "model/prices.hpp"

// Where price tables come from.
namespace skein::model {
namespace {

std::string check_model(std::string_view name) {
  const auto star = name.find('*');
  if (name.find('/') == std::string_view::npos && star == std::string_view::npos)
    return "must be a provider and a model, such as openai/gpt-5.4";
  if (star != std::string_view::npos && star + 1 != name.size()) return "may have a '*' at its end only";
  return {};
}

}  // namespace

PriceTable PriceTable::built_in() {
  PriceTable table;
  PriceFile file;
  describe::Problems problems;
  if (const auto document = parse_json(built_in_price_text())) describe::parse_object(file, *document, describe::Path(), problems);
  table.add(std::move(file), {});
  return table;
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
