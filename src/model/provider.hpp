#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secrets.hpp"
#include "http/headers.hpp"
#include "model/codec.hpp"

namespace skein::model {

/// A model by its full name, `provider/model`. The model's part may hold slashes: "compatible/meta-llama/Llama-3".
struct ModelName {
  std::string provider;
  std::string model;
  [[nodiscard]] std::string text() const { return provider + "/" + model; }
  bool operator==(const ModelName&) const = default;
};

/// Errors (invalid_argument) say how names look and suggest the nearest provider. Every provider that Skein knows is accepted, also
/// `replay` and `scripted`, which have a file where others have a model.
[[nodiscard]] Result<ModelName> parse_model_name(std::string_view text);

/// The wire format that a provider speaks.
enum class Api : std::uint8_t { openai_chat, openai_responses, anthropic_messages, ollama_chat };
[[nodiscard]] std::string_view to_string(Api api) noexcept;
[[nodiscard]] std::optional<Api> api_from(std::string_view name) noexcept;

/// Where a model is asked, with which credentials, and what its server does otherwise than others. A secret: never logged or journaled.
struct ProviderSettings {
  std::string name;      ///< "openai"
  Api api = Api::openai_chat;
  std::string base_url;  ///< absolute, without a slash at the end; may hold credentials
  std::optional<http::Headers::Field> key_header;
  http::Headers headers;  ///< more of them, for every request
  Profile profile;
};

/// What a user says about a provider beside its name; it wins over the environment.
struct ProviderOverrides {
  std::string base_url;
  std::string key;
  std::optional<Api> api;  ///< `openai` and `compatible` speak both of OpenAI's
  http::Headers headers;
  JsonObject profile;      ///< see `profile_from_json`
};

/// An environment variable's value.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Everything that is needed to ask a model of that provider. The key is known to `secrets` from then on.
///
/// | provider   | variables                                                                                   |
/// |------------|---------------------------------------------------------------------------------------------|
/// | openai     | OPENAI_API_KEY (needed unless OPENAI_BASE_URL leads elsewhere), OPENAI_BASE_URL, SKEIN_OPENAI_API (chat, responses) |
/// | anthropic  | ANTHROPIC_API_KEY (needed), ANTHROPIC_BASE_URL                                              |
/// | ollama     | OLLAMA_HOST                                                                                 |
/// | compatible | SKEIN_COMPATIBLE_BASE_URL (needed), SKEIN_COMPATIBLE_API_KEY                                |
///
/// A variable that is empty counts as unset. Errors: unauthenticated (no key; which variable to set), invalid_argument.
[[nodiscard]] Result<ProviderSettings> resolve_provider(const ModelName& name, const ProviderOverrides& overrides, const Lookup& lookup,
                                                        SecretValues& secrets);

/// The providers that are asked over the network, for lists of what is configured.
[[nodiscard]] std::vector<std::string> network_providers();

}  // namespace skein::model
