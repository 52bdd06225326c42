#include "model/prices.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "support/test_files.hpp"

namespace skein::model {
namespace {

constexpr std::uint64_t million = 1'000'000;

PriceTable table_of(std::string_view text) {
  auto table = PriceTable::parse(text, "prices.json");
  EXPECT_TRUE(table) << (table ? "" : table.error().message);
  return table ? std::move(*table) : PriceTable();
}

std::string shown(std::optional<Money> money) { return money ? to_string(*money) : "none"; }

TEST(Money, IsShownExactly) {
  EXPECT_EQ(to_string(Money{}), "$0.00");
  EXPECT_EQ(to_string(Money{.nano = 1}), "$0.000000001");
  EXPECT_EQ(to_string(Money{.nano = 1'250'000}), "$0.00125");
  EXPECT_EQ(to_string(Money{.nano = 12'500'000'000}), "$12.50");
  EXPECT_EQ(to_string(Money{.nano = -1'500'000'000}), "-$1.50");
  EXPECT_EQ(to_string(Money{.nano = std::numeric_limits<std::int64_t>::min()}), "-$9223372036.854775808");
}

TEST(Money, SumsDoNotWrapAround) {
  const Money most{.nano = std::numeric_limits<std::int64_t>::max()};
  EXPECT_EQ(most + Money{.nano = 1}, most);
  EXPECT_EQ(Money{.nano = 2} + Money{.nano = -3}, Money{.nano = -1});
}

TEST(Prices, EachSortOfTokenHasItsOwn) {
  const auto table = table_of(R"({"prices":[{"model":"p/m","input":3,"cached_input":0.3,"cache_write":3.75,"output":15}]})");
  EXPECT_EQ(shown(table.cost_of({.input = million}, "p/m")), "$3.00");
  EXPECT_EQ(shown(table.cost_of({.input = million, .cached_input = million}, "p/m")), "$0.30");
  EXPECT_EQ(shown(table.cost_of({.input = million, .cache_write = million}, "p/m")), "$3.75");
  EXPECT_EQ(shown(table.cost_of({.output = million, .reasoning = million}, "p/m")), "$15.00");
  EXPECT_EQ(shown(table.cost_of({.input = 1000, .cached_input = 200, .cache_write = 300, .output = 10}, "p/m")), "$0.002835");
  // A provider that counts more from its cache than there was is not paid for it.
  EXPECT_EQ(shown(table.cost_of({.input = 10, .cached_input = 99, .cache_write = 99}, "p/m")), "$0.000003");
}

TEST(Prices, WithoutAnOwnPriceCachedTokensCostWhatOthersDo) {
  const auto table = table_of(R"({"prices":[{"model":"p/m","input":3,"output":15}]})");
  EXPECT_EQ(shown(table.cost_of({.input = million, .cached_input = million / 2, .cache_write = million / 2}, "p/m")), "$3.00");
}

TEST(Prices, AreRoundedUpOnceAndNeverOverflow) {
  const auto table =
      table_of(R"({"prices":[{"model":"p/m","input":0.0000015,"output":0.0000015},{"model":"p/dear","input":1000000,"output":1000000}]})");
  EXPECT_EQ(table.cost_of({.input = 1, .output = 1}, "p/m"), Money{.nano = 1});
  EXPECT_EQ(table.cost_of({.input = million, .output = 0}, "p/m"), Money{.nano = 1500});
  EXPECT_EQ(table.cost_of({.input = million + 1, .output = 0}, "p/m"), Money{.nano = 1501});
  const auto most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(table.cost_of({.input = most, .output = most}, "p/dear"), Money{.nano = std::numeric_limits<std::int64_t>::max()});
}

TEST(Prices, LinesHoldForPromptsUpToALength) {
  const auto table = table_of(R"({"prices":[{"model":"p/m","input":6,"output":22},{"model":"p/m","up_to":200000,"input":3,"output":15},
                                            {"model":"p/short","up_to":10,"input":1,"output":1}]})");
  EXPECT_EQ(shown(table.cost_of({.input = 200'000}, "p/m")), "$0.60");
  EXPECT_EQ(shown(table.cost_of({.input = 200'001}, "p/m")), "$1.200006");
  EXPECT_EQ(shown(table.cost_of({.input = 10}, "p/short")), "$0.00001");
  EXPECT_EQ(shown(table.cost_of({.input = 11}, "p/short")), "none");
}

TEST(Prices, TheMostThatACallCanCost) {
  const auto table = table_of(R"({"prices":[{"model":"p/m","up_to":100,"input":3,"cached_input":0.3,"cache_write":3.75,"output":15},
                                            {"model":"p/m","up_to":200,"input":1,"output":1}]})");
  EXPECT_EQ(table.most_cost_of(100, 10, "p/m"), Money{.nano = 375'000 + 150'000});
  EXPECT_EQ(table.most_cost_of(150, 10, "p/m"), Money{.nano = 375'000 + 150'000});  // it may turn out to be 100 long
  EXPECT_EQ(table.most_cost_of(201, 10, "p/m"), std::nullopt);
  EXPECT_EQ(table.most_cost_of(1, 1, "p/other"), std::nullopt);
}

TEST(Prices, NamesStandForDatedVersionsAndStarsForAnyRest) {
  const auto table = table_of(R"({"keep_built_in":false,"prices":[{"model":"p/*","input":1,"output":1},{"model":"p/m","input":2,"output":2},
    {"model":"p/m-2026-01-01","input":3,"output":3},{"model":"p/m-pro*","input":4,"output":4}]})");
  const auto price = [&](std::string_view model) { return shown(table.cost_of({.input = million}, model)); };
  EXPECT_EQ(price("p/m"), "$2.00");
  EXPECT_EQ(price("p/m-2026-03-05"), "$2.00");
  EXPECT_EQ(price("p/m-20260305"), "$2.00");
  EXPECT_EQ(price("p/m-2026-01-01"), "$3.00");
  EXPECT_EQ(price("p/m-pro-2026-01-01"), "$4.00");
  EXPECT_EQ(price("p/m-mini"), "$1.00");  // by the star: not a dated version of p/m
  EXPECT_EQ(price("p/m-2026-03-5x"), "$1.00");
  EXPECT_EQ(price("q/m"), "none");
}

TEST(Prices, WhatIsUnknownHasNone) {
  const auto table = PriceTable::built_in();
  EXPECT_EQ(table.cost_of({.input = 1}, "openai/gpt-99"), std::nullopt);
  EXPECT_EQ(table.cost_of({.input = 1}, "compatible/gpt-4o"), std::nullopt);
  EXPECT_EQ(table.cost_of({.input = 1}, ""), std::nullopt);
  EXPECT_EQ(table.cost_of({.input = 1, .output = 1}, "ollama/llama3.2"), Money{});
}

TEST(Prices, TheBuiltInTableIsSound) {
  const auto document = parse_json(built_in_price_text());
  ASSERT_TRUE(document) << document.error().message;
  describe::Problems problems;
  PriceFile file;
  describe::parse_object(file, *document, describe::Path(), problems);
  for (const auto& problem : problems) ADD_FAILURE() << problem.pointer << " " << problem.message;
  EXPECT_FALSE(file.as_of.empty());
  EXPECT_GE(file.sources.size(), 2U);
  EXPECT_GT(file.prices.size(), 60U);
  for (const auto& price : file.prices) {
    EXPECT_LE(price.cached_input.value_or(0), price.input) << price.model;
    EXPECT_GE(price.output, price.input) << price.model;
  }
  const auto table = PriceTable::built_in();
  EXPECT_EQ(shown(table.cost_of({.input = million, .output = million}, "openai/gpt-4o")), "$12.50");
  EXPECT_EQ(shown(table.cost_of({.input = 1000, .output = 1000}, "anthropic/claude-sonnet-4-5-20250929")), "$0.018");
  EXPECT_EQ(shown(table.cost_of({.input = million}, "openai/gpt-5.4")), "$5.00");  // a long prompt
  EXPECT_EQ(shown(table.cost_of({.input = 100'000}, "openai/gpt-5.4")), "$0.25");
}

TEST(Prices, AUsersFileIsLaidOverTheBuiltInTableOrReplacesIt) {
  const auto over =
      table_of(R"({"prices":[{"model":"openai/gpt-4o*","input":1,"output":1},{"model":"compatible/*","input":0,"output":0}]})");
  EXPECT_EQ(shown(over.cost_of({.input = million}, "openai/gpt-4o")), "$1.00");  // though the built-in line names it exactly
  EXPECT_EQ(shown(over.cost_of({.input = million}, "openai/gpt-4.1")), "$2.00");
  EXPECT_EQ(shown(over.cost_of({.input = million}, "compatible/x")), "$0.00");
  const auto alone = table_of(R"({"keep_built_in":false,"prices":[{"model":"openai/gpt-4o","input":1,"output":1}]})");
  EXPECT_EQ(alone.cost_of({.input = 1}, "openai/gpt-4.1"), std::nullopt);
}

TEST(Prices, FaultyFilesAreRefusedWithThePlace) {
  const auto message = [](std::string_view text) {
    const auto table = PriceTable::parse(text, "my-prices.json");
    EXPECT_FALSE(table) << text;
    if (table) return std::string();
    EXPECT_EQ(table.error().code, ErrorCode::invalid_argument);
    return table.error().message;
  };
  const auto has = [](const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(has(message("{"), "my-prices.json is not a file of prices: "));
  EXPECT_TRUE(has(message("{}"), "prices"));
  EXPECT_TRUE(has(message(R"({"prices":[{"model":"p/m","input":-1,"output":1}]})"), "/prices/0/input"));
  EXPECT_TRUE(has(message(R"({"prices":[{"model":"p/m","input":1}]})"), "output"));
  EXPECT_TRUE(has(message(R"({"prices":[{"model":"m","input":1,"output":1}]})"), "such as openai/gpt-5.4"));
  EXPECT_TRUE(has(message(R"({"prices":[{"model":"p/*m","input":1,"output":1}]})"), "'*'"));
  EXPECT_TRUE(has(message(R"({"prices":[{"model":"p/m","input":1,"output":1,"inptu":3}]})"), "inptu"));
}

TEST(PriceTable, SaysWhereItsPricesAreFrom) {
  const auto built_in = PriceTable::built_in().sources();
  ASSERT_EQ(built_in.size(), 1U);
  EXPECT_EQ(built_in[0].where, "");
  EXPECT_EQ(built_in[0].as_of.size(), 10U) << "a date";
  EXPECT_GT(built_in[0].lines, 10U);
  const auto table = PriceTable::parse(R"({"as_of": "2026-11-01", "prices": [{"model": "a/b", "input": 1, "output": 2}]})", "mine.json");
  ASSERT_TRUE(table);
  ASSERT_EQ(table->sources().size(), 2U);
  EXPECT_EQ(table->sources()[0].where, "mine.json");
  EXPECT_EQ(table->sources()[0].as_of, "2026-11-01");
  EXPECT_EQ(table->sources()[0].lines, 1U);
}

TEST(PriceTable, LinesOfItsOwnComeFirst) {
  const auto table = PriceTable::built_in().with({{.model = "openai/gpt-5.4", .input = 7, .output = 9}});
  EXPECT_EQ(table.cost_of({.input = 1'000'000}, "openai/gpt-5.4"), (Money{.nano = 7'000'000'000}));
  EXPECT_TRUE(table.cost_of({.input = 1}, "openai/gpt-5.4-mini"));
  EXPECT_EQ(PriceTable::built_in().with({}).sources().size(), 1U);
}

TEST(PriceTable, IsReadFromAFile) {
  const skein::testing::Folder folder;
  const auto path = folder.write("prices.json", R"({"keep_built_in": false, "prices": [{"model": "a/*", "input": 1, "output": 2}]})");
  EXPECT_TRUE(PriceTable::read(path.string())->cost_of({.input = 1}, "a/b"));
  EXPECT_FALSE(PriceTable::read(path.string())->cost_of({.input = 1}, "openai/gpt-5.4"));
  EXPECT_EQ(PriceTable::read(folder.at("none.json").string()).error().code, ErrorCode::not_found);
  const auto wrong = folder.write("wrong.json", R"({"prices": [{"model": "a/b", "input": -1, "output": 2}]})");
  EXPECT_EQ(PriceTable::read(wrong.string()).error().message.substr(0, wrong.string().size() + 20),
            wrong.string() + ": /prices/0/input: '");
}

TEST(Money, SumsEndAtTheLargestAmount) {
  constexpr Money most{.nano = std::numeric_limits<std::int64_t>::max()};
  constexpr Money least{.nano = std::numeric_limits<std::int64_t>::min()};
  EXPECT_EQ(most + Money{.nano = 1}, most);
  EXPECT_EQ(least + Money{.nano = -1}, least);
  EXPECT_EQ((Money{.nano = 3} + Money{.nano = 4}), Money{.nano = 7});
  EXPECT_NE(most, least);
}

TEST(Prices, TheLineThatFitsBestCountsWhereverItStands) {
  const auto table = table_of(
      R"({"keep_built_in":false,"prices":[{"model":"a/bc*","input":3,"output":0},{"model":"a/b*","input":1,"output":0},{"model":"a/*","input":9,"output":0}]})");
  EXPECT_EQ(shown(table.cost_of({.input = million}, "a/bcd")), "$3.00");
  EXPECT_EQ(shown(table.cost_of({.input = million}, "a/bd")), "$1.00");
}

TEST(Prices, TheMostThatACallCanCostIsThatOfItsDearestLength) {
  const auto of_lines = [](std::string_view lines) { return table_of(R"({"keep_built_in":false,"prices":[)" + std::string(lines) + "]}"); };
  const auto dearer_when_long = of_lines(R"({"model":"a/b","up_to":1000000,"input":1,"output":0},{"model":"a/b","input":2,"output":0})");
  EXPECT_EQ(shown(dearer_when_long.most_cost_of(2 * million, 0, "a/b")), "$4.00");
  const auto dearer_when_short = of_lines(R"({"model":"a/b","up_to":1000000,"input":9,"output":0},{"model":"a/b","input":2,"output":0})");
  EXPECT_EQ(shown(dearer_when_short.most_cost_of(2 * million, 0, "a/b")), "$9.00") << "the prompt may turn out shorter";
}

}  // namespace
}  // namespace skein::model
