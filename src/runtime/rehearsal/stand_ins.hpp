#pragma once

#include "agent/agent.hpp"
#include "config/test_file.hpp"
#include "runtime/rehearsal/faked_calls.hpp"
#include "workflow/definition.hpp"

namespace skein::runtime {

/// The definition with an agent for each task: what a case fakes goes to `FakedCalls`, tasks of kind `local`, questions to people and inner
/// workflows keep their agents (in those the same holds), and whatever else would reach outside goes to `FakedCalls` as well. Retries,
/// breakers and limits stay as they are.
[[nodiscard]] workflow::DefinitionPtr with_stand_ins(const workflow::Definition& definition, const config::TestCase& test);

/// The kinds that such a definition needs. `calls` hears of the parameters of every call and outlives what is made.
void add_stand_ins(agent::AgentKinds& kinds, FakedCalls& calls);

}  // namespace skein::runtime
