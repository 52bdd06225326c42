#include "agent/kinds/http_api_request.hpp"
#include "agent/kinds/kinds.hpp"
#include "base/log.hpp"
#include "http/client.hpp"

namespace skein::agent {
namespace {

Json ignored_list(const HttpApiCall& call) {
  JsonArray names;
  for (const auto& name : call.ignored) names.emplace_back(boost::json::string(name));
  return Json(std::move(names));
}

class HttpApiAgent final : public AsyncAgent {
 public:
  HttpApiAgent(AgentSettings settings, http::Client& client, const Clock& clock)
      : settings_(std::move(settings)), client_(client), clock_(clock) {}

  [[nodiscard]] asio::awaitable<AgentResponse> execute(const AgentRequest& request) override {
    auto call = http_api_request(settings_, request);
    if (!call) co_return AgentResponse::failed(std::move(call.error()));
    if (!call->ignored.empty()) {
      log::warning("parameters beside 'data' have no place in an HTTP request and were ignored",
                   {{"task", Json(request.task)}, {"ignored", ignored_list(*call)}});
    }
    auto sent = co_await client_.send(std::move(call->request));
    if (!sent) co_return AgentResponse::failed(std::move(sent.error()));
    co_return answer(*sent, *call);
  }

 private:
  [[nodiscard]] AgentResponse answer(const http::Response& response, const HttpApiCall& call) const {
    AgentResponse result;
    if (response.status >= 400) {
      result = AgentResponse::failed(status_error(response, call.what, Peer::service, clock_.now()));
    } else if (auto value = body_value(response, call.what)) {
      result = AgentResponse::ok(std::move(*value));
    } else {
      result = AgentResponse::failed(std::move(value.error()));
    }
    result.metadata = response_metadata(response);
    if (!call.ignored.empty()) result.metadata.emplace("ignored_parameters", ignored_list(call));
    return result;
  }

  AgentSettings settings_;
  http::Client& client_;
  const Clock& clock_;
};

}  // namespace

Result<std::unique_ptr<Agent>> make_http_api(AgentSettings settings, const AgentServices& services) {
  if (services.http == nullptr || services.clock == nullptr) {
    return fail(ErrorCode::internal, "an http_api agent needs an HTTP client and a clock");
  }
  if (auto url = endpoint_url(settings); !url) return std::unexpected(std::move(url.error()));
  if (auto headers = default_headers(settings); !headers) return std::unexpected(std::move(headers.error()));
  return std::make_unique<HttpApiAgent>(std::move(settings), *services.http, *services.clock);
}

}  // namespace skein::agent
