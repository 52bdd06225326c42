#pragma once

#include <memory>

#include "agent/agent.hpp"

namespace skein::runtime {

/// The kind `human`: a task asks a person and waits for an answer of a given shape.
[[nodiscard]] Result<std::unique_ptr<agent::Agent>> make_human(agent::AgentSettings settings, const agent::AgentServices& services);

}  // namespace skein::runtime
