#include "runtime/metrics_listener.hpp"

#include "workflow/driver/spend_watch.hpp"

namespace skein::runtime {

void MetricsListener::on_events(RunId, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t) {
  const auto& definition = state.definition();
  const auto agent = [&](workflow::TaskIndex task) -> const std::string& { return definition.agents[definition.tasks[task].agent].name; };
  for (const auto& event : events) {
    std::visit(
        [&]<class Body>(const Body& body) {
          if constexpr (std::is_same_v<Body, workflow::AttemptStarted>) {
            metrics_.attempt_started(agent(body.attempt.task));
            if (body.attempt.attempt > 1) metrics_.retried(agent(body.attempt.task));
          } else if constexpr (std::is_same_v<Body, workflow::TaskCompleted>) {
            metrics_.attempt_ended(agent(body.attempt.task), body.duration);
            if (body.attempt.item == workflow::no_item) metrics_.task_ended(definition.name, "completed");
          } else if constexpr (std::is_same_v<Body, workflow::AttemptFailed> || std::is_same_v<Body, workflow::TaskFailed>) {
            if (body.attempt.attempt > 0) metrics_.attempt_ended(agent(body.attempt.task), body.duration);
            metrics_.attempt_failed(agent(body.attempt.task), to_string(body.error.code));
            if constexpr (std::is_same_v<Body, workflow::TaskFailed>) {
              if (body.attempt.item == workflow::no_item) metrics_.task_ended(definition.name, "failed");
            }
          } else if constexpr (std::is_same_v<Body, workflow::ItemsEnded>) {
            metrics_.task_ended(definition.name, body.error ? "failed" : "completed");
          } else if constexpr (std::is_same_v<Body, workflow::TaskSkipped>) {
            metrics_.task_ended(definition.name, "skipped");
          } else if constexpr (std::is_same_v<Body, workflow::TaskCancelled>) {
            metrics_.task_ended(definition.name, "cancelled");
          } else if constexpr (std::is_same_v<Body, workflow::CallEnded>) {
            if (body.kind == agent::CallKind::model)
              metrics_.model_answered(agent(body.attempt.task), body.used.tokens, static_cast<double>(body.used.nano_dollars) / 1e9);
          } else if constexpr (std::is_same_v<Body, workflow::Emission>) {
            const auto* reason = body.name == workflow::spend_alert ? at_pointer(*body.data, "/reason") : nullptr;
            if (reason != nullptr && reason->is_string()) metrics_.spend_alert(agent(body.task), reason->get_string());
          } else if constexpr (std::is_same_v<Body, workflow::RunFinished>) {
            metrics_.run_finished(definition.name, to_string(body.status), event.at - state.created());
          }
        },
        event.body);
  }
}

void MetricsListener::on_breaker(const std::string& breaker, const resilience::BreakerTransition& transition) {
  metrics_.breaker_changed(breaker, resilience::to_string(transition.to));
}

}  // namespace skein::runtime
