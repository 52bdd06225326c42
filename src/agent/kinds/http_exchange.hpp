#pragma once

#include <string_view>

#include "agent/agent.hpp"
#include "agent/failures.hpp"
#include "http/message.hpp"
#include "http/url.hpp"

namespace skein::agent {

/// What the kinds that speak HTTP share.

/// `endpoint` as a URL; the error names the agent.
[[nodiscard]] Result<http::Url> endpoint_url(const AgentSettings& settings);

/// `path` below `base`: "https://h/v1" and "users" or "/users" make https://h/v1/users; "" and "/" make `base` itself. `path` may bring a
/// query, which follows the one of `base`. An absolute `path` replaces `base`; where `carries_credentials`, only within the same origin,
/// since they would leak otherwise. Refuses ".." and fragments.
[[nodiscard]] Result<http::Url> join_url(const http::Url& base, std::string_view path, bool carries_credentials);

/// `{name: value}` as header fields on top of `headers`: strings, numbers and booleans; null removes one. `where` begins the error.
[[nodiscard]] Result<void> merge_headers(http::Headers& headers, const Json& values, std::string_view where);

/// `custom_params.user_agent` and `custom_params.headers` of an agent.
[[nodiscard]] Result<http::Headers> default_headers(const AgentSettings& settings);

/// Puts the authentication of `settings` on the request; a header of the same name that the task gave wins, but travels as a secret too.
void authenticate(http::Request& request, const AgentSettings& settings);

/// The body as a value: JSON by its content type (or, without one, if it is JSON), else text; an empty body is null. Neither JSON nor
/// UTF-8 is an error.
[[nodiscard]] Result<Json> body_value(const http::Response& response, std::string_view what);

/// `{status, headers}` without fields that hold secrets; names in lower case, repeated ones joined by ", ".
[[nodiscard]] JsonObject response_metadata(const http::Response& response);

}  // namespace skein::agent
