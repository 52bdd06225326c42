#pragma once

#include <functional>
#include <string>

#include "agent/agent.hpp"

namespace skein::agent {

/// The factories of the kinds that need nothing above this folder; docs/agents.md describes what each does.
[[nodiscard]] Result<std::unique_ptr<Agent>> make_http_api(AgentSettings settings, const AgentServices& services);
/// An ai_agent with a model.
[[nodiscard]] Result<std::unique_ptr<Agent>> make_thinking_agent(const AgentSettings& settings, const AgentServices& services);
[[nodiscard]] Result<std::unique_ptr<Agent>> make_ai_agent(AgentSettings settings, const AgentServices& services);
[[nodiscard]] Result<std::unique_ptr<Agent>> make_local(AgentSettings settings, const AgentServices& services);
[[nodiscard]] Result<std::unique_ptr<Agent>> make_exec(AgentSettings settings, const AgentServices& services);
/// Known by name, not built: refuses.
[[nodiscard]] Result<std::unique_ptr<Agent>> make_mcp_server(AgentSettings settings, const AgentServices& services);
/// `custom` before a program registered its own: refuses and says how.
[[nodiscard]] Result<std::unique_ptr<Agent>> make_unregistered_custom(AgentSettings settings, const AgentServices& services);

using AgentFunction = std::function<AgentResponse(const AgentRequest&)>;

enum class RunFunction : unsigned char {
  inline_,   ///< on the engine's own thread: it must neither wait nor do I/O
  on_pool    ///< on the blocking pool, at the same time as others; it gets copies of the request
};

/// A kind that is one C++ function. An exception becomes `agent_failed`, which is final unless the workflow's `retry_on` says otherwise.
[[nodiscard]] AgentFactory function_kind(AgentFunction function, RunFunction where);

/// http_api, ai_agent, local, exec, mcp_server and custom.
void add_builtin_kinds(AgentKinds& kinds);

}  // namespace skein::agent
