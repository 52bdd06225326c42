#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/secrets.hpp"
#include "model/provider.hpp"

namespace skein::http {
class Client;
}

namespace skein::model {

namespace asio = boost::asio;

/// A model as its provider lists it.
struct ListedModel {
  std::string name;                        ///< as the provider calls it
  std::optional<std::uint64_t> context;    ///< tokens that fit into a conversation, where the provider says so
};

/// Whether a provider can be asked, as far as its list of models tells.
struct ProviderStatus {
  enum class State : std::uint8_t {
    ready,         ///< it listed its models
    unconfigured,  ///< a variable is missing; `finding` says which
    refused,       ///< it answered, and not with a list: the key is wrong, or it is another kind of server
    unreachable    ///< no answer
  };
  std::string name;
  State state = State::unconfigured;
  std::string address;             ///< without credentials; empty where there is none
  std::string key_variable;        ///< that the key came from; empty where it has none
  std::string finding;             ///< what is wrong, in words; empty where it is ready
  std::vector<ListedModel> models; ///< sorted by name
};
[[nodiscard]] std::string_view to_string(ProviderStatus::State state);

/// The variable that holds a provider's key; empty where it has none.
[[nodiscard]] std::string_view key_variable_of(std::string_view provider);

/// How long a provider may take to list its models.
inline constexpr seconds list_patience{5};

/// Asks a provider for its models, once. Never fails: what is wrong stands in the status, without keys.
[[nodiscard]] asio::awaitable<ProviderStatus> ask_for_models(std::string provider, const Lookup& lookup, http::Client& http,
                                                             SecretValues& secrets);

/// The models in the answer of `GET /v1/models` (OpenAI, Anthropic, compatible servers) or `GET /api/tags` (Ollama), sorted by name. An
/// error says that it is no such answer.
[[nodiscard]] Result<std::vector<ListedModel>> read_model_list(const Json& answer);

}  // namespace skein::model
