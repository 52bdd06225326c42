#include "agent/failures.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/json.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "http/retry_after.hpp"

namespace skein::agent {
namespace {

constexpr std::size_t longest_excerpt = 300;

std::string_view reason_phrase(int status) {
  switch (status) {
    case 400: return " Bad Request";
    case 401: return " Unauthorized";
    case 403: return " Forbidden";
    case 404: return " Not Found";
    case 405: return " Method Not Allowed";
    case 408: return " Request Timeout";
    case 409: return " Conflict";
    case 413: return " Content Too Large";
    case 415: return " Unsupported Media Type";
    case 422: return " Unprocessable Content";
    case 429: return " Too Many Requests";
    case 500: return " Internal Server Error";
    case 501: return " Not Implemented";
    case 502: return " Bad Gateway";
    case 503: return " Service Unavailable";
    case 504: return " Gateway Timeout";
    case 529: return " Overloaded";
    default: return "";
  }
}

std::string text_at(const Json& body, std::string_view pointer) {
  const auto* value = at_pointer(body, pointer);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string{};
}

/// What the server says went wrong: the usual places of a JSON body, else the body.
std::string excerpt(const http::Response& response, const std::optional<Json>& body) {
  std::string text;
  if (body) {
    for (const auto* pointer : {"/error/message", "/error", "/message", "/detail", "/title"}) {
      text = text_at(*body, pointer);
      if (!text.empty()) break;
    }
  }
  if (text.empty()) text = response.body.substr(0, 4 * longest_excerpt);
  text = to_valid_utf8(text);
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return redact_patterns(shorten(trim(text), longest_excerpt));
}

std::string_view advice(int status) {
  if (status == 401) return "; check the agent's authentication";
  if (status == 403) return "; check what these credentials are allowed to do";
  if (status == 404) return "; check the endpoint and the action";
  return "";
}

}  // namespace

bool is_retryable(ErrorCode code) noexcept {
  return code == ErrorCode::timeout || code == ErrorCode::connection_failed || code == ErrorCode::rate_limited ||
         code == ErrorCode::bad_response;
}

bool is_retryable_status(int status, Peer peer) noexcept {
  switch (status) {
    case 408:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
    case 529: return true;
    default: return peer == Peer::model && (status == 409 || status >= 500);
  }
}

std::optional<int> http_status_of(const Error& error) noexcept {
  constexpr std::string_view key = "status=";
  const std::string_view context = error.context;
  const auto at = context.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  int status = 0;
  const auto digits = context.substr(at + key.size());
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), status);
  return ec == std::errc{} ? std::optional(status) : std::nullopt;
}

Error status_error(const http::Response& response, std::string_view what, Peer peer, Instant now) {
  const int status = response.status;
  std::optional<Json> body;
  if (http::is_json_type(response.headers.get("Content-Type").value_or(""))) {
    if (auto parsed = parse_json(response.body)) body = std::move(*parsed);
  }
  Error error;
  error.code = status == 401   ? ErrorCode::unauthenticated
               : status == 403 ? ErrorCode::permission_denied
               : status == 429 ? ErrorCode::rate_limited
                               : ErrorCode::http_status;
  error.context = "status=" + std::to_string(status);
  error.message = "HTTP " + std::to_string(status) + std::string(reason_phrase(status)) + " from " + std::string(what);
  if (const auto text = excerpt(response, body); !text.empty()) error.message += ": " + text;
  error.message += advice(status);
  error.retryable = is_retryable_status(status, peer);
  error.retry_after = http::retry_after(response.headers, now);
  if (peer == Peer::model) {
    const auto wish = response.headers.get("x-should-retry");
    if (wish == "true") error.retryable = true;
    if (wish == "false") error.retryable = false;
    if (body && (text_at(*body, "/error/code") == "insufficient_quota" || text_at(*body, "/error/type") == "insufficient_quota")) {
      error.retryable = false;
      error.message += "; the account's quota is spent, another try does not help";
    }
  }
  return error;
}

void apply_retry_on(Error& error, std::span<const ErrorCode> codes, std::span<const std::uint16_t> statuses,
                    std::span<const ErrorCode> never_codes, std::span<const std::uint16_t> never_statuses) {
  const auto status = http_status_of(error);
  const auto listed = [&](std::span<const ErrorCode> c, std::span<const std::uint16_t> s) {
    return std::ranges::find(c, error.code) != c.end() || (status && std::ranges::find(s, *status) != s.end());
  };
  if (listed(codes, statuses)) error.retryable = true;
  if (listed(never_codes, never_statuses)) error.retryable = false;
}

}  // namespace skein::agent
