#include "model/provider_status.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "http/client.hpp"
#include "http/url.hpp"
#include "model/codecs.hpp"

namespace skein::model {
namespace {

constexpr milliseconds connect_patience{3'000};
constexpr std::size_t largest_list = std::size_t{8} << 20;
constexpr std::size_t most_models = 5'000;
constexpr std::size_t longest_name = 200;
constexpr std::size_t longest_complaint = 200;

/// Where servers say how long a conversation may be: vLLM, OpenRouter and LM Studio, Anthropic, llama-server.
constexpr std::array<std::string_view, 5> context_places{"/max_model_len", "/context_length", "/max_context_length", "/max_input_tokens",
                                                         "/meta/n_ctx_train"};

http::Request list_request(const ProviderSettings& provider) {
  http::Request request;
  request.url = provider.base_url;
  switch (provider.api) {
    case Api::openai_chat:
    case Api::openai_responses: request.url += "/models"; break;
    case Api::anthropic_messages:
      request.url += "/v1/models?limit=1000";
      request.headers.set("anthropic-version", "2023-06-01");
      break;
    case Api::ollama_chat: request.url += "/api/tags"; break;
  }
  request.headers.set("Accept", "application/json");
  request.auth_header = provider.key_header;
  request.redirects = http::Redirects::same_origin;
  request.max_response_bytes = largest_list;
  request.connect_timeout = connect_patience;
  request.timeout = list_patience;
  return request;
}

std::string refusal(const ProviderSettings& provider, const http::Response& response) {
  std::string said;
  if (const auto body = parse_json(response.body)) said = make_codec(provider.api)->complaint(*body);
  said = shorten(redact_patterns(trim(said)), longest_complaint);
  const auto status = " (status " + std::to_string(response.status) + (said.empty() ? "" : ", " + said) + ")";
  if (response.status == 401 || response.status == 403)
    return (provider.key_header ? "it does not accept the key" : "it wants a key") + status;
  if (response.status == 404) return "it lists no models there" + status + "; check the address";
  return "it did not list its models" + status;
}

}  // namespace

std::string_view to_string(ProviderStatus::State state) {
  switch (state) {
    case ProviderStatus::State::ready: return "ready";
    case ProviderStatus::State::unconfigured: return "not configured";
    case ProviderStatus::State::refused: return "refused";
    case ProviderStatus::State::unreachable: return "unreachable";
  }
  return "unreachable";
}

Result<std::vector<ListedModel>> read_model_list(const Json& answer) {
  const Json* list = at_pointer(answer, "/data");
  if (list == nullptr) list = at_pointer(answer, "/models");
  if (list == nullptr || !list->is_array()) return fail(ErrorCode::bad_response, "its answer is no list of models; check the address");
  std::vector<ListedModel> out;
  for (const auto& item : list->get_array()) {
    const Json* name = at_pointer(item, "/id");
    if (name == nullptr) name = at_pointer(item, "/name");
    if (name == nullptr || !name->is_string() || name->get_string().empty()) continue;
    ListedModel model{.name = shorten(std::string_view(name->get_string()), longest_name), .context = {}};
    for (const auto place : context_places) {
      const auto* tokens = at_pointer(item, place);
      if (tokens == nullptr || !tokens->is_number()) continue;
      boost::system::error_code none;
      const auto count = tokens->to_number<std::uint64_t>(none);
      if (none || count == 0) continue;
      model.context = count;
      break;
    }
    out.push_back(std::move(model));
    if (out.size() == most_models) break;
  }
  std::ranges::sort(out, {}, &ListedModel::name);
  return out;
}

asio::awaitable<ProviderStatus> ask_for_models(std::string provider, const Lookup& lookup, http::Client& http, SecretValues& secrets) {
  ProviderStatus status;
  status.name = provider;
  const ModelName name{.provider = std::move(provider), .model = "…"};
  const auto settings = resolve_provider(name, {}, lookup, secrets);
  if (!settings) {
    status.finding = settings.error().message;
    co_return status;
  }
  const auto url = http::Url::parse(settings->base_url);
  status.address = url ? url->display() : std::string();
  if (settings->key_header) status.key_variable = key_variable_of(status.name);
  auto request = list_request(*settings);
  const auto answer = co_await http.send(std::move(request));
  if (!answer) {
    status.state = ProviderStatus::State::unreachable;
    status.finding = secrets.redact(answer.error().message);
    co_return status;
  }
  status.state = ProviderStatus::State::refused;
  if (answer->status != 200) {
    status.finding = secrets.redact(refusal(*settings, *answer));
    co_return status;
  }
  const auto body = parse_json(answer->body);
  auto models = body ? read_model_list(*body) : fail(ErrorCode::bad_response, "its answer is not JSON; check the address");
  if (!models) {
    status.finding = models.error().message;
    co_return status;
  }
  status.state = ProviderStatus::State::ready;
  status.models = std::move(*models);
  co_return status;
}

}  // namespace skein::model
