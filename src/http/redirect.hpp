#pragma once

#include <optional>

#include "http/message.hpp"
#include "http/url.hpp"

namespace skein::http {

/// One hop of a request: what is really sent.
struct Hop {
  Url url;
  std::string method;
  Headers headers;  ///< `auth_header` included
  std::string body;
};

/// Checks the request (method, header fields, URL) and makes its first hop, which takes method, headers and body out of it.
[[nodiscard]] Result<Hop> first_hop(Request&& request);

/// Where `response` to `hop` leads, or nothing where it is the answer. 303 becomes GET (HEAD stays), 301 and 302 turn POST into GET, 307
/// and 308 change nothing (RFC 9110 §15.4). Going to another origin drops Authorization, Cookie, Proxy-Authorization, Host,
/// `request.auth_header` and credentials in the URL. Refuses https → http, other schemes, and more than `request.max_redirects`.
[[nodiscard]] Result<std::optional<Hop>> next_hop(const Request& request, const Hop& hop, const Response& response);

}  // namespace skein::http
