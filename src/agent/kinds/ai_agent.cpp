#include "agent/kinds/ai_protocol.hpp"
#include "agent/kinds/http_exchange.hpp"
#include "agent/kinds/kinds.hpp"
#include "base/text.hpp"
#include "http/client.hpp"

namespace skein::agent {
namespace {

constexpr std::string_view anthropic_version = "2023-06-01";

/// Messages wants the key in a header of its own; a bearer token is moved there.
void use_x_api_key(AgentSettings& settings) {
  constexpr std::string_view scheme = "bearer ";
  if (!settings.auth_header || !iequals(settings.auth_header->first, "Authorization")) return;
  const std::string_view value = settings.auth_header->second;
  if (value.size() <= scheme.size() || !iequals(value.substr(0, scheme.size()), scheme)) return;
  settings.auth_header = {"x-api-key", std::string(trim(value.substr(scheme.size())))};
}

/// One call of a model API: a task's parameters out, the whole answer back.
class AiAgent final : public AsyncAgent {
 public:
  AiAgent(AgentSettings settings, const http::Url& url, http::Headers headers, http::Client& client, const Clock& clock)
      : settings_(std::move(settings)),
        protocol_(ai_protocol_of(url.path())),
        what_("POST " + url.display()),
        headers_(std::move(headers)),
        client_(client),
        clock_(clock) {
    if (protocol_ == AiProtocol::messages) {
      use_x_api_key(settings_);
      if (!headers_.has("anthropic-version")) headers_.set("anthropic-version", std::string(anthropic_version));
    }
    if (!headers_.has("Content-Type")) headers_.set("Content-Type", "application/json");
    if (!headers_.has("Accept")) headers_.set("Accept", "application/json");
  }

  [[nodiscard]] asio::awaitable<AgentResponse> execute(const AgentRequest& request) override {
    static const JsonObject none;
    const auto* object = request.parameters->if_object();
    auto body = ai_request_body(protocol_, request.action, object == nullptr ? none : *object, settings_.custom_params);
    if (!body) co_return AgentResponse::failed(std::move(body.error()));

    http::Request call;
    call.method = "POST";
    call.url = settings_.endpoint;
    call.headers = headers_;
    if (!request.idempotency_key.empty()) call.headers.set("Idempotency-Key", request.idempotency_key);
    call.body = to_json(Json(std::move(*body)));
    call.redirects = http::Redirects::same_origin;  // prompts do not travel to another host either
    authenticate(call, settings_);
    auto sent = co_await client_.send(std::move(call));
    if (!sent) co_return AgentResponse::failed(std::move(sent.error()));
    co_return answer(*sent);
  }

 private:
  [[nodiscard]] AgentResponse answer(const http::Response& response) const {
    auto metadata = response_metadata(response);
    auto result = [&] {
      if (response.status >= 400) return AgentResponse::failed(status_error(response, what_, Peer::model, clock_.now()));
      auto value = body_value(response, what_);
      if (!value) return AgentResponse::failed(std::move(value.error()));
      if (protocol_ != AiProtocol::generic && !value->is_object()) {
        return AgentResponse::failed({.code = ErrorCode::bad_response,
                                      .message = what_ + ": the answer is not a JSON object; check that the endpoint is a model API",
                                      .context = "status=" + std::to_string(response.status),
                                      .retryable = true,
                                      .retry_after = std::nullopt});
      }
      if (const auto error = ai_error_in(protocol_, *value)) {
        return AgentResponse::failed({.code = ErrorCode::agent_failed,
                                      .message = what_ + ": the model API reports: " + *error,
                                      .context = "status=" + std::to_string(response.status),
                                      .retryable = false,
                                      .retry_after = std::nullopt});
      }
      for (auto& [key, detail] : ai_answer_metadata(protocol_, *value)) metadata.insert_or_assign(key, std::move(detail));
      return AgentResponse::ok(std::move(*value));
    }();
    result.metadata = std::move(metadata);
    return result;
  }

  AgentSettings settings_;
  AiProtocol protocol_;
  std::string what_;
  http::Headers headers_;
  http::Client& client_;
  const Clock& clock_;
};

}  // namespace

Result<std::unique_ptr<Agent>> make_ai_agent(AgentSettings settings, const AgentServices& services) {
  if (!settings.thinking.is_null()) return make_thinking_agent(settings, services);
  if (services.http == nullptr || services.clock == nullptr) {
    return fail(ErrorCode::internal, "an ai_agent needs an HTTP client and a clock");
  }
  const auto url = endpoint_url(settings);
  if (!url) return std::unexpected(url.error());
  auto headers = default_headers(settings);
  if (!headers) return std::unexpected(std::move(headers.error()));
  return std::make_unique<AiAgent>(std::move(settings), *url, std::move(*headers), *services.http, *services.clock);
}

}  // namespace skein::agent
