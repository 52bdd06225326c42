#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <skein/error.hpp>
#include <skein/json.hpp>

namespace skein {

/// One attempt of a task, as an agent sees it. The views are valid until the attempt has ended.
struct AgentRequest {
  std::string_view action;
  const Json* parameters = nullptr;    ///< an object, expressions already resolved; never null in a call
  std::string_view workflow;
  std::string_view task;
  std::string_view agent;
  std::string run_id;                  ///< UUID text; empty outside a run
  std::uint32_t activation = 1;
  std::uint32_t attempt = 1;           ///< counts from 1
  /// The same for every retry of an activation, also after a crash; send it along where the other side understands it.
  std::string idempotency_key;
};

/// An event that an agent wants in the run's journal beside its result.
struct Emitted {
  std::string name;
  Json data;
};

/// What came of one attempt.
struct AgentResponse {
  bool success = false;
  Json result;          ///< meaningful where `success`
  Error error;          ///< meaningful where not
  JsonObject metadata;  ///< such as HTTP status and headers; journaled
  std::vector<Emitted> emitted;

  [[nodiscard]] static AgentResponse ok(Json value) {
    AgentResponse response;
    response.success = true;
    response.result = std::move(value);
    return response;
  }
  [[nodiscard]] static AgentResponse failed(Error why) {
    AgentResponse response;
    response.error = std::move(why);
    return response;
  }
};

}  // namespace skein
