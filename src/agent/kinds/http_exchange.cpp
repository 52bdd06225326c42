#include "agent/kinds/http_exchange.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace skein::agent {
namespace {

bool is_secret_header(std::string_view name) {
  static constexpr std::array<std::string_view, 10> secret{
      "set-cookie",       "set-cookie2",        "cookie",    "authorization", "proxy-authorization",
      "www-authenticate", "proxy-authenticate", "x-api-key", "api-key",       "authentication-info"};
  const auto lower = to_lower(name);
  return std::ranges::find(secret, lower) != secret.end();
}

bool has_parent_segment(std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  return std::ranges::any_of(split(path, '/'), [](std::string_view segment) {
    const auto lower = to_lower(segment);
    return lower == ".." || lower == "%2e%2e" || lower == ".%2e" || lower == "%2e.";
  });
}

}  // namespace

Result<http::Url> endpoint_url(const AgentSettings& settings) {
  if (settings.endpoint.empty()) {
    return fail(ErrorCode::invalid_argument,
                "the agent '" + settings.name + "' has no endpoint; give it one, such as https://api.example.com/v1");
  }
  auto url = http::Url::parse(settings.endpoint);
  if (!url) url.error().message = "the endpoint of the agent '" + settings.name + "': " + url.error().message;
  return url;
}

Result<http::Url> join_url(const http::Url& base, std::string_view path, bool carries_credentials) {
  if (path.contains("://") && path.find("://") < path.find_first_of("/?#")) {
    auto absolute = http::Url::parse(path);
    if (!absolute) return absolute;
    if (carries_credentials && !same_origin(*absolute, base)) {
      return fail(ErrorCode::permission_denied, "the address " + absolute->display() + " is not below the agent's endpoint " +
                                                    base.origin() +
                                                    ", to which its authentication belongs; use an agent of its own for that address");
    }
    return absolute;
  }
  if (has_parent_segment(path)) {
    return fail(ErrorCode::invalid_argument,
                "the path '" + shorten(to_valid_utf8(path), 100) + "' leaves the endpoint through '..'; write it out");
  }
  if (path.contains('#')) {
    return fail(ErrorCode::invalid_argument,
                "the path '" + shorten(to_valid_utf8(path), 100) + "' holds a '#'; write %23 for a literal one");
  }
  if (path.empty() || path == "/") return base;
  const auto question = path.find('?');
  auto below = path.substr(0, question);
  while (below.starts_with('/')) below.remove_prefix(1);
  std::string joined = base.path();
  if (!below.empty()) {
    if (!joined.ends_with('/')) joined += '/';
    joined += below;
  }
  // The parser checks and encodes what the action brought.
  std::string text = base.origin() + joined;
  if (!base.query().empty()) text += "?" + base.query();
  if (question != std::string_view::npos && question + 1 < path.size()) {
    text += (base.query().empty() ? "?" : "&") + std::string(path.substr(question + 1));
  }
  return http::Url::parse(text);
}

Result<void> merge_headers(http::Headers& headers, const Json& values, std::string_view where) {
  const auto* object = values.if_object();
  if (object == nullptr) return fail(ErrorCode::invalid_argument, std::string(where) + " must be an object of names and values");
  for (const auto& [name, value] : *object) {
    if (value.is_null()) {
      headers.remove(name);
    } else if (value.is_string()) {
      headers.set(name, std::string(value.get_string()));
    } else if (value.is_object() || value.is_array()) {
      return fail(ErrorCode::invalid_argument,
                  std::string(where) + "." + std::string(name) + " must be a string, not " + (value.is_array() ? "an array" : "an object"));
    } else {
      headers.set(name, to_json(value));
    }
  }
  return {};
}

Result<http::Headers> default_headers(const AgentSettings& settings) {
  http::Headers headers;
  const auto* custom = settings.custom_params.if_object();
  if (custom == nullptr) return headers;
  const auto where = "custom_params of the agent '" + settings.name + "'";
  if (const auto* agent = custom->if_contains("user_agent")) {
    if (!agent->is_string()) return fail(ErrorCode::invalid_argument, where + ": user_agent must be a string");
    headers.set("User-Agent", std::string(agent->get_string()));
  }
  if (const auto* more = custom->if_contains("headers")) {
    if (auto ok = merge_headers(headers, *more, where + ": headers"); !ok) return std::unexpected(std::move(ok.error()));
  }
  return headers;
}

void authenticate(http::Request& request, const AgentSettings& settings) {
  if (!settings.auth_header) return;
  request.auth_header = settings.auth_header;
  if (const auto given = request.headers.get(settings.auth_header->first)) request.auth_header->second = std::string(*given);
}

Result<Json> body_value(const http::Response& response, std::string_view what) {
  if (response.body.empty()) return Json();
  const auto type = response.headers.get("Content-Type");
  if (type && http::is_json_type(*type)) {
    auto value = parse_json(response.body);
    if (value) return value;
    auto error = fail(ErrorCode::bad_response, std::string(what) + ": the answer says that it is JSON but is not: " + value.error().message,
                      "status=" + std::to_string(response.status));
    error.error().retryable = true;
    return error;
  }
  if (!type) {
    if (auto value = parse_json(response.body)) return value;
  }
  if (is_utf8(response.body)) return Json(boost::json::string(response.body));
  return fail(ErrorCode::unsupported,
              std::string(what) + ": the answer is neither JSON nor UTF-8 text but " +
                  (type ? shorten(to_valid_utf8(*type), 80) : "of no named type") + "; ask the service for JSON or text",
              "status=" + std::to_string(response.status));
}

JsonObject response_metadata(const http::Response& response) {
  JsonObject headers;
  for (const auto& [name, value] : response.headers) {
    if (is_secret_header(name)) continue;
    const auto key = to_valid_utf8(to_lower(name));
    const auto text = to_valid_utf8(value);
    if (auto* earlier = headers.if_contains(key)) {
      earlier->get_string().append(", ").append(text);
    } else {
      headers.emplace(key, boost::json::string(text));
    }
  }
  JsonObject metadata;
  metadata.emplace("status", response.status);
  metadata.emplace("headers", std::move(headers));
  return metadata;
}

}  // namespace skein::agent
