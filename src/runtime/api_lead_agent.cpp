#include <skein/lead_agent.hpp>

#include <mutex>
#include <optional>
#include <vector>

namespace skein {

struct LeadAgent::State {
  struct Kind {
    std::string name;
    AgentFunction function;
    Execution execution;
  };

  /// Opens the runtime at first use, with what was registered until then.
  Result<Runtime*> runtime() {
    const std::lock_guard lock(mutex);
    if (!opened) {
      auto made = Runtime::open(config);
      if (!made) return std::unexpected(made.error());
      opened = std::move(*made);
      for (auto& kind : kinds) opened->register_kind(kind.name, kind.function, kind.execution);
      for (auto& observer : observers) opened->observe(observer);
    }
    for (; tools_known < tools.size(); ++tools_known) {
      if (auto added = opened->register_tool(tools[tools_known]); !added) return std::unexpected(added.error());
    }
    return &*opened;
  }

  std::mutex mutex;
  RuntimeConfig config;
  std::vector<Kind> kinds;
  std::vector<Tool> tools;
  std::size_t tools_known = 0;  ///< how many of them the runtime has
  std::vector<Observer> observers;
  std::optional<Runtime> opened;
};

LeadAgent::LeadAgent(RuntimeConfig config) : state_(std::make_unique<State>()) { state_->config = std::move(config); }
LeadAgent::LeadAgent(LeadAgent&&) noexcept = default;
LeadAgent& LeadAgent::operator=(LeadAgent&&) noexcept = default;
LeadAgent::~LeadAgent() = default;

void LeadAgent::register_kind(std::string kind, AgentFunction function, Execution execution) {
  const std::lock_guard lock(state_->mutex);
  if (state_->opened) {
    state_->opened->register_kind(std::move(kind), std::move(function), execution);
  } else {
    state_->kinds.push_back({.name = std::move(kind), .function = std::move(function), .execution = execution});
  }
}

void LeadAgent::register_tool(const Tool& tool) {
  const std::lock_guard lock(state_->mutex);
  state_->tools.push_back(tool);
}

void LeadAgent::attach(Observer observer) {
  const std::lock_guard lock(state_->mutex);
  if (state_->opened) {
    state_->opened->observe(std::move(observer));
  } else {
    state_->observers.push_back(std::move(observer));
  }
}

Result<WorkflowResult> LeadAgent::execute_workflow_from_file(const std::filesystem::path& path, JsonObject inputs) {
  const auto workflow = Workflow::from_file(path);
  if (!workflow) return std::unexpected(workflow.error());
  return execute_workflow(*workflow, std::move(inputs));
}

Result<WorkflowResult> LeadAgent::execute_workflow(const Workflow& workflow, JsonObject inputs) {
  const auto runtime = state_->runtime();
  if (!runtime) return std::unexpected(runtime.error());
  return (*runtime)->run(workflow, std::move(inputs));
}

}  // namespace skein
