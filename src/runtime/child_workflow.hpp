#pragma once

#include <memory>

#include "agent/agent.hpp"

namespace skein::runtime {

/// The kind `workflow`: a task begins a run of another workflow, whose inputs are the task's parameters and whose outputs are its result.
[[nodiscard]] Result<std::unique_ptr<agent::Agent>> make_child_workflow(agent::AgentSettings settings,
                                                                        const agent::AgentServices& services);

}  // namespace skein::runtime
