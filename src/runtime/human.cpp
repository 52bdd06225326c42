#include "runtime/human.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "config/config.hpp"

namespace skein::runtime {
namespace {

Error failure(ErrorCode code, std::string message) {
  return Error{.code = code, .message = std::move(message), .context = {}, .retryable = false, .retry_after = {}};
}

const JsonObject& parameters_of(const AgentRequest& request) {
  static const JsonObject none;
  const auto* object = request.parameters->if_object();
  return object == nullptr ? none : *object;
}

/// What the answer must be: without a schema text.
Result<Json> schema_of(const JsonObject& parameters) {
  const auto* given = parameters.if_contains("answer");
  return config::read_schema(given != nullptr ? *given : Json("string"));
}

std::vector<std::string> names_in(const Json* value) {
  std::vector<std::string> out;
  if (value != nullptr && value->is_string()) out.emplace_back(value->get_string());
  if (value == nullptr || !value->is_array()) return out;
  for (const auto& name : value->get_array()) {
    if (name.is_string()) out.emplace_back(name.get_string());
  }
  return out;
}

class Human final : public agent::WaitingAgent {
 public:
  [[nodiscard]] bool waits(std::string_view action) const override { return action == "ask"; }

  [[nodiscard]] AgentResponse execute(const AgentRequest& request) override {
    return AgentResponse::failed(
        failure(ErrorCode::invalid_argument, fmt::format("a person has no action '{}'; the action is ask", request.action)));
  }

  [[nodiscard]] Result<agent::Wait> wait(const AgentRequest& request, Instant now) override {
    const auto& parameters = parameters_of(request);
    const auto* question = parameters.if_contains("question");
    if (question == nullptr || question->is_null())
      return fail(ErrorCode::invalid_argument, "parameters.question says what is asked; add it");
    auto schema = schema_of(parameters);
    if (!schema) return std::unexpected(schema.error());
    agent::Wait out;
    if (const auto* timeout = parameters.if_contains("timeout"); timeout != nullptr && !timeout->is_null()) {
      boost::system::error_code not_a_number;
      const auto number = timeout->to_number<double>(not_a_number);
      const auto patience = timeout->is_string() ? parse_duration(timeout->get_string())
                            : not_a_number       ? std::nullopt
                                                 : duration_from_seconds(number);
      if (!patience)
        return fail(ErrorCode::invalid_argument,
                    "parameters.timeout must be seconds (30) or text with a unit (\"2h\"), not " + shorten(to_json(*timeout), 60));
      out.until = now + *patience;
    }
    JsonObject asked{{"question", question->is_string() ? *question : Json(to_json(*question))}, {"answer", std::move(*schema)}};
    const auto to = names_in(parameters.if_contains("to"));
    if (!to.empty()) asked["to"] = JsonArray(to.begin(), to.end());
    out.question = std::make_shared<const Json>(std::move(asked));
    return out;
  }

  [[nodiscard]] AgentResponse fired(const AgentRequest& request, Instant /*due*/) override {
    if (const auto* otherwise = parameters_of(request).if_contains("default")) {
      auto response = AgentResponse::ok(*otherwise);
      response.metadata = JsonObject{{"by", "timeout"}};
      return response;
    }
    return AgentResponse::failed(failure(ErrorCode::timeout, "nobody answered within parameters.timeout"));
  }

  [[nodiscard]] std::string refuses(const AgentRequest& request, const Json& value, std::string_view by) override {
    const auto& parameters = parameters_of(request);
    const auto to = names_in(parameters.if_contains("to"));
    if (!to.empty() && std::ranges::find(to, by) == to.end()) return fmt::format("'{}' was not asked; {} may answer", by, list_of(to));
    const auto schema = schema_of(parameters);
    if (!schema) return schema.error().message;
    const auto wrong = config::violations("the answer", *schema, value);
    return wrong.empty() ? std::string{} : wrong.front();
  }

  /// `payload`: {value, by, comment}.
  [[nodiscard]] AgentResponse signalled(const AgentRequest& /*request*/, const Json& payload) override {
    auto metadata = payload.get_object();
    auto response = AgentResponse::ok(metadata["value"]);
    metadata.erase("value");
    response.metadata = std::move(metadata);
    return response;
  }
};

}  // namespace

Result<std::unique_ptr<agent::Agent>> make_human(agent::AgentSettings /*settings*/, const agent::AgentServices& /*services*/) {
  return std::make_unique<Human>();
}

}  // namespace skein::runtime
