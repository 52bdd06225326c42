#include "runtime/child_workflow.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <skein/status.hpp>

#include "config/config.hpp"
#include "workflow/definition.hpp"

namespace skein::runtime {
namespace {

Error failure(ErrorCode code, std::string message) {
  return Error{.code = code, .message = std::move(message), .context = {}, .retryable = false, .retry_after = {}};
}

class ChildWorkflow final : public agent::WaitingAgent {
 public:
  explicit ChildWorkflow(std::shared_ptr<const workflow::Definition> definition) : definition_(std::move(definition)) {}

  [[nodiscard]] bool waits(std::string_view action) const override { return action == "run"; }

  [[nodiscard]] AgentResponse execute(const AgentRequest& request) override {
    return AgentResponse::failed(failure(ErrorCode::invalid_argument,
                                         fmt::format("an agent of type workflow has no action '{}'; its action is run", request.action)));
  }

  [[nodiscard]] Result<agent::Wait> wait(const AgentRequest& request, Instant /*now*/) override {
    const auto* given = request.parameters->if_object();
    auto inputs = config::check_inputs(*definition_, given != nullptr ? *given : JsonObject{});
    if (!inputs) return std::unexpected(std::move(inputs.error()));
    return agent::Wait{.until = std::nullopt,
                       .signal = {},
                       .child = agent::ChildRun{.definition = definition_, .inputs = std::make_shared<const Json>(std::move(*inputs))}};
  }

  [[nodiscard]] AgentResponse fired(const AgentRequest& /*request*/, Instant /*due*/) override {
    return AgentResponse::failed(failure(ErrorCode::internal, "a run has no due instant"));
  }

  /// `payload`: {run, status, outputs, error}.
  [[nodiscard]] AgentResponse signalled(const AgentRequest& /*request*/, const Json& payload) override {
    const auto text = [&](std::string_view key) -> std::string {
      const auto* value = payload.get_object().if_contains(key);
      return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string{};
    };
    const auto status = run_status_from(text("status")).value_or(RunStatus::failed);
    if (status == RunStatus::completed || status == RunStatus::partially_completed) {
      auto response = AgentResponse::ok(payload.at("outputs"));
      response.metadata = JsonObject{{"run", text("run")}, {"status", to_string(status)}};
      return response;
    }
    const bool cancelled = status == RunStatus::cancelled;
    auto error = failure(
        cancelled ? ErrorCode::cancelled : ErrorCode::agent_failed,
        fmt::format("the run {} of '{}' {}: {}", text("run"), definition_->name, cancelled ? "was cancelled" : "failed", text("error")));
    error.context = "run=" + text("run");
    return AgentResponse::failed(std::move(error));
  }

 private:
  std::shared_ptr<const workflow::Definition> definition_;
};

}  // namespace

Result<std::unique_ptr<agent::Agent>> make_child_workflow(agent::AgentSettings settings, const agent::AgentServices& /*services*/) {
  return std::make_unique<ChildWorkflow>(std::move(settings.workflow));
}

}  // namespace skein::runtime
