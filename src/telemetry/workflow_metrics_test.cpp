#include "telemetry/workflow_metrics.hpp"

#include <gtest/gtest.h>

namespace skein::telemetry {
namespace {

bool has_line(const std::string& text, const std::string& line) { return ("\n" + text).find("\n" + line + "\n") != std::string::npos; }

TEST(WorkflowMetrics, SpeakPrometheus) {
  WorkflowMetrics metrics;
  metrics.run_finished("report", "completed", milliseconds{1500});
  metrics.task_ended("report", "completed");
  metrics.task_ended("report", "completed");
  metrics.attempt_started("api");
  metrics.attempt_ended("api", milliseconds{20});
  metrics.attempt_failed("api", "timeout");
  metrics.retried("api");
  metrics.breaker_changed("report/api", "open");
  metrics.model_answered("thinker", 120, 0.25);
  metrics.model_answered("thinker", 80, 0.5);
  metrics.spend_alert("thinker", "budget");
  const auto text = metrics.text();
  EXPECT_TRUE(has_line(text, R"(skein_tasks_total{status="completed",workflow="report"} 2)")) << text;
  EXPECT_TRUE(has_line(text, R"(skein_workflow_execution_seconds_sum{status="completed",workflow="report"} 1.5)")) << text;
  EXPECT_TRUE(has_line(text, R"(agent_duration_seconds_bucket{agent="api",le="0.05"} 1)")) << text;
  EXPECT_TRUE(has_line(text, R"(agent_invocations_total{agent="api"} 1)")) << text;
  EXPECT_TRUE(has_line(text, R"(agent_errors_total{agent="api",error_type="timeout"} 1)")) << text;
  EXPECT_TRUE(has_line(text, R"(skein_retry_attempts_total{agent="api"} 1)")) << text;
  EXPECT_TRUE(has_line(text, R"(skein_model_calls_total{agent="thinker"} 2)")) << text;
  EXPECT_TRUE(has_line(text, R"(skein_model_tokens_total{agent="thinker"} 200)")) << text;
  EXPECT_TRUE(has_line(text, R"(skein_model_cost_dollars_total{agent="thinker"} 0.75)")) << text;
  EXPECT_TRUE(has_line(text, R"(skein_spend_alerts_total{agent="thinker",reason="budget"} 1)")) << text;
  EXPECT_TRUE(has_line(text, R"(skein_circuit_breaker_transitions_total{breaker="report/api",state="open"} 1)")) << text;
}

}  // namespace
}  // namespace skein::telemetry
