#include <algorithm>

#include "agent/agent.hpp"
#include "base/text.hpp"

namespace skein::agent {

void AgentKinds::add(std::string kind, AgentFactory factory) {
  foreign_.erase(kind);
  factories_.insert_or_assign(std::move(kind), std::move(factory));
}

void AgentKinds::add_foreign(std::string kind, AgentFactory refusal) {
  foreign_.insert(kind);
  factories_.insert_or_assign(std::move(kind), std::move(refusal));
}

Result<std::unique_ptr<Agent>> AgentKinds::make(AgentSettings settings, const AgentServices& services) const {
  const auto found = factories_.find(settings.kind);
  if (found == factories_.end()) {
    const auto known = names();
    return fail(ErrorCode::invalid_definition, "the agent '" + settings.name + "' has the unknown type '" + settings.kind + "'" +
                                                   did_you_mean(settings.kind, known) + " (known: " + list_of(known) + ")");
  }
  return found->second(std::move(settings), services);
}

bool AgentKinds::knows(std::string_view kind) const { return factories_.contains(kind); }

bool AgentKinds::is_foreign(std::string_view kind) const { return foreign_.contains(kind); }

std::vector<std::string> AgentKinds::names() const {
  std::vector<std::string> out;
  out.reserve(factories_.size());
  for (const auto& [name, factory] : factories_) out.push_back(name);
  return out;
}

}  // namespace skein::agent
