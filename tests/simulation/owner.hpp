#pragma once

// Private to the world's own sources.

#include <memory>
#include <stdexcept>
#include <string>

#include "simulation/random_workflow.hpp"
#include "simulation/world.hpp"
#include "support/flaky_store.hpp"
#include "support/thinker.hpp"

namespace skein::simulation {

[[noreturn]] inline void broken(const std::string& what) { throw std::runtime_error(what); }

/// A process that drives runs.
struct World::Owner {
  explicit Owner(const std::shared_ptr<store::MemoryDatabase>& database, microseconds elapsed, microseconds shift, Random& random)
      : store(std::make_unique<testing::FlakyStore>(store::make_memory_run_store(database))), harness(*store, options(random)) {
    harness.clock.advance(elapsed);
    harness.clock.jump_wall(shift);
    harness.random = SeededRandom(random.next());
    harness.kinds.add("thinker", [](const agent::AgentSettings&, const agent::AgentServices&) -> Result<std::unique_ptr<agent::Agent>> {
      return std::make_unique<testing::ThinkingAgent>();
    });
    harness.inline_agent = [](const AgentRequest& request) { return AgentResponse::ok(*request.parameters); };
  }
  static workflow::EngineOptions options(Random& random) {
    workflow::EngineOptions out;
    if (chance(random, 0.5)) out.sleep_after = seconds{below(random, 5)};
    out.sleep_for_others = chance(random, 0.5);
    return out;
  }
  std::unique_ptr<testing::FlakyStore> store;
  testing::EngineHarness harness;
  std::size_t calls_seen = 0;
};

}  // namespace skein::simulation
