#include "agent/thinking/model_settings.hpp"

#include <algorithm>
#include <array>

namespace skein::describe {

using agent::ModelSettings;
using agent::OwnPrice;
using agent::Quirks;

void Shape<agent::CacheRule>::parse(agent::CacheRule& out, const Json& value, const Info& info, const Path& at, Problems& problems) {
  if (value.is_bool()) {
    out.keep = value.get_bool() ? agent::usual_cache_time : microseconds{0};
  } else {
    Shape<microseconds>::parse(out.keep, value, info, at, problems);
  }
}

std::optional<Json> Shape<agent::CacheRule>::write(agent::CacheRule value) {
  return value.keep == microseconds{0} ? Json(false) : Shape<microseconds>::write(value.keep);
}

JsonObject Shape<agent::CacheRule>::schema(const Info& info, SchemaDefinitions& definitions) {
  JsonArray choices;
  choices.emplace_back(JsonObject{{"type", "boolean"}});
  auto duration = Shape<microseconds>::schema(info, definitions);
  duration.erase("description");
  choices.emplace_back(std::move(duration));
  return JsonObject{{"description", info.about}, {"anyOf", std::move(choices)}};
}

template <>
std::span<const std::string_view> names_of<model::Api>() {
  static const std::array words{model::to_string(model::Api::openai_chat), model::to_string(model::Api::openai_responses),
                                model::to_string(model::Api::anthropic_messages), model::to_string(model::Api::ollama_chat)};
  return words;
}

template <>
std::span<const std::string_view> names_of<model::Profile::OutputLimit>() {
  static constexpr std::array<std::string_view, 2> words{"max_completion_tokens", "max_tokens"};
  return words;
}

template <>
const Table<OwnPrice>& table_of<OwnPrice>() {
  static const Table<OwnPrice> table(
      {.name = "model_prices", .about = "What a model's tokens cost, in US dollars per million. Stands before the price table."},
      {field("input", &OwnPrice::input,
             {.about = "Tokens of the prompt.", .example = "0.25", .required = true, .minimum = 0, .maximum = 1e6}),
       field("cached_input", &OwnPrice::cached_input,
             {.about = "Tokens of the prompt that came from the provider's cache; without this key as `input`.",
              .example = "0.025",
              .minimum = 0,
              .maximum = 1e6}),
       field("cache_write", &OwnPrice::cache_write,
             {.about = "Tokens of the prompt that were written to the provider's cache; without this key as `input`.",
              .example = "0.3",
              .minimum = 0,
              .maximum = 1e6}),
       field("output", &OwnPrice::output,
             {.about = "Tokens of the answer, reasoning included.", .example = "2", .required = true, .minimum = 0, .maximum = 1e6})});
  return table;
}

template <>
const Table<Quirks>& table_of<Quirks>() {
  static const Table<Quirks> table(
      {.name = "model_profile",
       .about = "What a server does otherwise than the API it speaks says. Without a key the provider's usual profile holds."},
      {field("output_limit", &Quirks::output_limit, {.about = "The key that bounds an answer.", .example = "max_tokens"}),
       field("tool_choice", &Quirks::tool_choice, {.about = "It understands `tool_choice`.", .example = "false"}),
       field("parallel_tool_calls", &Quirks::parallel_tool_calls, {.about = "It understands `parallel_tool_calls`.", .example = "false"}),
       field("image_urls", &Quirks::image_urls,
             {.about = "It fetches pictures by URL; without, such a request is refused before it is sent.", .example = "false"}),
       field("nested_json_schema", &Quirks::nested_json_schema,
             {.about = "`response_format.json_schema.schema`; without, `response_format.schema`.", .example = "false"}),
       field("stream_usage", &Quirks::stream_usage, {.about = "It understands `stream_options.include_usage`.", .example = "false"}),
       field("strict_tools", &Quirks::strict_tools, {.about = "Tools are sent with `strict: true`.", .example = "true"}),
       field("prompt_cache", &Quirks::prompt_cache, {.about = "Stable prefixes are marked for its prompt cache.", .example = "false"}),
       field("reasoning_replay", &Quirks::reasoning_replay,
             {.about = "It takes back what the model thought before its calls.", .example = "true"})});
  return table;
}

template <>
const Table<ModelSettings>& table_of<ModelSettings>() {
  using T = ModelSettings;
  static const Table<T> table(
      {.name = "model", .about = "A language model by a name of its own: where it is asked, and how. What the providers are: models.md."},
      {
          field("model", &T::model,
                {.about = "The model, as `provider/model`.", .example = "compatible/qwen3-8b", .required = true, .min_items = 1}),
          field("base_url", &T::base_url,
                {.about = "Where it is asked, without the API's own path; without this key where the provider is.",
                 .example = "http://gpu-1:8080/v1",
                 .min_items = 1}),
          field("api_key", &T::api_key,
                {.about = "The key, as a template; without this key the provider's variable, such as OPENAI_API_KEY.",
                 .example = "\"{{secrets.TEAM_KEY}}\"",
                 .min_items = 1}),
          field("api", &T::api,
                {.about = "What the server speaks, where the provider speaks several APIs (openai, compatible).",
                 .example = "openai_responses"}),
          field("headers", &T::headers,
                {.about = "Sent with every request: name → template.", .example = "{OpenAI-Project: \"{{secrets.PROJECT}}\"}"}),
          field("timeout", &T::timeout, {.about = "The longest one try of a call may take; 0: any time.", .example = "2m"}),
          field("first_token_timeout", &T::first_token_timeout,
                {.about = "Streamed answers: the longest wait for the first piece; 0: any time.", .example = "30s"}),
          field("token_timeout", &T::token_timeout,
                {.about = "Streamed answers: the longest silence after that; 0: any time.", .example = "1m"}),
          field("max_retries", &T::max_retries,
                {.about = "How often a call is tried again where the transport or the server failed.", .example = "5", .maximum = 100}),
          field("requests_per_minute", &T::requests_per_minute,
                {.about = "Of its key, over all agents of this process; 0: no limit.", .example = "60", .maximum = 1e9}),
          field("tokens_per_minute", &T::tokens_per_minute,
                {.about = "Of its key, prompts and answers together, over all agents of this process; 0: no limit.",
                 .example = "200000",
                 .maximum = 4e9}),
          field("cache", &T::cache,
                {.about = "Answer identical requests from earlier answers, of all runs of this store: for an hour, or for so long.",
                 .example = "30m"}),
          field("prices", &T::prices, {.about = "What it costs, where the price table does not know it or is wrong."}),
          field("profile", &T::profile, {.about = "What its server does otherwise."}),
      });
  return table;
}

}  // namespace skein::describe

namespace skein::agent {
namespace {

const ModelSettings* find(std::string_view name, const NamedModels& models) {
  const auto found = std::ranges::find(models, name, &std::pair<std::string, ModelSettings>::first);
  return found == models.end() ? nullptr : &found->second;
}

JsonObject overrides(const Quirks& quirks) {
  JsonObject out;
  if (quirks.output_limit)
    out["output_limit"] = describe::names_of<model::Profile::OutputLimit>()[static_cast<std::size_t>(*quirks.output_limit)];
  const auto put = [&](std::string_view name, const std::optional<bool>& value) {
    if (value) out[name] = *value;
  };
  put("tool_choice", quirks.tool_choice);
  put("parallel_tool_calls", quirks.parallel_tool_calls);
  put("image_urls", quirks.image_urls);
  put("nested_json_schema", quirks.nested_json_schema);
  put("stream_usage", quirks.stream_usage);
  put("strict_tools", quirks.strict_tools);
  put("prompt_cache", quirks.prompt_cache);
  put("reasoning_replay", quirks.reasoning_replay);
  return out;
}

}  // namespace

model::ModelChoice model_choice(std::string_view name, const NamedModels& models) {
  model::ModelChoice out{.name = std::string(name), .folder = {}, .provider = {}, .client = {}, .limit = {}};
  const auto* settings = find(name, models);
  if (settings == nullptr) return out;
  out.name = settings->model;
  out.provider.base_url = settings->base_url;
  out.provider.key = settings->api_key;
  out.provider.api = settings->api;
  for (const auto& [header, value] : settings->headers) out.provider.headers.set(header, value);
  if (settings->profile) out.provider.profile = overrides(*settings->profile);
  out.client.timeouts = {
      .total = settings->timeout, .first_token = settings->first_token_timeout, .between_tokens = settings->token_timeout};
  out.client.retry.max_retries = settings->max_retries;
  out.client.cache_for = settings->cache.keep;
  out.limit = {.requests_per_minute = settings->requests_per_minute, .tokens_per_minute = settings->tokens_per_minute};
  return out;
}

std::optional<model::Price> own_price(std::string_view name, const NamedModels& models) {
  const auto* settings = find(name, models);
  if (settings == nullptr || !settings->prices) return std::nullopt;
  const auto& own = *settings->prices;
  return model::Price{.model = settings->model,
                      .up_to = std::nullopt,
                      .input = own.input,
                      .cached_input = own.cached_input,
                      .cache_write = own.cache_write,
                      .output = own.output};
}

}  // namespace skein::agent
