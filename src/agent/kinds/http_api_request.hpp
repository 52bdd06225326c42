#pragma once

#include <string>
#include <vector>

#include "agent/kinds/http_exchange.hpp"

namespace skein::agent {

struct HttpApiCall {
  http::Request request;
  std::string what;                  ///< "POST https://host/path" for messages
  std::vector<std::string> ignored;  ///< parameters that had no place beside `data`
};

/// Turns a task's action and parameters into a request (docs/agents.md, "http_api"). Pure.
[[nodiscard]] Result<HttpApiCall> http_api_request(const AgentSettings& settings, const AgentRequest& request);

}  // namespace skein::agent
