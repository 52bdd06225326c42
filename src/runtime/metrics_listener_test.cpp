#include "runtime/metrics_listener.hpp"

#include <skein/builder.hpp>

#include <gtest/gtest.h>

#include "runtime/runtime.hpp"

namespace skein::runtime {
namespace {

bool has_line(const std::string& text, const std::string& line) { return ("\n" + text).find("\n" + line + "\n") != std::string::npos; }

TEST(MetricsListener, CountsWhatRunsDo) {
  RuntimeOptions options;
  options.durability = Durability::memory;
  const auto runtime = Runtime::open(std::move(options)).value();
  const auto metrics = std::make_shared<MetricsListener>();
  runtime->add_listener(metrics);
  const auto fails = [](std::string_view name) {
    return TaskBuilder(name, "glue", "fail").parameter("message", "no").parameter("retryable", true).retry(2, 0.001);
  };
  const auto workflow = WorkflowBuilder("w")
                            .failure_strategy("continue_on_failure")
                            .agent(AgentBuilder("glue", "local"))
                            .task(TaskBuilder("good", "glue", "transform").parameter("value", 1))
                            .task(fails("bad"))
                            .task(TaskBuilder("after", "glue", "transform").parameter("value", 1).after("bad"))
                            .task(TaskBuilder("each", "glue", "transform").parameter("value", "{{ item }}").for_each(JsonArray{1, 2}))
                            .task(fails("none").for_each(JsonArray{1}))
                            .build();
  ASSERT_TRUE(workflow) << workflow.error().message;
  const auto run = runtime->start(workflow->definition(), std::make_shared<const Json>(JsonObject{})).value();
  ASSERT_TRUE(runtime->wait(run));
  runtime->stop();
  const auto text = metrics->text();
  for (const auto* line : {
           R"(skein_tasks_total{status="completed",workflow="w"} 2)",
           R"(skein_tasks_total{status="failed",workflow="w"} 2)",
           R"(skein_tasks_total{status="skipped",workflow="w"} 1)",
           R"(agent_invocations_total{agent="glue"} 7)",
           R"(agent_errors_total{agent="glue",error_type="agent_failed"} 4)",
           R"(skein_retry_attempts_total{agent="glue"} 2)",
           R"(agent_duration_seconds_count{agent="glue"} 7)",
           R"(skein_workflow_execution_seconds_count{status="failed",workflow="w"} 1)",
       }) {
    EXPECT_TRUE(has_line(text, line)) << line << " is not in\n" << text;
  }
}

TEST(MetricsListener, CountsWhatIsCancelledAndBreakers) {
  RuntimeOptions options;
  options.durability = Durability::memory;
  const auto runtime = Runtime::open(std::move(options)).value();
  const auto metrics = std::make_shared<MetricsListener>();
  runtime->add_listener(metrics);
  const auto workflow = WorkflowBuilder("w").task(TaskBuilder("wait", "local", "signal").parameter("name", "never")).build();
  ASSERT_TRUE(workflow) << workflow.error().message;
  const auto run = runtime->start(workflow->definition(), std::make_shared<const Json>(JsonObject{})).value();
  ASSERT_TRUE(runtime->cancel(run, "enough"));
  ASSERT_TRUE(runtime->wait(run));
  runtime->stop();
  const auto before = metrics->text();
  EXPECT_TRUE(has_line(before, R"(skein_tasks_total{status="cancelled",workflow="w"} 1)")) << before;
  EXPECT_TRUE(has_line(before, R"(skein_workflow_execution_seconds_count{status="cancelled",workflow="w"} 1)")) << before;
  EXPECT_EQ(before.find("w/api"), std::string::npos);
  metrics->on_breaker("w/api", {.to = resilience::BreakerPhase::open, .at = {}});
  EXPECT_NE(metrics->text().find("w/api"), std::string::npos);
}

}  // namespace
}  // namespace skein::runtime
