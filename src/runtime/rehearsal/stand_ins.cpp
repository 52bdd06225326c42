#include "runtime/rehearsal/stand_ins.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "agent/kinds/kinds.hpp"
#include "runtime/child_workflow.hpp"
#include "runtime/human.hpp"

namespace skein::runtime {
namespace {

constexpr const char* faked_kind = "faked";

/// Its calls are answered by `FakedCalls`.
class Faked final : public agent::AsyncAgent {
 public:
  [[nodiscard]] agent::asio::awaitable<AgentResponse> execute(const AgentRequest& /*request*/) override {
    throw std::logic_error("a faked agent is not executed");
  }
};

/// An agent that works for real and is watched.
class Watched final : public agent::WaitingAgent {
 public:
  Watched(std::unique_ptr<agent::Agent> real, FakedCalls& calls)
      : owned_(std::move(real)), real_(dynamic_cast<agent::WaitingAgent&>(*owned_)), calls_(calls) {}

  [[nodiscard]] bool waits(std::string_view action) const override { return real_.waits(action); }
  [[nodiscard]] Result<agent::Wait> wait(const AgentRequest& request, Instant now) override {
    calls_.record(request);
    return real_.wait(request, now);
  }
  [[nodiscard]] AgentResponse execute(const AgentRequest& request) override {
    calls_.record(request);
    return real_.execute(request);
  }
  [[nodiscard]] AgentResponse fired(const AgentRequest& request, Instant due) override { return real_.fired(request, due); }
  [[nodiscard]] std::string refuses(const AgentRequest& request, const Json& value, std::string_view by) override {
    return real_.refuses(request, value, by);
  }
  [[nodiscard]] AgentResponse signalled(const AgentRequest& request, const Json& payload) override {
    return real_.signalled(request, payload);
  }

 private:
  std::unique_ptr<agent::Agent> owned_;
  agent::WaitingAgent& real_;
  FakedCalls& calls_;
};

workflow::DefinitionPtr stand_in(const workflow::Definition& definition, const config::TestCase& test,
                                 const config::TaskPath& outer) {  // NOLINT(misc-no-recursion): as deep as workflows are nested
  auto out = std::make_shared<workflow::Definition>(definition);
  for (const auto index : outer) out->hash += fmt::format("/{}", index);  // its agents are not those of the same file elsewhere
  out->agents.clear();
  for (workflow::TaskIndex i = 0; i < definition.tasks.size(); ++i) {
    const auto& real = definition.agents[definition.tasks[i].agent];
    auto path = outer;
    path.push_back(i);
    const auto fakes = test.tasks.find(path);
    const bool faked = fakes != test.tasks.end() && !fakes->second.calls.empty();
    workflow::AgentDefinition agent;
    agent.name = real.name;
    agent.kind = !faked && (real.kind == "local" || real.kind == "human" || real.workflow) ? real.kind : faked_kind;
    if (!faked && real.workflow) agent.workflow = stand_in(*real.workflow, test, path);
    agent.timeout = real.timeout;
    agent.retry = real.retry;
    agent.retry_on = real.retry_on;
    agent.circuit_breaker = real.circuit_breaker;
    out->tasks[i].agent = static_cast<workflow::AgentIndex>(out->agents.size());
    out->agents.push_back(std::move(agent));
  }
  return out;
}

}  // namespace

workflow::DefinitionPtr with_stand_ins(const workflow::Definition& definition, const config::TestCase& test) {
  return stand_in(definition, test, {});
}

void add_stand_ins(agent::AgentKinds& kinds, FakedCalls& calls) {
  using Made = Result<std::unique_ptr<agent::Agent>>;
  kinds.add(faked_kind, [](const agent::AgentSettings&, const agent::AgentServices&) -> Made { return std::make_unique<Faked>(); });
  const auto watched = [&calls](agent::AgentFactory make) {
    return [&calls, make = std::move(make)](agent::AgentSettings settings, const agent::AgentServices& services) -> Made {
      auto real = make(std::move(settings), services);
      if (!real) return real;
      return std::make_unique<Watched>(std::move(*real), calls);
    };
  };
  kinds.add("local", watched(agent::make_local));
  kinds.add("human", watched(make_human));
  kinds.add("workflow", watched(make_child_workflow));
}

}  // namespace skein::runtime
