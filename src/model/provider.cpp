#include "model/provider.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "http/url.hpp"
#include "model/profile.hpp"
#include "model/provider_status.hpp"

namespace skein::model {
namespace {

enum class KeyRule : std::uint8_t { none, optional, needed_at_home, needed };

struct Provider {
  std::string_view name;
  Api api;
  std::string_view home;  ///< the base URL where nothing else is said; empty: must be said
  std::string_view url_variable;
  std::string_view key_variable;
  KeyRule key_rule;
};

constexpr std::array providers{
    Provider{"openai", Api::openai_chat, "https://api.openai.com/v1", "OPENAI_BASE_URL", "OPENAI_API_KEY", KeyRule::needed_at_home},
    Provider{"anthropic", Api::anthropic_messages, "https://api.anthropic.com", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", KeyRule::needed},
    Provider{"ollama", Api::ollama_chat, "http://127.0.0.1:11434", "OLLAMA_HOST", "", KeyRule::none},
    Provider{"compatible", Api::openai_chat, "", "SKEIN_COMPATIBLE_BASE_URL", "SKEIN_COMPATIBLE_API_KEY", KeyRule::optional}};

constexpr std::array<std::string_view, 2> file_providers{"replay", "scripted"};

constexpr std::array<std::pair<Api, std::string_view>, 4> api_names{{{Api::openai_chat, "openai_chat"},
                                                                     {Api::openai_responses, "openai_responses"},
                                                                     {Api::anthropic_messages, "anthropic_messages"},
                                                                     {Api::ollama_chat, "ollama_chat"}}};

std::unexpected<Error> wrong(std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); }

std::vector<std::string_view> provider_names() {
  std::vector<std::string_view> names;
  for (const auto& provider : providers) names.push_back(provider.name);
  names.insert(names.end(), file_providers.begin(), file_providers.end());
  return names;
}

/// A model's name without a provider, as people often write it.
std::string_view likely_provider(std::string_view model) {
  for (const std::string_view head : {"gpt-", "o1", "o3", "o4", "chatgpt-"}) {
    if (model.starts_with(head)) return "openai";
  }
  return model.starts_with("claude-") ? "anthropic" : "";
}

std::string value_of(const Lookup& lookup, std::string_view variable) {
  if (variable.empty() || !lookup) return {};
  const auto value = lookup(variable);
  return value ? std::string(trim(*value)) : std::string();
}

/// OLLAMA_HOST may lack the scheme and the port, and may name the address that the server listens on.
std::string ollama_url(std::string host) {
  if (host.find("://") == std::string::npos) {
    const auto end = host.find('/');
    const auto authority = host.substr(0, end);
    const bool has_port = authority.rfind(':') != std::string::npos && !authority.ends_with(']');
    const auto path = end == std::string::npos ? std::string() : host.substr(end);
    host = "http://" + authority + (has_port ? "" : ":11434") + path;
  }
  const std::string_view any = "://0.0.0.0";
  if (const auto at = host.find(any); at != std::string::npos) host.replace(at, any.size(), "://127.0.0.1");
  return host;
}

Result<std::string> checked_url(std::string text, std::string_view said_by) {
  while (text.ends_with('/')) text.pop_back();
  const auto url = http::Url::parse(text);
  if (!url) return wrong(std::string(said_by) + " is no usable URL: " + url.error().message);
  if (!url->query().empty()) return wrong(std::string(said_by) + " must not have a query: paths are added at its end");
  return text;
}

Result<std::string> base_url_of(const Provider& provider, const ModelName& name, const ProviderOverrides& overrides, const Lookup& lookup) {
  if (!overrides.base_url.empty()) return checked_url(overrides.base_url, "base_url of " + name.text());
  auto set = value_of(lookup, provider.url_variable);
  if (!set.empty()) return checked_url(provider.name == "ollama" ? ollama_url(std::move(set)) : std::move(set), provider.url_variable);
  if (!provider.home.empty()) return std::string(provider.home);
  return wrong(name.text() + " has no address: set " + std::string(provider.url_variable) +
               " or give the model a base_url, such as http://127.0.0.1:8080/v1");
}

Result<Api> api_of(const Provider& provider, const ModelName& name, const ProviderOverrides& overrides, const Lookup& lookup) {
  const bool openai = provider.api == Api::openai_chat;
  if (overrides.api) {
    const bool possible = *overrides.api == provider.api || (openai && *overrides.api == Api::openai_responses);
    if (possible || provider.name == "compatible") return *overrides.api;
    return wrong(name.text() + " cannot be asked over " + std::string(to_string(*overrides.api)) + ": " + std::string(provider.name) +
                 " speaks " + std::string(to_string(provider.api)));
  }
  if (provider.name != "openai") return provider.api;
  const auto set = value_of(lookup, "SKEIN_OPENAI_API");
  if (set.empty() || set == "chat") return Api::openai_chat;
  if (set == "responses") return Api::openai_responses;
  return wrong("SKEIN_OPENAI_API must be chat or responses, not '" + shorten(set, 40) + "'");
}

Profile profile_of(const Provider& provider) {
  Profile profile;
  if (provider.name == "ollama") profile.tool_choice = profile.parallel_tool_calls = profile.image_urls = false;
  if (provider.name == "compatible") {
    profile.output_limit = Profile::OutputLimit::max_tokens;
    profile.prompt_cache = false;
  }
  return profile;
}

Result<std::string> key_of(const Provider& provider, const ModelName& name, const ProviderOverrides& overrides, const Lookup& lookup,
                           const std::string& base_url) {
  auto key = overrides.key.empty() ? value_of(lookup, provider.key_variable) : std::string(trim(overrides.key));
  const bool needed = provider.key_rule == KeyRule::needed || (provider.key_rule == KeyRule::needed_at_home && base_url == provider.home);
  if (key.empty() && needed) {
    return fail(ErrorCode::unauthenticated, name.text() + " needs a key: set " + std::string(provider.key_variable));
  }
  if (!http::is_field_value(key) || key.find_first_of(" \t") != std::string::npos) {
    return wrong("the key of " + name.text() + " holds spaces or control characters" +
                 (overrides.key.empty() ? ": check " + std::string(provider.key_variable) : ""));
  }
  return key;
}

}  // namespace

Result<ModelName> parse_model_name(std::string_view text) {
  text = trim(text);
  const auto slash = text.find('/');
  const auto names = provider_names();
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size()) {
    const auto likely = likely_provider(text);
    return wrong("'" + shorten(text, 80) + "' is no model name: they look like provider/model" +
                 (likely.empty() ? std::string(", for example openai/gpt-4o or ollama/llama3.2")
                                 : "; did you mean '" + std::string(likely) + "/" + shorten(text, 80) + "'?"));
  }
  ModelName name{.provider = std::string(text.substr(0, slash)), .model = std::string(text.substr(slash + 1))};
  if (std::ranges::find(names, name.provider) == names.end()) {
    auto hint = did_you_mean(name.provider, names);
    if (hint.empty()) {
      const std::vector<std::string> known(names.begin(), names.end());
      hint = "; there are " + list_of(known) + " (any server that speaks OpenAI's API is 'compatible')";
    }
    return wrong("'" + shorten(text, 80) + "': there is no provider '" + shorten(name.provider, 40) + "'" + hint);
  }
  return name;
}

std::string_view to_string(Api api) noexcept {
  for (const auto& [value, name] : api_names) {
    if (value == api) return name;
  }
  return "openai_chat";
}

std::optional<Api> api_from(std::string_view name) noexcept {
  for (const auto& [value, text] : api_names) {
    if (text == name) return value;
  }
  return std::nullopt;
}

Result<ProviderSettings> resolve_provider(const ModelName& name, const ProviderOverrides& overrides, const Lookup& lookup,
                                          SecretValues& secrets) {
  const auto* const provider = std::ranges::find(providers, name.provider, &Provider::name);
  if (provider == providers.end()) return wrong(name.text() + " is not asked over the network");
  ProviderSettings settings{
      .name = name.provider, .api = provider->api, .base_url = {}, .key_header = {}, .headers = overrides.headers, .profile = {}};

  auto base_url = base_url_of(*provider, name, overrides, lookup);
  if (!base_url) return std::unexpected(std::move(base_url.error()));
  auto api = api_of(*provider, name, overrides, lookup);
  if (!api) return std::unexpected(std::move(api.error()));
  auto key = key_of(*provider, name, overrides, lookup, *base_url);
  if (!key) return std::unexpected(std::move(key.error()));
  auto profile = profile_from_json(overrides.profile, profile_of(*provider));
  if (!profile) return wrong(name.text() + ": " + profile.error().message);
  if (auto ok = http::check_request_headers(overrides.headers); !ok) return wrong(name.text() + ": " + ok.error().message);

  settings.base_url = std::move(*base_url);
  settings.api = *api;
  settings.profile = *profile;
  if (!key->empty()) {
    secrets.add(*key);
    if (settings.api == Api::anthropic_messages) {
      settings.key_header.emplace("x-api-key", std::move(*key));
    } else {
      settings.key_header.emplace("Authorization", "Bearer " + *key);
    }
  }
  if (const auto url = http::Url::parse(settings.base_url); url && !url->credentials().empty()) {
    const auto& credentials = url->credentials();
    secrets.add(credentials);
    if (const auto colon = credentials.find(':'); colon != std::string::npos) secrets.add(std::string_view(credentials).substr(colon + 1));
  }
  return settings;
}

std::string_view key_variable_of(std::string_view provider) {
  const auto* const found = std::ranges::find(providers, provider, &Provider::name);
  return found == providers.end() ? std::string_view() : found->key_variable;
}

std::vector<std::string> network_providers() {
  std::vector<std::string> names;
  for (const auto& provider : providers) names.emplace_back(provider.name);
  return names;
}

}  // namespace skein::model
