#include "http/redirect.hpp"

#include "base/text.hpp"

namespace skein::http {
namespace {

std::unexpected<Error> refused(const Hop& hop, std::string why) {
  return fail(ErrorCode::bad_response, hop.url.display() + " redirects " + std::move(why));
}

void become_get(Hop& hop) {
  hop.method = "GET";
  hop.body.clear();
  for (const auto* name : {"Content-Type", "Content-Encoding", "Content-Language", "Content-Location", "Digest"}) hop.headers.remove(name);
}

}  // namespace

Result<Hop> first_hop(Request&& request) {  // NOLINT(cppcoreguidelines-rvalue-reference-param-not-moved): its parts are
  if (!is_token(request.method)) {
    return fail(ErrorCode::invalid_argument, "an HTTP method is a word such as GET or POST, without spaces or control characters");
  }
  if (iequals(request.method, "CONNECT")) return fail(ErrorCode::invalid_argument, "the method CONNECT cannot be sent");
  auto url = Url::parse(request.url);
  if (!url) return std::unexpected(std::move(url.error()));
  Hop hop{
      .url = std::move(*url), .method = std::move(request.method), .headers = std::move(request.headers), .body = std::move(request.body)};
  if (request.auth_header) hop.headers.set(request.auth_header->first, request.auth_header->second);
  if (auto ok = check_request_headers(hop.headers); !ok) return std::unexpected(std::move(ok.error()));
  return hop;
}

Result<std::optional<Hop>> next_hop(const Request& request, const Hop& hop, const Response& response) {
  const auto status = response.status;
  const bool redirect = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  const auto location = response.headers.get("Location");
  if (!redirect || !location || request.redirects == Redirects::hand_back) return std::optional<Hop>{};
  if (response.redirects >= request.max_redirects) {
    return refused(hop, "more than " + std::to_string(request.max_redirects) + " times; use the address where it ends");
  }
  auto target = hop.url.resolve(*location);
  if (!target) return refused(hop, "to an address that is refused: " + target.error().message);

  Hop next{.url = std::move(*target), .method = hop.method, .headers = hop.headers, .body = hop.body};
  if (hop.url.scheme() == "https" && next.url.scheme() == "http") return refused(hop, "from https to http, which is refused");
  if (!same_origin(hop.url, next.url)) {
    if (request.redirects == Redirects::same_origin) {
      return refused(hop, "to " + next.url.origin() + ", which is refused: only its own host, port and scheme are allowed here");
    }
    next.url.drop_credentials();
    for (const auto* name : {"Authorization", "Cookie", "Proxy-Authorization", "Host", "X-API-Key"}) next.headers.remove(name);
    if (request.auth_header) next.headers.remove(request.auth_header->first);
  }
  if ((status == 303 && next.method != "HEAD" && next.method != "GET") || ((status == 301 || status == 302) && next.method == "POST")) {
    become_get(next);
  }
  return std::optional<Hop>(std::move(next));
}

}  // namespace skein::http
