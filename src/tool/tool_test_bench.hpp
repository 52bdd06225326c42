#pragma once

#include <string_view>

#include <boost/asio/io_context.hpp>

#include "async/blocking_pool.hpp"
#include "async/run_in.hpp"
#include "tool/tool.hpp"

namespace skein::tool::testing {

/// Calls tools as the loop does, at a standing clock.
class Bench {
 public:
  Outcome call(const Tool& tool, const JsonObject& object) {
    const Json arguments = object;
    Call call;
    call.arguments = &arguments;
    call.idempotency_key = "key";
    call.run_id = "run";
    call.agent = "agent";
    return async::run_in(io_, tool.call(call, {.executor = io_.get_executor(), .http = nullptr, .pool = &pool_, .clock = &clock_}));
  }
  Outcome call(const Tool& tool, std::string_view arguments) { return call(tool, parse_json(arguments).value().get_object()); }

 private:
  asio::io_context io_;
  async::BlockingPool pool_{1};
  ManualClock clock_;
};

/// "ok: …" or "failed: …"; strings as they are.
inline std::string said(const Outcome& outcome) {
  const auto* text = outcome.value.if_string();
  return (outcome.failed ? "failed: " : "ok: ") + (text != nullptr ? std::string(text->data(), text->size()) : to_json(outcome.value));
}

}  // namespace skein::tool::testing
