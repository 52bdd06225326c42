#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/agent.hpp"
#include "workflow/definition.hpp"

namespace skein::workflow {

/// The agent objects of one shard. An agent whose settings depend on a run's inputs is made for that run; any other is shared by all
/// runs of a definition, so that its connections are reused.
class AgentPool {
 public:
  /// Objects that live as long as one run.
  using PerRun = std::unordered_map<AgentIndex, std::unique_ptr<agent::Agent>>;

  /// Both outlive the pool.
  AgentPool(const agent::AgentKinds& kinds, agent::AgentServices services) : kinds_(kinds), services_(std::move(services)) {}

  /// The agent, made at first use with the values `scope` gives. Failures are not remembered: a missing secret may be set later.
  [[nodiscard]] Result<agent::Agent*> get(const DefinitionPtr& definition, AgentIndex index, const Scope& scope, PerRun& per_run);

 private:
  [[nodiscard]] Result<std::unique_ptr<agent::Agent>> make(const AgentDefinition& definition, const Scope& scope) const;

  struct Shared {
    DefinitionPtr definition;          ///< keeps what requests refer to
    std::vector<std::unique_ptr<agent::Agent>> agents;
  };
  [[nodiscard]] Shared& shared_of(const DefinitionPtr& definition);

  const agent::AgentKinds& kinds_;
  agent::AgentServices services_;
  std::unordered_map<std::string, Shared> shared_;  ///< by definition hash
  Shared* latest_ = nullptr;
};

}  // namespace skein::workflow
