#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/describe.hpp"
#include "base/error.hpp"
#include "model/exchange.hpp"

namespace skein::model {

/// US dollars in billionths, so that sums are exact; up to nine billion dollars.
struct Money {
  std::int64_t nano = 0;
  friend auto operator<=>(Money, Money) = default;
};
/// The largest amount there is, where the sum is larger.
[[nodiscard]] Money operator+(Money a, Money b);
/// Of so many billionths; the largest amount there is, where it is more.
[[nodiscard]] Money money_of(std::uint64_t nano_dollars);
/// "$0.00125", at least two decimals.
[[nodiscard]] std::string to_string(Money money);

/// One line of a price table, in US dollars per million tokens.
struct Price {
  std::string model;  ///< "openai/gpt-5.4", which stands for its dated versions too ("openai/gpt-5.4-2026-03-05"); or "ollama/*"
  std::optional<std::uint32_t> up_to;  ///< tokens of the prompt that it holds for; longer ones need a further line for the same model
  double input = 0;
  std::optional<double> cached_input;  ///< absent: as `input`
  std::optional<double> cache_write;   ///< absent: as `input`
  double output = 0;
};

/// A file of prices.
struct PriceFile {
  std::string as_of;
  std::vector<std::string> sources;
  std::string notes;
  bool keep_built_in = true;  ///< without: models that the file does not name have no price
  std::vector<Price> prices;
};

/// Where prices are from.
struct PriceSource {
  std::string where;  ///< a file's name; empty: the built-in list
  std::string as_of;  ///< the day on which they were looked up, as the file says it
  std::size_t lines = 0;
};

/// What calls cost. A model that no line names, and a prompt longer than its lines reach, has no price; there are no guesses.
class PriceTable {
 public:
  /// The list prices that came with this version (`prices.json`).
  [[nodiscard]] static PriceTable built_in();
  /// A user's file, JSON, laid over the built-in table or in its place. `where` names it in errors: invalid_argument.
  [[nodiscard]] static Result<PriceTable> parse(std::string_view text, std::string_view where);
  /// As `parse`, of a document that was read already; problems carry pointers into it.
  [[nodiscard]] static std::optional<PriceTable> from_json(const Json& document, describe::Problems& problems, std::string_view where = {});
  /// Of a file. Errors: not_found, too_large, and those of `parse`.
  [[nodiscard]] static Result<PriceTable> read(const std::string& path);

  /// Those that decide first come first.
  [[nodiscard]] std::vector<PriceSource> sources() const;
  /// This table with lines that come before all of it.
  [[nodiscard]] PriceTable with(std::vector<Price> lines) const;

  /// Of a call that used these tokens, rounded up to the next billionth. `model` is "provider/model".
  [[nodiscard]] std::optional<Money> cost_of(const Usage& usage, std::string_view model) const;
  /// At most what a call with such a prompt and answer can cost, whatever of it the provider has in its cache.
  [[nodiscard]] std::optional<Money> most_cost_of(std::uint64_t input_tokens, std::uint64_t output_tokens, std::string_view model) const;

 private:
  /// One document: those of a user come before the built-in one.
  struct Layer {
    std::vector<Price> lines;
    PriceSource source;
  };
  /// Before what is there.
  void add(PriceFile file, std::string_view where);
  /// Of the first layer that knows the model, by the length of prompt that they reach to.
  [[nodiscard]] std::vector<const Price*> lines_of(std::string_view model) const;

  std::vector<std::shared_ptr<const Layer>> layers_;  ///< shared by copies: every agent has the table
};

/// The text of `prices.json`.
[[nodiscard]] std::string_view built_in_price_text();

}  // namespace skein::model

namespace skein::describe {

template <>
const Table<model::Price>& table_of<model::Price>();
template <>
const Table<model::PriceFile>& table_of<model::PriceFile>();

}  // namespace skein::describe
