#pragma once

#include <skein/thinking_agent.hpp>

#include "base/clock.hpp"
#include "base/uuid.hpp"
#include "workflow/run_state.hpp"

/// An agent's task as a run: the workflow, its inputs, and what became of it.
namespace skein {

/// One agent, one task, whose answer is a value where there is a schema. Errors: invalid_definition.
[[nodiscard]] Result<Workflow> workflow_of(const AgentOptions& options, const Json& schema);
[[nodiscard]] JsonObject inputs_of(AgentTask task);
/// `now`: the end of a run that has none.
[[nodiscard]] AgentResult result_of(RunId id, const workflow::RunState& state, Instant now);

}  // namespace skein
