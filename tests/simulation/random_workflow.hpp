#pragma once

#include <memory>

#include "base/random.hpp"
#include "workflow/definition.hpp"

namespace skein::simulation {

/// A number from 0 to `end` - 1.
[[nodiscard]] std::uint32_t below(Random& random, std::uint32_t end);
[[nodiscard]] bool chance(Random& random, double probability);

/// A workflow over the whole language: agent 0 ("worker" of kind "test") is called from outside, agent 1 ("pauser" of kind "pause") waits
/// for instants and signals named s0 to s2, and agent 2 (of kind "child"), where there is one, runs another such workflow. Every loop is
/// bounded and every list short, so that each run comes to an end if it is answered.
[[nodiscard]] std::shared_ptr<workflow::Definition> random_workflow(Random& random, int depth = 0);

}  // namespace skein::simulation
