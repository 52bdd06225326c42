#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "agent/kinds/kinds.hpp"
#include "agent/kinds/rfc3339.hpp"
#include "base/text.hpp"

namespace skein::agent {
namespace {

constexpr std::array<std::string_view, 4> actions{"transform", "emit", "fail", "wait"};
/// Longer waits are mistakes: a hundred years.
constexpr double longest_wait_seconds = 100.0 * 366 * 86'400;

AgentResponse invalid(std::string message) {
  return AgentResponse::failed(
      {.code = ErrorCode::invalid_argument, .message = std::move(message), .context = {}, .retryable = false, .retry_after = std::nullopt});
}

const JsonObject& parameters_of(const AgentRequest& request) {
  static const JsonObject none;
  const auto* object = request.parameters->if_object();
  return object == nullptr ? none : *object;
}

AgentResponse transform(const JsonObject& parameters) {
  if (parameters.size() == 1 && parameters.begin()->key() == "value") return AgentResponse::ok(parameters.begin()->value());
  return AgentResponse::ok(Json(parameters));
}

AgentResponse emit(const JsonObject& parameters) {
  const auto* name = parameters.if_contains("name");
  if (name == nullptr || !name->is_string() || name->get_string().empty()) {
    return invalid("the action 'emit' of a local agent needs parameters.name, the event's name as a string");
  }
  const auto* data = parameters.if_contains("data");
  auto response = AgentResponse::ok(data == nullptr ? Json() : *data);
  response.emitted.push_back({.name = std::string(name->get_string()), .data = response.result});
  return response;
}

AgentResponse fail_on_purpose(const JsonObject& parameters) {
  Error error{
      .code = ErrorCode::agent_failed, .message = "failed on purpose", .context = {}, .retryable = false, .retry_after = std::nullopt};
  if (const auto* message = parameters.if_contains("message")) {
    error.message = message->is_string() ? std::string(message->get_string()) : to_json(*message);
  }
  if (const auto* code = parameters.if_contains("code")) {
    const auto known = code->is_string() ? error_code_from(code->get_string()) : std::nullopt;
    if (!known)
      return invalid("parameters.code of the action 'fail' is not the name of an error code: " + to_json(*code) +
                     "; docs/errors.md lists them");
    error.code = *known;
  }
  if (const auto* retryable = parameters.if_contains("retryable")) {
    if (!retryable->is_bool()) return invalid("parameters.retryable of the action 'fail' must be true or false");
    error.retryable = retryable->get_bool();
  }
  return AgentResponse::failed(std::move(error));
}

/// Values that need no server: reshaping, waiting, events, failing on purpose.
class LocalAgent final : public TimerAgent {
 public:
  [[nodiscard]] bool is_timer(std::string_view action) const override { return action == "wait"; }

  [[nodiscard]] AgentResponse execute(const AgentRequest& request) override {
    const auto& parameters = parameters_of(request);
    if (request.action == "transform") return transform(parameters);
    if (request.action == "emit") return emit(parameters);
    if (request.action == "fail") return fail_on_purpose(parameters);
    return invalid("a local agent has no action '" + std::string(request.action) + "'" +
                   did_you_mean(request.action, std::span<const std::string_view>(actions)) + " (known: transform, emit, fail and wait)");
  }

  [[nodiscard]] Result<Instant> due(const AgentRequest& request, Instant now) override {
    const auto& parameters = parameters_of(request);
    const auto* for_seconds = parameters.if_contains("seconds");
    const auto* until = parameters.if_contains("until");
    if ((for_seconds == nullptr) == (until == nullptr)) {
      return fail(ErrorCode::invalid_argument,
                  "the action 'wait' needs either parameters.seconds (a number) or parameters.until (a time such as "
                  "2026-01-31T12:00:00Z)");
    }
    if (for_seconds != nullptr) {
      boost::system::error_code not_a_number;
      const auto value = for_seconds->to_number<double>(not_a_number);
      if (not_a_number || !(value >= 0) || value > longest_wait_seconds) {
        return fail(ErrorCode::invalid_argument,
                    "parameters.seconds of the action 'wait' must be a number from 0 to a hundred years, not " +
                        shorten(to_json(*for_seconds), 60));
      }
      return now + microseconds(std::llround(value * 1e6));
    }
    const auto at = until->is_string() ? parse_rfc3339(until->get_string()) : std::nullopt;
    if (!at) {
      return fail(ErrorCode::invalid_argument,
                  "parameters.until of the action 'wait' must be a time such as 2026-01-31T12:00:00Z or "
                  "2026-01-31T13:00:00+01:00, not " +
                      shorten(to_json(*until), 60));
    }
    return *at;
  }

  [[nodiscard]] AgentResponse fired(const AgentRequest& /*request*/, Instant due) override {
    JsonObject result;
    result.emplace("waited_until", to_rfc3339(due));
    return AgentResponse::ok(Json(std::move(result)));
  }
};

}  // namespace

Result<std::unique_ptr<Agent>> make_local(AgentSettings /*settings*/, const AgentServices& /*services*/) {
  return std::make_unique<LocalAgent>();
}

}  // namespace skein::agent
