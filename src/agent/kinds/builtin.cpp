#include "agent/kinds/kinds.hpp"

namespace skein::agent {

Result<std::unique_ptr<Agent>> make_mcp_server(AgentSettings settings, const AgentServices& /*services*/) {
  return fail(ErrorCode::unsupported, "agent kind 'mcp_server' is not built into this version, so the agent '" + settings.name +
                                          "' cannot run; call the service over http_api, or its program over exec");
}

Result<std::unique_ptr<Agent>> make_unregistered_custom(AgentSettings settings, const AgentServices& /*services*/) {
  return fail(ErrorCode::unsupported, "the agent '" + settings.name +
                                          "' is of kind 'custom', which a C++ program registers before it runs the workflow; "
                                          "this program registered none");
}

void add_builtin_kinds(AgentKinds& kinds) {
  kinds.add("http_api", make_http_api);
  kinds.add("ai_agent", make_ai_agent);
  kinds.add("local", make_local);
  kinds.add("exec", make_exec);
  kinds.add("mcp_server", make_mcp_server);
  kinds.add_foreign("custom", make_unregistered_custom);
}

}  // namespace skein::agent
