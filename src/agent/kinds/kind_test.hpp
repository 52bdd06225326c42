#pragma once

#include <memory>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "agent/kinds/kinds.hpp"
#include "async/blocking_pool.hpp"
#include "async/run_in.hpp"
#include "http/client.hpp"
#include "support/python_server.hpp"

namespace skein::agent {

/// A request whose strings live as long as it does.
struct TestRequest {
  explicit TestRequest(std::string action_text, std::string_view parameters_text = "{}")
      : action(std::move(action_text)), parameters(boost::json::parse(parameters_text)) {
    request.action = action;
    request.parameters = &parameters;
    request.workflow = "test";
    request.task = "the_task";
    request.agent = "the_agent";
    request.run_id = "00000000-0000-7000-8000-000000000000";
    request.idempotency_key = "key-1";
  }
  TestRequest(const TestRequest&) = delete;
  TestRequest& operator=(const TestRequest&) = delete;

  std::string action;
  Json parameters;
  AgentRequest request;
};

/// A shard with everything that an agent may use, and a server to talk to.
class KindTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    test::clear_proxy_environment();
    server = std::make_unique<test::PythonServer>("http_server.py");
  }
  static void TearDownTestSuite() { server.reset(); }

  KindTest() { add_builtin_kinds(kinds); }

  AgentSettings settings(std::string kind, std::string endpoint = {}) {
    AgentSettings out;
    out.name = "the_agent";
    out.kind = std::move(kind);
    out.endpoint = std::move(endpoint);
    return out;
  }
  AgentServices services() { return {.executor = io.get_executor(), .http = &client, .pool = &pool, .clock = &clock}; }

  AgentResponse execute(AgentSettings agent_settings, std::string action, std::string_view parameters = "{}") {
    auto agent = kinds.make(std::move(agent_settings), services());
    if (!agent) return AgentResponse::failed(agent.error());
    const TestRequest request(std::move(action), parameters);
    if (auto* immediate = dynamic_cast<ImmediateAgent*>(agent->get())) return immediate->execute(request.request);
    return async::run_in(io, dynamic_cast<AsyncAgent&>(**agent).execute(request.request));
  }

  static inline std::unique_ptr<test::PythonServer> server;
  asio::io_context io;
  http::Client client{io.get_executor()};
  async::BlockingPool pool{2};
  ManualClock clock;
  AgentKinds kinds;
};

inline std::string header_in(const Json& echo, std::string_view name) {
  for (const auto& field : echo.at("headers").as_array()) {
    if (field.at(0).as_string() == name) return std::string(field.at(1).as_string());
  }
  return "(absent)";
}

}  // namespace skein::agent
