#pragma once

#include <filesystem>
#include <memory>

#include <skein/runtime.hpp>

namespace skein {

/// The shortest way to run a workflow file:
///
///     skein::LeadAgent agent;
///     auto result = agent.execute_workflow_from_file("my_workflow.yaml");
///     if (result) std::cout << skein::to_string(result->status);
///
/// Opens its runtime at first use.
class LeadAgent {
 public:
  explicit LeadAgent(RuntimeConfig config = {});
  LeadAgent(LeadAgent&&) noexcept;
  LeadAgent& operator=(LeadAgent&&) noexcept;
  ~LeadAgent();

  void register_kind(std::string kind, AgentFunction function, Execution execution = Execution::pooled);
  /// As `Runtime::register_tool`; the next run tells of a bad name.
  void register_tool(const Tool& tool);
  /// An observer, as of `task_completed` and `task_failed`.
  void attach(Observer observer);
  [[nodiscard]] Result<WorkflowResult> execute_workflow_from_file(const std::filesystem::path& path, JsonObject inputs = {});
  [[nodiscard]] Result<WorkflowResult> execute_workflow(const Workflow& workflow, JsonObject inputs = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace skein
