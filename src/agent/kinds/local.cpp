#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "agent/kinds/kinds.hpp"
#include "agent/kinds/rfc3339.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"

namespace skein::agent {
namespace {

constexpr std::array<std::string_view, 5> actions{"transform", "emit", "fail", "wait", "signal"};
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
class LocalAgent final : public WaitingAgent {
 public:
  [[nodiscard]] bool waits(std::string_view action) const override { return action == "wait" || action == "signal"; }

  [[nodiscard]] AgentResponse execute(const AgentRequest& request) override {
    const auto& parameters = parameters_of(request);
    if (request.action == "transform") return transform(parameters);
    if (request.action == "emit") return emit(parameters);
    if (request.action == "fail") return fail_on_purpose(parameters);
    return invalid("a local agent has no action '" + std::string(request.action) + "'" +
                   did_you_mean(request.action, std::span<const std::string_view>(actions)) +
                   " (known: transform, emit, fail, wait and signal)");
  }

  [[nodiscard]] Result<Wait> wait(const AgentRequest& request, Instant now) override {
    if (request.action == "signal") return wait_for_signal(request, now);
    const auto at = due(parameters_of(request), now);
    if (!at) return std::unexpected(at.error());
    return Wait{.until = *at, .signal = {}};
  }

  [[nodiscard]] AgentResponse fired(const AgentRequest& request, Instant due) override {
    if (request.action == "signal") {
      return AgentResponse::failed({.code = ErrorCode::timeout,
                                    .message = "the signal did not come within parameters.timeout",
                                    .context = {},
                                    .retryable = false,
                                    .retry_after = {}});
    }
    JsonObject result;
    result.emplace("waited_until", to_rfc3339(due));
    return AgentResponse::ok(Json(std::move(result)));
  }

  [[nodiscard]] AgentResponse signalled(const AgentRequest& /*request*/, const Json& payload) override {
    return AgentResponse::ok(payload);
  }

 private:
  [[nodiscard]] static Result<Wait> wait_for_signal(const AgentRequest& request, Instant now) {
    const auto& parameters = parameters_of(request);
    Wait out{.until = std::nullopt, .signal = std::string(request.task)};
    if (const auto* name = parameters.if_contains("name")) {
      if (!name->is_string() || name->get_string().empty()) {
        return fail(ErrorCode::invalid_argument,
                    "parameters.name of the action 'signal' must be the name of a signal, not " + shorten(to_json(*name), 60));
      }
      out.signal = std::string(name->get_string());
    }
    if (const auto* timeout = parameters.if_contains("timeout"); timeout != nullptr && !timeout->is_null()) {
      boost::system::error_code not_a_number;
      const auto number = timeout->to_number<double>(not_a_number);
      const auto patience = timeout->is_string() ? parse_duration(timeout->get_string())
                            : not_a_number       ? std::nullopt
                                                 : duration_from_seconds(number);
      if (!patience) {
        return fail(ErrorCode::invalid_argument,
                    "parameters.timeout of the action 'signal' must be seconds (30) or text with a unit (\"1h\"), not " +
                        shorten(to_json(*timeout), 60));
      }
      out.until = now + *patience;
    }
    return out;
  }

  [[nodiscard]] static Result<Instant> due(const JsonObject& parameters, Instant now) {
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
};

}  // namespace

Result<std::unique_ptr<Agent>> make_local(AgentSettings /*settings*/, const AgentServices& /*services*/) {
  return std::make_unique<LocalAgent>();
}

}  // namespace skein::agent
