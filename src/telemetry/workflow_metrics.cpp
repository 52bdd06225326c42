#include "telemetry/workflow_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace skein::telemetry {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildHistogram;
using prometheus::Labels;

/// From a local step of a millisecond to a workflow of an hour.
const prometheus::Histogram::BucketBoundaries time_buckets{0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600};

double in_seconds(microseconds d) { return std::chrono::duration<double>(d).count(); }

Labels labels(std::string_view k1, std::string_view v1) { return {{std::string(k1), std::string(v1)}}; }
Labels labels(std::string_view k1, std::string_view v1, std::string_view k2, std::string_view v2) {
  return {{std::string(k1), std::string(v1)}, {std::string(k2), std::string(v2)}};
}

}  // namespace

struct WorkflowMetrics::Families {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Histogram>& execution =
      BuildHistogram().Name("skein_workflow_execution_seconds").Help("Time from the creation of a run to its end").Register(registry);
  prometheus::Family<prometheus::Counter>& tasks =
      BuildCounter().Name("skein_tasks_total").Help("Tasks that ended, by status").Register(registry);
  prometheus::Family<prometheus::Histogram>& response =
      BuildHistogram().Name("agent_duration_seconds").Help("Time an agent took for one attempt").Register(registry);
  prometheus::Family<prometheus::Counter>& invocations =
      BuildCounter().Name("agent_invocations_total").Help("Attempts that were started").Register(registry);
  prometheus::Family<prometheus::Counter>& errors =
      BuildCounter().Name("agent_errors_total").Help("Attempts that failed, by kind of error").Register(registry);
  prometheus::Family<prometheus::Counter>& breakers =
      BuildCounter().Name("skein_circuit_breaker_transitions_total").Help("Changes of a circuit breaker's state").Register(registry);
  prometheus::Family<prometheus::Counter>& retries =
      BuildCounter().Name("skein_retry_attempts_total").Help("Attempts after the first").Register(registry);
  prometheus::Family<prometheus::Counter>& model_calls =
      BuildCounter().Name("skein_model_calls_total").Help("Calls of language models that ended").Register(registry);
  prometheus::Family<prometheus::Counter>& model_tokens =
      BuildCounter().Name("skein_model_tokens_total").Help("Tokens of prompts and answers").Register(registry);
  prometheus::Family<prometheus::Counter>& model_cost = BuildCounter()
                                                            .Name("skein_model_cost_dollars_total")
                                                            .Help("US dollars that calls of models cost, where they have a price")
                                                            .Register(registry);
  prometheus::Family<prometheus::Counter>& spend_alerts =
      BuildCounter().Name("skein_spend_alerts_total").Help("Alerts on unusual spending, by reason").Register(registry);
};

WorkflowMetrics::WorkflowMetrics() : families_(std::make_unique<Families>()) {}
WorkflowMetrics::~WorkflowMetrics() = default;

void WorkflowMetrics::run_finished(std::string_view workflow, std::string_view status, microseconds execution_time) {
  families_->execution.Add(labels("workflow", workflow, "status", status), time_buckets).Observe(in_seconds(execution_time));
}
void WorkflowMetrics::task_ended(std::string_view workflow, std::string_view status) {
  families_->tasks.Add(labels("workflow", workflow, "status", status)).Increment();
}
void WorkflowMetrics::attempt_started(std::string_view agent) { families_->invocations.Add(labels("agent", agent)).Increment(); }
void WorkflowMetrics::attempt_ended(std::string_view agent, microseconds response_time) {
  families_->response.Add(labels("agent", agent), time_buckets).Observe(in_seconds(response_time));
}
void WorkflowMetrics::attempt_failed(std::string_view agent, std::string_view error_type) {
  families_->errors.Add(labels("agent", agent, "error_type", error_type)).Increment();
}
void WorkflowMetrics::retried(std::string_view agent) { families_->retries.Add(labels("agent", agent)).Increment(); }
void WorkflowMetrics::model_answered(std::string_view agent, std::uint64_t tokens, double dollars) {
  const auto whose = labels("agent", agent);
  families_->model_calls.Add(whose).Increment();
  families_->model_tokens.Add(whose).Increment(static_cast<double>(tokens));
  families_->model_cost.Add(whose).Increment(dollars);
}
void WorkflowMetrics::spend_alert(std::string_view agent, std::string_view reason) {
  families_->spend_alerts.Add(labels("agent", agent, "reason", reason)).Increment();
}
void WorkflowMetrics::breaker_changed(std::string_view breaker, std::string_view state) {
  families_->breakers.Add(labels("breaker", breaker, "state", state)).Increment();
}

std::string WorkflowMetrics::text() const { return prometheus::TextSerializer().Serialize(families_->registry.Collect()); }

}  // namespace skein::telemetry
