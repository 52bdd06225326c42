#include <exception>
#include <utility>

#include "agent/kinds/kinds.hpp"
#include "async/blocking_pool.hpp"
#include "async/cancelled.hpp"

namespace skein::agent {
namespace {

AgentResponse call(const AgentFunction& function, const AgentRequest& request) {
  std::string why;
  try {
    return function(request);
  } catch (const std::exception& e) {
    why = e.what();
  } catch (...) {
    why = "an unknown exception";
  }
  return AgentResponse::failed({.code = ErrorCode::agent_failed,
                                .message = "the agent '" + std::string(request.agent) + "' failed: " + why,
                                .context = {},
                                .retryable = false,
                                .retry_after = std::nullopt});
}

class InlineFunction final : public ImmediateAgent {
 public:
  explicit InlineFunction(AgentFunction function) : function_(std::move(function)) {}
  [[nodiscard]] AgentResponse execute(const AgentRequest& request) override { return call(function_, request); }

 private:
  AgentFunction function_;
};

/// What a function on another thread may use while its caller is cancelled and gone.
struct OwnedCall {
  AgentFunction function;
  Json parameters;
  std::string action, workflow, task, agent;
  AgentRequest request;

  OwnedCall(AgentFunction f, const AgentRequest& r)
      : function(std::move(f)),
        parameters(*r.parameters),
        action(r.action),
        workflow(r.workflow),
        task(r.task),
        agent(r.agent),
        request(r) {
    request.parameters = &parameters;
    request.action = action, request.workflow = workflow, request.task = task, request.agent = agent;
  }
  OwnedCall(const OwnedCall&) = delete;
  OwnedCall& operator=(const OwnedCall&) = delete;
};

class PooledFunction final : public AsyncAgent {
 public:
  PooledFunction(AgentFunction function, async::BlockingPool& pool) : function_(std::move(function)), pool_(pool) {}

  [[nodiscard]] asio::awaitable<AgentResponse> execute(const AgentRequest& request) override {
    const auto owned = std::make_shared<OwnedCall>(function_, request);
    auto body = [owned] { return call(owned->function, owned->request); };
    auto response = co_await pool_.run(std::move(body));
    co_return response;
  }

 private:
  AgentFunction function_;
  async::BlockingPool& pool_;
};

}  // namespace

AgentFactory function_kind(AgentFunction function, RunFunction where) {
  return [function = std::move(function), where](const AgentSettings& settings,
                                                 const AgentServices& services) -> Result<std::unique_ptr<Agent>> {
    if (where == RunFunction::inline_) return std::make_unique<InlineFunction>(function);
    if (services.pool == nullptr) {
      return fail(ErrorCode::unsupported,
                  "the agent '" + settings.name + "' needs the pool for blocking calls, which this program does not have");
    }
    return std::make_unique<PooledFunction>(function, *services.pool);
  };
}

}  // namespace skein::agent
