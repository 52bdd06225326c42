#include <algorithm>
#include <memory>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/environment.hpp"
#include "cli/spend_text.hpp"
#include "cli/table.hpp"
#include "cli/until_interrupted.hpp"
#include "http/client.hpp"
#include "model/prices.hpp"
#include "model/provider_status.hpp"

namespace skein::cli {
namespace {

namespace asio = boost::asio;
using model::ProviderStatus;

struct ModelsOptions {
  CommonOptions common;
  std::string provider;
  std::string search;
  bool names = false;
  std::string prices;
};

struct Asking {
  asio::io_context io;
  http::Client http{io.get_executor()};
  SecretValues secrets;
  model::Lookup lookup = environment;
};

asio::awaitable<std::vector<ProviderStatus>> ask_all(Asking& asking, std::vector<std::string> names) {
  using Ask = decltype(asio::co_spawn(asking.io, std::declval<asio::awaitable<ProviderStatus>>(), asio::deferred));
  std::vector<Ask> asks;
  for (auto& name : names) {
    auto ask = model::ask_for_models(std::move(name), asking.lookup, asking.http, asking.secrets);
    asks.push_back(asio::co_spawn(asking.io, std::move(ask), asio::deferred));
  }
  auto group = asio::experimental::make_parallel_group(std::move(asks));
  auto [order, failures, statuses] = co_await group.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  co_return std::move(statuses);
}

/// Those that runs are charged by.
Result<model::PriceTable> prices_of(const ModelsOptions& options) {
  const auto file = options.prices.empty() ? environment("SKEIN_PRICES").value_or("") : options.prices;
  return file.empty() ? model::PriceTable::built_in() : model::PriceTable::read(file);
}

JsonArray sources_of(const model::PriceTable& prices) {
  JsonArray out;
  for (const auto& source : prices.sources()) {
    JsonObject entry{{"from", source.where.empty() ? "built in" : source.where}};
    if (!source.as_of.empty()) entry["as_of"] = source.as_of;
    entry["prices"] = source.lines;
    out.emplace_back(std::move(entry));
  }
  return out;
}

/// "prices.json (5 prices as of 2026-11-20), before the built-in table (60 prices as of 2026-11-01)"
std::string sources_text(const model::PriceTable& prices) {
  std::string out;
  for (const auto& source : prices.sources()) {
    const auto date = source.as_of.empty() ? "" : " as of " + printable(source.as_of);
    out +=
        fmt::format("{}{} ({} price{}{})", out.empty() ? "" : ", before ",
                    source.where.empty() ? "the built-in table" : one_line(source.where), source.lines, source.lines == 1 ? "" : "s", date);
  }
  return out;
}

/// US dollars a million tokens of a short prompt and of its answer.
struct ShortPrice {
  double input = 0;
  double output = 0;
};

std::optional<ShortPrice> price_of(const model::PriceTable& prices, const std::string& name) {
  constexpr std::uint64_t sample = 1000;
  const auto dollars = [](model::Money cost) { return static_cast<double>(cost.nano) * (1e6 / sample) / 1e9; };
  const auto input = prices.cost_of({.input = sample}, name);
  const auto output = prices.cost_of({.output = sample}, name);
  if (!input || !output) return std::nullopt;
  return ShortPrice{.input = dollars(*input), .output = dollars(*output)};
}

JsonObject document_of(const ProviderStatus& status, const model::PriceTable& prices) {
  JsonObject out{{"provider", status.name}, {"status", model::to_string(status.state)}};
  if (!status.address.empty()) out["address"] = status.address;
  if (!status.key_variable.empty()) out["key_from"] = status.key_variable;
  if (!status.finding.empty()) out["finding"] = status.finding;
  JsonArray models;
  for (const auto& listed : status.models) {
    JsonObject entry{{"name", status.name + "/" + listed.name}};
    if (listed.context) entry["context_window"] = *listed.context;
    if (const auto price = price_of(prices, status.name + "/" + listed.name))
      entry["price_per_million"] = JsonObject{{"input", price->input}, {"output", price->output}};
    models.emplace_back(std::move(entry));
  }
  out["models"] = std::move(models);
  return out;
}

std::string plural(std::size_t count, std::string_view word) { return fmt::format("{} {}{}", grouped(count), word, count == 1 ? "" : "s"); }

Style style_of(ProviderStatus::State state) {
  switch (state) {
    case ProviderStatus::State::ready: return Style::green;
    case ProviderStatus::State::unconfigured: return Style::dim;
    default: return Style::yellow;
  }
}

Result<int> survey(Session& session, const ModelsOptions& options) {
  configure_logs(false);
  const auto prices = prices_of(options);
  if (!prices) return std::unexpected(prices.error());
  session.interrupts.listen();
  Asking asking;
  const auto statuses = until_interrupted(asking.io, session.interrupts, ask_all(asking, model::network_providers()));
  if (!statuses) {
    session.output.note("Interrupted.");
    return session.interrupts.exit_code();
  }
  auto& output = session.output;
  if (options.common.json) {
    JsonArray listed;
    for (const auto& status : *statuses) listed.emplace_back(document_of(status, *prices));
    output.print_json(JsonObject{{"providers", std::move(listed)}, {"prices_from", sources_of(*prices)}});
    return 0;
  }
  const auto& out = output.out();
  std::size_t name_width = 0;
  std::size_t state_width = 0;
  for (const auto& status : *statuses) {
    name_width = std::max(name_width, status.name.size());
    state_width = std::max(state_width, model::to_string(status.state).size());
  }
  const auto width = out.interactive ? std::size_t{out.width} : std::size_t{100};
  for (const auto& status : *statuses) {
    const auto text = status.state == ProviderStatus::State::ready
                          ? fmt::format("{} at {}{}", plural(status.models.size(), "model"), status.address,
                                        status.key_variable.empty() ? "" : ", key from " + status.key_variable)
                      : status.address.empty() ? status.finding
                                               : fmt::format("{}: {}", status.address, status.finding);
    output.print(paint(pad(status.name, name_width), Style::bold, out.color) + "  " +
                 paint(pad(model::to_string(status.state), state_width), style_of(status.state), out.color) + "  " +
                 wrapped(printable(text), name_width + state_width + 4, width));
  }
  output.print("\n" + wrapped("Prices: " + sources_text(*prices), 0, width));
  output.note("\nTheir models: skein models list PROVIDER   Try one: skein agent run \"Say hello\" --model PROVIDER/MODEL");
  return 0;
}

std::string dollars(double amount) {
  auto text = fmt::format("{:.4f}", amount);
  while (text.ends_with('0') && text.size() - text.find('.') > 3) text.pop_back();
  return "$" + text;
}

Result<int> list(Session& session, const ModelsOptions& options) {
  configure_logs(false);
  const auto prices = prices_of(options);
  if (!prices) return std::unexpected(prices.error());
  session.interrupts.listen();
  Asking asking;
  auto found =
      until_interrupted(asking.io, session.interrupts, model::ask_for_models(options.provider, asking.lookup, asking.http, asking.secrets));
  if (!found) {
    session.output.note("Interrupted.");
    return session.interrupts.exit_code();
  }
  if (!options.search.empty()) {
    const auto text = to_lower(options.search);
    std::erase_if(found->models, [&](const auto& one) { return !to_lower(one.name).contains(text); });
  }
  auto& output = session.output;
  if (options.common.json) {
    auto document = document_of(*found, *prices);
    document["prices_from"] = sources_of(*prices);
    output.print_json(document);
    return 0;
  }
  if (found->state != ProviderStatus::State::ready) {
    output.note(fmt::format("{} is {}: {}{}", found->name, model::to_string(found->state),
                            found->address.empty() ? "" : found->address + ": ", printable(found->finding)));
    return 0;
  }
  if (options.names) {
    for (const auto& one : found->models) output.print(one_line(found->name + "/" + one.name));
    return 0;
  }
  if (found->models.empty()) {
    output.note(options.search.empty()
                    ? found->name + " has no models" + (found->name == "ollama" ? "; get one with: ollama pull llama3.2" : "")
                    : fmt::format("{} has no model whose name holds '{}'", found->name, options.search));
    return 0;
  }
  Table table({"MODEL", "CONTEXT", "INPUT", "OUTPUT"});
  for (const auto& one : found->models) {
    const auto name = found->name + "/" + one.name;
    const auto price = price_of(*prices, name);
    const bool free = price && price->input == 0 && price->output == 0;
    table.add({{one_line(name)},
               {one.context ? grouped(*one.context) : ""},
               {!price ? ""
                : free ? "free"
                       : dollars(price->input)},
               {!price ? ""
                : free ? "free"
                       : dollars(price->output)}});
  }
  for (const auto& line : table.lines(output.out().interactive ? output.out().width : 0, output.out().color)) output.print(line);
  output.note("Prices: US dollars a million tokens of short prompts, where they are known. From " + sources_text(*prices) + ".");
  return 0;
}

}  // namespace

void register_models(CommandLine& line, Session& session) {
  auto options = std::make_shared<ModelsOptions>();
  auto& command = line.command("models", "Agents", "Show which providers of models are configured and reachable");
  command.details(
      "Each provider is asked for its list of models, for at most 5 seconds. Where a key or an address is missing the line says which "
      "variable to set. Keys are never printed. The exit code is 0 also where nothing can be reached.");
  add_prices_option(command, options->prices);
  add_json_option(command, options->common, "Print the providers, their models and where prices are from as one JSON document");
  command.example("skein models", "What can agents think with here?")
      .example("OLLAMA_HOST=10.0.0.7 skein models", "Look at another server")
      .action([options, &session] { return survey(session, *options); });

  auto& models = line.command("models list", "Agents", "List a provider's models, with context windows and prices where known");
  models.choice("PROVIDER", options->provider, model::network_providers(), "Whose models")
      .option("--search", options->search, "TEXT", "Only models with TEXT in their name")
      .flag("--names", options->names, "Only the full names, one a line");
  add_prices_option(models, options->prices);
  add_json_option(models, options->common,
                  "Print {provider, status, address, models: [{name, context_window?, price_per_million?}], prices_from}");
  models.example("skein models list openai --search mini", "The small ones")
      .example("skein models list ollama --names", "What runs on this machine")
      .action([options, &session] { return list(session, *options); });
}

}  // namespace skein::cli
