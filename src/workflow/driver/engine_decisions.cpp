#include <algorithm>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "agent/failures.hpp"
#include "base/log.hpp"
#include "resilience/retry.hpp"
#include "workflow/driver/active_run.hpp"

namespace skein::workflow {
namespace {

/// Of one commit: what ended, what begins.
constexpr std::size_t usual_events = 3;

}  // namespace

/// Everything that can be folded and decided now. One reading of the clock serves all of it: what is committed together happened together.
std::vector<Event> Engine::collect(ActiveRun& run) {
  now_ = services_.clock.now();
  std::vector<Event> events;
  events.reserve(usual_events);
  if (auto opening = std::exchange(run.opening, std::nullopt)) fold(run, std::move(*opening), events);
  if (!run.mail.empty()) fold_mail(run, events);
  if (!run.arrived.empty()) {
    for (auto& outcome : std::exchange(run.arrived, {})) fold_outcome(run, std::move(outcome), events);
  }
  if (!run.work.empty()) move_machines(run, events);
  decide(run, events);
  return events;
}

/// Takes the offered actions until none is left; what they need done is done after the commit.
void Engine::decide(ActiveRun& run, std::vector<Event>& events) {
  auto actions = std::exchange(actions_, {});
  while (true) {
    actions.clear();
    run.state.next_actions(now_, actions);
    if (actions.empty()) break;
    const bool stopping = run.state.stopping();
    for (const auto& action : actions) {
      take(run, action, events);
      if (run.state.stopping() != stopping) break;  // the rest was offered to a run that goes on
    }
  }
  actions_ = std::move(actions);
}

void Engine::take(ActiveRun& run, const Action& action, std::vector<Event>& events) {
  if (const auto* start = std::get_if<StartAttempt>(&action)) {
    this->start(run, start->attempt, events);
  } else if (const auto* timer = std::get_if<FireTimer>(&action)) {
    fold_outcome(run, {.attempt = timer->attempt, .response = fire(run, timer->attempt), .ticket = {}}, events);
  } else if (const auto* skip = std::get_if<SkipTask>(&action)) {
    fold(run, TaskSkipped{.task = skip->task, .reason = run.state.skip_reason(skip->task)}, events);
  } else if (const auto* cancel = std::get_if<CancelTask>(&action)) {
    fold(run, TaskCancelled{.task = cancel->task}, events);
  } else if (const auto* list = std::get_if<ListItems>(&action)) {
    list_items(run, list->task, events);
  } else if (const auto* items = std::get_if<EndItems>(&action)) {
    const auto duration = now_ - run.state.tasks()[items->task].started;
    fold(run,
         ItemsEnded{.task = items->task,
                    .activation = run.state.tasks()[items->task].activation,
                    .error = run.state.items_failure(items->task),
                    .duration = duration},
         events);
  } else if (const auto* choose = std::get_if<ChooseEdge>(&action)) {
    choose_edge(run, choose->task, events);
  } else if (const auto* signal = std::get_if<TakeSignal>(&action)) {
    take_signal(run, signal->attempt, events);
  } else if (const auto* question = std::get_if<AskApproval>(&action)) {
    ask(run, question->task, events);
  } else if (const auto* unanswered = std::get_if<ExpireApproval>(&action)) {
    expire_question(run, unanswered->task, events);
  } else if (const auto* late = std::get_if<ExpireTask>(&action)) {
    expire(run, late->task, events);
  } else if (const auto* undo = std::get_if<StartCompensation>(&action)) {
    fold(run, CompensationStarted{.reason = undo->reason}, events);
  } else if (std::holds_alternative<ExpireRun>(action)) {
    auto message = fmt::format("Workflow timeout: the run took longer than its global_timeout of {}",
                               human_duration(run.state.definition().global_timeout.value_or(microseconds{})));
    fold(run, StopRequested{.reason = StopReason::timed_out, .message = std::move(message)}, events);
  } else if (const auto* end = std::get_if<FinishRun>(&action)) {
    fold(run, finish(run, *end), events);
  }
}

void Engine::fold(ActiveRun& run, EventBody body, std::vector<Event>& events) {
  tell_family(run, body);
  events.push_back(Event{.at = now_, .body = std::move(body)});
  const auto folded = run.state.apply(events.back());
  if (folded) return;
  // Only a bug leads here: the engine made an event that its own machine refuses. Going on would loop or write a journal that cannot
  // be read back.
  log::error("an event was refused by the run's state machine", {{"run", Json(run.id_text)}, {"error", Json(folded.error().message)}});
  throw std::logic_error(folded.error().message);
}

void Engine::fold_outcome(ActiveRun& run, Outcome outcome, std::vector<Event>& events) {
  const auto attempt = outcome.attempt;
  const auto* step = run.state.find_step(attempt.step());
  const auto now = now_;
  auto& response = outcome.response;
  const bool open = step != nullptr && (step->status == TaskStatus::running || step->status == TaskStatus::waiting) &&
                    step->attempt == attempt.attempt && run.state.tasks()[attempt.task].activation == attempt.activation;
  if (!open) {
    services_.breakers.abandoned(outcome.ticket);
    return;
  }
  const auto duration = now - step->started;
  if (response.success && !outcome.said.empty()) end_turn(run, outcome);
  for (auto& emitted : response.emitted) {
    services_.secrets.redact(emitted.data);
    fold(run,
         Emission{.task = attempt.task, .name = std::move(emitted.name), .data = std::make_shared<const Json>(std::move(emitted.data))},
         events);
  }
  if (response.success) {
    services_.breakers.succeeded(outcome.ticket, now);
    services_.secrets.redact(response.result);
    JsonPtr metadata;
    if (!response.metadata.empty()) {
      Json value(std::move(response.metadata));
      services_.secrets.redact(value);
      metadata = std::make_shared<const Json>(std::move(value));
    }
    auto result = std::make_shared<const Json>(std::move(response.result));
    fold(run, TaskCompleted{.attempt = attempt, .result = std::move(result), .metadata = std::move(metadata), .duration = duration},
         events);
    return;
  }
  auto error = std::move(response.error);
  error.message = services_.secrets.redact(error.message);
  error.context = services_.secrets.redact(error.context);
  const auto& definition = run.state.definition();
  const auto& retry_on = definition.retry_on_of(attempt.task);
  agent::apply_retry_on(error, retry_on.codes, retry_on.http_status, retry_on.never_codes, retry_on.never_http_status);
  if (BreakerBoard::counts(error)) {
    services_.breakers.failed(outcome.ticket, now);
  } else {
    services_.breakers.abandoned(outcome.ticket);
  }
  const auto delay = resilience::next_delay(definition.retry_of(attempt.task), attempt.attempt + 1, error, services_.random.unit());
  if (delay) {
    fold(run, AttemptFailed{.attempt = attempt, .error = std::move(error), .duration = duration, .retry_at = now + *delay}, events);
  } else {
    fold(run, TaskFailed{.attempt = attempt, .error = std::move(error), .duration = duration}, events);
  }
}

/// Outputs are part of the end: a run whose outputs cannot be computed has failed, and says which.
RunFinished Engine::finish(ActiveRun& run, const FinishRun& action) const {
  RunFinished finished{.status = action.status, .error = action.error, .outputs = nullptr};
  const auto& definition = run.state.definition();
  if (definition.outputs.empty() || action.status == RunStatus::failed || action.status == RunStatus::cancelled) return finished;
  const RunScope scope(run.state, run.id_text, nullptr);
  JsonObject outputs;
  for (const auto& output : definition.outputs) {
    auto value = output.value.render(scope);
    if (!value) {
      finished.status = RunStatus::failed;
      finished.error = fmt::format("Output '{}' failed: {}", output.name, value.error().message);
      return finished;
    }
    outputs[output.name] = **value;
  }
  finished.outputs = std::make_shared<const Json>(std::move(outputs));
  return finished;
}

}  // namespace skein::workflow
