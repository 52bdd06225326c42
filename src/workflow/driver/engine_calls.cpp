#include <exception>

#include <fmt/format.h>

#include "workflow/driver/active_run.hpp"

namespace skein::workflow {
namespace {

Error agent_threw(const std::exception& e) {
  return Error{.code = ErrorCode::agent_failed,
               .message = fmt::format("the agent failed: {}", e.what()),
               .context = {},
               .retryable = false,
               .retry_after = {}};
}

Error cannot_wait() {
  return Error{.code = ErrorCode::internal,
               .message = "the agent cannot wait for what it waited for when the attempt began",
               .context = {},
               .retryable = false,
               .retry_after = {}};
}

}  // namespace

Result<agent::Agent*> Engine::agent_for(ActiveRun& run, TaskIndex task) {
  const RunScope scope(run.state, run.id_text, &services_.outside);
  return agents_.get(run.state.definition_ptr(), run.state.definition().tasks[task].agent, scope, run.agents);
}

Result<JsonPtr> Engine::parameters_of(ActiveRun& run, Step step) const {
  const RunScope scope(run.state, run.id_text, &services_.outside, step);
  auto rendered = run.state.definition().tasks[step.task].parameters.render(scope);
  const auto& edits = run.state.edits(step.task);
  if (!rendered || !edits) return rendered;
  auto edited = **rendered;
  for (const auto& [key, value] : edits->get_object()) edited.get_object()[key] = value;
  return std::make_shared<const Json>(std::move(edited));
}

AgentRequest Engine::request_for(const ActiveRun& run, const Attempt& attempt, const Json& parameters) const {
  const auto& definition = run.state.definition();
  const auto& task = definition.tasks[attempt.task];
  AgentRequest request;
  request.action = task.action;
  request.parameters = &parameters;
  request.workflow = definition.name;
  request.task = task.name;
  request.agent = definition.agents[task.agent].name;
  request.run_id = run.id_text;
  request.activation = attempt.activation;
  request.attempt = attempt.attempt;
  auto& key = request.idempotency_key;
  key.reserve(run.id_text.size() + task.name.size() + 24);
  key.append(run.id_text).append(":").append(task.name).append(":").append(std::to_string(attempt.activation));
  if (attempt.item != no_item) key.append(":").append(std::to_string(attempt.item));
  return request;
}

/// What an attempt waits for, where it only waits; problems show when it begins.
std::optional<agent::Wait> Engine::wait_of(ActiveRun& run, const Attempt& attempt) {
  const auto agent = agent_for(run, attempt.task);
  if (!agent) return std::nullopt;
  auto* waiting = dynamic_cast<agent::WaitingAgent*>(*agent);
  if (waiting == nullptr || !waiting->waits(run.state.definition().tasks[attempt.task].action)) return std::nullopt;
  const auto parameters = parameters_of(run, attempt.step());
  if (!parameters) return std::nullopt;
  auto wait = waiting->wait(request_for(run, attempt, **parameters), services_.clock.now());
  if (!wait) return std::nullopt;
  return std::move(*wait);
}

/// A waiting attempt takes the signal it waits for.
void Engine::take_signal(ActiveRun& run, const Attempt& attempt, std::vector<Event>& events) {
  const auto payload = run.state.next_signal(run.state.awaited_signal(attempt.step()));
  fold(run, SignalTaken{.attempt = attempt}, events);
  const auto agent = agent_for(run, attempt.task);
  const auto parameters = parameters_of(run, attempt.step());
  auto* waiting = agent ? dynamic_cast<agent::WaitingAgent*>(*agent) : nullptr;
  AgentResponse response;
  if (!agent || !parameters) {
    response = AgentResponse::failed(agent ? parameters.error() : agent.error());
  } else {
    response =
        waiting != nullptr ? waiting->signalled(request_for(run, attempt, **parameters), *payload) : AgentResponse::failed(cannot_wait());
  }
  fold_outcome(run, {.attempt = attempt, .response = std::move(response), .ticket = {}}, events);
}

AgentResponse Engine::fire(ActiveRun& run, const Attempt& attempt) {
  const auto agent = agent_for(run, attempt.task);
  if (!agent) return AgentResponse::failed(agent.error());
  auto* waiting = dynamic_cast<agent::WaitingAgent*>(*agent);
  const auto parameters = parameters_of(run, attempt.step());
  if (!parameters) return AgentResponse::failed(parameters.error());
  if (waiting == nullptr) return AgentResponse::failed(cannot_wait());
  return waiting->fired(request_for(run, attempt, **parameters), run.state.find_step(attempt.step())->due);
}

/// Calls the agent of a committed start. Whatever stands in the way is the attempt's failure.
void Engine::begin(ActiveRun& run, const Attempt& attempt) {
  const auto& definition = run.state.definition();
  const auto& task = definition.tasks[attempt.task];
  const auto answer = [&](AgentResponse response, BreakerBoard::Ticket ticket = {}) {
    run.arrived.push_back({.attempt = attempt, .response = std::move(response), .ticket = std::move(ticket)});
  };

  const auto agent = agent_for(run, attempt.task);
  if (!agent) return answer(AgentResponse::failed(agent.error()));
  auto parameters = parameters_of(run, attempt.step());
  if (!parameters) return answer(AgentResponse::failed(parameters.error()));
  BreakerBoard::Ticket ticket;
  const auto& owner = definition.agents[task.agent];
  if (owner.circuit_breaker) {
    auto permit = services_.breakers.acquire(definition.name + "/" + owner.name, *owner.circuit_breaker, services_.clock.now());
    if (!permit) return answer(AgentResponse::failed(permit.error()));
    ticket = std::move(*permit);
  }

  if (auto* waiting = dynamic_cast<agent::WaitingAgent*>(*agent); waiting != nullptr && waiting->waits(task.action)) {
    // `wait_of` could not say what for: now the reason is the answer.
    const auto wait = waiting->wait(request_for(run, attempt, **parameters), services_.clock.now());
    return answer(AgentResponse::failed(wait ? cannot_wait() : wait.error()), std::move(ticket));
  }
  if (auto* immediate = dynamic_cast<agent::ImmediateAgent*>(*agent)) {
    AgentResponse response;
    try {
      response = immediate->execute(request_for(run, attempt, **parameters));
    } catch (const std::exception& e) {
      response = AgentResponse::failed(agent_threw(e));
    }
    return answer(std::move(response), std::move(ticket));
  }
  if (auto* machine = dynamic_cast<agent::MachineAgent*>(*agent)) {
    return begin_work(run, attempt, *machine, std::move(*parameters), std::move(ticket));
  }
  auto& async = dynamic_cast<agent::AsyncAgent&>(**agent);
  auto request = std::make_unique<CallRequest>();
  request->keeps = run.state.definition_ptr();
  request->parameters = std::move(*parameters);
  request->request = request_for(run, attempt, *request->parameters);
  const auto id = next_call_++;
  run.calls.emplace(attempt.step(), Call{.id = id, .attempt = attempt, .ticket = std::move(ticket)});
  calls_.emplace(id, CallPlace{.token = run.token, .step = attempt.step()});
  services_.calls.start(id, async, std::move(request), definition.timeout_of(attempt.task));
}

/// An attempt that was in flight when its owner died: the same number and key again, unless it must not be repeated.
void Engine::repeat(ActiveRun& run, const Attempt& attempt) {
  if (!run.in_flight(attempt)) return;
  const auto& task = run.state.definition().tasks[attempt.task];
  // What a machine has called knows for itself whether it may be repeated.
  const auto agent = task.effect ? agent_for(run, attempt.task) : nullptr;
  if (!task.effect || (agent && dynamic_cast<agent::MachineAgent*>(*agent) != nullptr)) {
    begin(run, attempt);
    return;
  }
  Error unknown{.code = ErrorCode::outcome_unknown,
                .message = fmt::format(
                    "the outcome of '{}' is unknown: it was in flight when its process died, and it is marked 'effect', so it is not "
                    "repeated; check the other side before you run it again",
                    task.name),
                .context = {},
                .retryable = false,
                .retry_after = {}};
  run.arrived.push_back({.attempt = attempt, .response = AgentResponse::failed(std::move(unknown)), .ticket = {}});
}

void Engine::on_answer(CallId id, AgentResponse response) {
  const auto known = calls_.find(id);
  if (known == calls_.end()) return;
  const auto place = known->second;
  calls_.erase(known);
  auto& run = *runs_.at(place.token);
  if (place.number > 0) {
    on_machine_answer(run, place, std::move(response));
  } else {
    const auto call = run.calls.find(place.step);
    run.arrived.push_back({.attempt = call->second.attempt, .response = std::move(response), .ticket = std::move(call->second.ticket)});
    run.calls.erase(call);
  }
  advance(run);
}

/// Of a task, all its items included.
void Engine::cancel_calls(ActiveRun& run, TaskIndex task) {
  const auto first = run.calls.lower_bound({.task = task, .item = 0});
  auto last = first;
  for (; last != run.calls.end() && last->first.task == task; ++last) end_call(last->second);
  run.calls.erase(first, last);
  cancel_work(run, task);
}

void Engine::drop_calls(ActiveRun& run) {
  for (const auto& [step, call] : run.calls) end_call(call);
  run.calls.clear();
  for (const auto& [step, work] : run.work) drop_work(*work);
  run.work.clear();
}

void Engine::end_call(const Call& call) {
  services_.calls.cancel(call.id);
  services_.breakers.abandoned(call.ticket);
  calls_.erase(call.id);
}

}  // namespace skein::workflow
