#include "runtime/thinking_services.hpp"

#include <cstdlib>

#include "model/sqlite_answer_cache.hpp"
#include "tool/builtin/builtin.hpp"

namespace skein::runtime {
namespace {

std::optional<std::string> environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

Result<std::unique_ptr<ThinkingServices>> ThinkingServices::make(const ThinkingOptions& options, SecretValues& secrets,
                                                                 async::BlockingPool& pool, std::string cache_path) {
  std::unique_ptr<ThinkingServices> services(new ThinkingServices(secrets));
  auto tools = tool::builtin_tools({.root = options.tool_root});
  if (!tools) return std::unexpected(std::move(tools.error()));
  for (auto& tool : *tools) {
    if (auto added = services->tools_.add(std::move(tool)); !added) return std::unexpected(std::move(added.error()));
  }
  if (!options.record.empty()) {
    auto recorder = model::Recorder::create(options.record, "recorded by skein", secrets);
    if (!recorder) return std::unexpected(std::move(recorder.error()));
    services->recorder_ = std::move(*recorder);
  }
  const auto prices = options.prices.empty() ? environment("SKEIN_PRICES").value_or("") : options.prices;
  if (!prices.empty()) {
    auto table = model::PriceTable::read(prices);
    if (!table) return std::unexpected(std::move(table.error()));
    services->prices_ = std::move(*table);
  }
  if (cache_path.empty()) {
    services->cache_ = std::make_shared<model::MemoryAnswerCache>();
  } else {
    services->cache_ = std::make_shared<model::SqliteAnswerCache>(std::move(cache_path), pool);
  }
  return services;
}

agent::OpenModel ThinkingServices::open_model(OfShard shard) {
  return [this, shard](const std::vector<model::ModelChoice>& choices) {
    return model::make_models(choices, {.http = shard.http,
                                        .clock = shard.clock,
                                        .random = shard.random,
                                        .waits = shard.waits,
                                        .secrets = secrets_,
                                        .shared = shared_,
                                        .lookup = environment,
                                        .cache = cache_,
                                        .recorder = recorder_});
  };
}

}  // namespace skein::runtime
