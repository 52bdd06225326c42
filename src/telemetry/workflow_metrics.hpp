#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace skein::telemetry {

/// The metrics of workflows, in base units and without run ids. Safe from any thread.
///
/// | name | type | labels |
/// |---|---|---|
/// | skein_workflow_execution_seconds | histogram | workflow, status |
/// | skein_tasks_total | counter | workflow, status |
/// | agent_duration_seconds | histogram | agent |
/// | agent_invocations_total | counter | agent |
/// | agent_errors_total | counter | agent, error_type |
/// | skein_circuit_breaker_transitions_total | counter | breaker, state |
/// | skein_retry_attempts_total | counter | agent |
/// | skein_model_calls_total | counter | agent |
/// | skein_model_tokens_total | counter | agent |
/// | skein_model_cost_dollars_total | counter | agent |
/// | skein_spend_alerts_total | counter | agent, reason |
class WorkflowMetrics {
 public:
  WorkflowMetrics();
  ~WorkflowMetrics();

  void run_finished(std::string_view workflow, std::string_view status, microseconds execution_time);
  void task_ended(std::string_view workflow, std::string_view status);
  void attempt_started(std::string_view agent);
  void attempt_ended(std::string_view agent, microseconds response_time);
  void attempt_failed(std::string_view agent, std::string_view error_type);
  void retried(std::string_view agent);
  /// A call of a model has ended; `dollars` where it has a price.
  void model_answered(std::string_view agent, std::uint64_t tokens, double dollars);
  void spend_alert(std::string_view agent, std::string_view reason);
  void breaker_changed(std::string_view breaker, std::string_view state);

  /// The Prometheus text exposition format.
  [[nodiscard]] std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace skein::telemetry
