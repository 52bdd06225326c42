#include "agent/kinds/http_api_request.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.hpp"

namespace skein::agent {
namespace {

constexpr std::array<std::string_view, 5> named{"method", "endpoint", "params", "data", "headers"};

bool is_named(std::string_view key) { return std::ranges::find(named, key) != named.end(); }

std::unexpected<Error> wrong(std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); }

Result<std::string> method_of(const JsonObject& parameters) {
  const auto* method = parameters.if_contains("method");
  if (method == nullptr) return "POST";
  if (!method->is_string() || method->get_string().empty()) return wrong("parameters.method must be a string such as GET or POST");
  std::string text(method->get_string());
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// One `name=value`, or one for each item of an array; null leaves it out.
void append_query(http::Url& url, std::string_view name, const Json& value) {
  if (value.is_null()) return;
  if (const auto* items = value.if_array()) {
    for (const auto& item : *items) {
      if (!item.is_array()) append_query(url, name, item);
    }
    return;
  }
  const auto text = value.is_string() ? std::string(value.get_string()) : to_json(value);
  url.append_query(http::percent_encode(name) + "=" + http::percent_encode(text));
}

void set_body(http::Request& request, const Json& data) {
  std::string_view type = "application/json";
  if (data.is_string()) {
    request.body = std::string(data.get_string());
    type = "text/plain; charset=utf-8";
  } else {
    request.body = to_json(data);
  }
  if (!request.headers.has("Content-Type")) request.headers.set("Content-Type", std::string(type));
}

/// Where parameters without a name of their own go: the JSON body of methods that have one, else the query.
void place_rest(HttpApiCall& call, http::Url& url, const JsonObject& parameters) {
  JsonObject rest;
  for (const auto& [key, value] : parameters) {
    if (!is_named(key)) rest.emplace(key, value);
  }
  if (rest.empty()) return;
  const auto& method = call.request.method;
  if (parameters.contains("data")) {
    for (const auto& [key, value] : rest) call.ignored.emplace_back(key);
  } else if (method == "POST" || method == "PUT" || method == "PATCH") {
    set_body(call.request, Json(std::move(rest)));
  } else {
    for (const auto& [key, value] : rest) append_query(url, key, value);
  }
}

}  // namespace

Result<HttpApiCall> http_api_request(const AgentSettings& settings, const AgentRequest& request) {
  static const JsonObject none;
  const auto* object = request.parameters->if_object();
  const auto& parameters = object == nullptr ? none : *object;
  HttpApiCall call;

  auto method = method_of(parameters);
  if (!method) return std::unexpected(std::move(method.error()));
  call.request.method = std::move(*method);

  auto base = endpoint_url(settings);
  if (!base) return std::unexpected(std::move(base.error()));
  std::string_view path = request.action;
  if (const auto* endpoint = parameters.if_contains("endpoint")) {
    if (!endpoint->is_string()) return wrong("parameters.endpoint must be a string: a path below the agent's endpoint");
    path = endpoint->get_string();
  }
  auto url = join_url(*base, path, settings.auth_header.has_value() || !base->credentials().empty());
  if (!url) return std::unexpected(std::move(url.error()));

  auto headers = default_headers(settings);
  if (!headers) return std::unexpected(std::move(headers.error()));
  call.request.headers = std::move(*headers);
  if (const auto* more = parameters.if_contains("headers"); more != nullptr && !more->is_null()) {
    if (auto ok = merge_headers(call.request.headers, *more, "parameters.headers"); !ok) return std::unexpected(std::move(ok.error()));
  }
  if (const auto* params = parameters.if_contains("params"); params != nullptr && !params->is_null()) {
    if (!params->is_object()) return wrong("parameters.params must be an object: the query's names and values");
    for (const auto& [name, value] : params->get_object()) append_query(*url, name, value);
  }
  if (const auto* data = parameters.if_contains("data"); data != nullptr && !data->is_null()) set_body(call.request, *data);
  place_rest(call, *url, parameters);

  if (call.request.method != "GET" && call.request.method != "HEAD" && !request.idempotency_key.empty() &&
      !call.request.headers.has("Idempotency-Key")) {
    call.request.headers.set("Idempotency-Key", request.idempotency_key);
  }
  call.what = call.request.method + " " + url->display();
  call.request.url = url->text();
  if (same_origin(*url, *base) && !base->credentials().empty()) {
    call.request.url = url->scheme() + "://" + base->credentials() + "@" + call.request.url.substr(url->scheme().size() + 3);
  }
  authenticate(call.request, settings);
  return call;
}

}  // namespace skein::agent
