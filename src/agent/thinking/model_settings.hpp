#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/describe.hpp"
#include "base/error.hpp"
#include "model/models.hpp"
#include "model/prices.hpp"

namespace skein::agent {

/// How long answers answer identical requests: `true` for an hour, or a duration.
struct CacheRule {
  microseconds keep{0};  ///< 0: not at all
};
inline constexpr microseconds usual_cache_time = std::chrono::hours{1};

/// What a model's tokens cost, in US dollars per million; stands before the price table.
struct OwnPrice {
  double input = 0;
  std::optional<double> cached_input;
  std::optional<double> cache_write;
  double output = 0;
};

/// What a server does otherwise than the API it speaks says; see model::Profile.
struct Quirks {
  std::optional<model::Profile::OutputLimit> output_limit;
  std::optional<bool> tool_choice, parallel_tool_calls, image_urls, nested_json_schema, stream_usage, strict_tools, prompt_cache,
      reasoning_replay;
};

/// One of a workflow's `models`: a model by the name that agents call it, where it is asked and how. Templates are in place when a file is
/// read and rendered when an agent is made; then the key is in here, so it is never logged or journaled.
struct ModelSettings {
  std::string model;  ///< "provider/model"
  std::string base_url;
  std::string api_key;
  std::optional<model::Api> api;
  describe::Named<std::string> headers;
  microseconds timeout = model::Timeouts{}.total;
  microseconds first_token_timeout = model::Timeouts{}.first_token;
  microseconds token_timeout = model::Timeouts{}.between_tokens;
  std::uint32_t max_retries = model::RetryRules{}.max_retries;
  std::uint32_t requests_per_minute = 0;
  std::uint32_t tokens_per_minute = 0;
  CacheRule cache;
  std::optional<OwnPrice> prices;
  std::optional<Quirks> profile;
};

using NamedModels = describe::Named<ModelSettings>;

/// The model that a name stands for: one of `models`, else the name itself is "provider/model".
[[nodiscard]] model::ModelChoice model_choice(std::string_view name, const NamedModels& models);
/// The price that a name's own settings say; it holds for the model of that full name.
[[nodiscard]] std::optional<model::Price> own_price(std::string_view name, const NamedModels& models);

}  // namespace skein::agent

namespace skein::describe {

template <>
struct Shape<agent::CacheRule> : PlainShape {
  static void parse(agent::CacheRule& out, const Json& value, const Info& info, const Path& at, Problems& problems);
  static std::optional<Json> write(agent::CacheRule value);
  static JsonObject schema(const Info& info, SchemaDefinitions& definitions);
  static std::string type(const Info&) { return "boolean or duration"; }
};

template <>
std::span<const std::string_view> names_of<model::Api>();
template <>
std::span<const std::string_view> names_of<model::Profile::OutputLimit>();
template <>
const Table<agent::OwnPrice>& table_of<agent::OwnPrice>();
template <>
const Table<agent::Quirks>& table_of<agent::Quirks>();
template <>
const Table<agent::ModelSettings>& table_of<agent::ModelSettings>();

}  // namespace skein::describe
