#pragma once

#include "runtime/runtime.hpp"
#include "telemetry/workflow_metrics.hpp"

namespace skein::runtime {

/// Counts what the journal says.
class MetricsListener final : public Listener {
 public:
  void on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) override;
  void on_breaker(const std::string& breaker, const resilience::BreakerTransition& transition) override;
  /// The Prometheus text exposition format.
  [[nodiscard]] std::string text() const { return metrics_.text(); }

 private:
  telemetry::WorkflowMetrics metrics_;
};

}  // namespace skein::runtime
