#include <exception>

#include "workflow/driver/active_run.hpp"
#include "workflow/driver/machine_call.hpp"

// Attempts whose agents work through a machine: what it calls is journaled before it is called, and what came of it before it goes on.
namespace skein::workflow {

void Engine::begin_work(ActiveRun& run, const Attempt& attempt, agent::MachineAgent& agent, JsonPtr parameters,
                        BreakerBoard::Ticket ticket) {
  auto work = std::make_shared<MachineWork>();
  work->attempt = attempt;
  work->definition = run.state.definition_ptr();
  work->parameters = std::move(parameters);
  work->request = request_for(run, attempt, *work->parameters);
  work->ticket = std::move(ticket);
  auto earlier = said_earlier(run, attempt);
  auto machine = earlier ? agent.work_on(work->request, std::move(*earlier)) : std::unexpected(earlier.error());
  if (!machine) {
    run.arrived.push_back({.attempt = attempt, .response = AgentResponse::failed(machine.error()), .ticket = std::move(work->ticket)});
    return;
  }
  work->machine = std::move(*machine);
  const auto open = work->catch_up(run.state.calls(attempt.step()));
  run.work.insert_or_assign(attempt.step(), work);
  for (const auto number : open) {
    const auto& call = run.state.calls(attempt.step())[number - 1];
    if (call.kind == agent::CallKind::person) continue;  // it is still asked
    if (auto answer = work->machine->instead_of_repeating(number)) {
      work->arrived.emplace_back(number, std::move(*answer));
    } else if (call.kind == agent::CallKind::model && !call.reserved.none()) {
      work->to_repeat.push_back(number);
    } else {
      perform(run, attempt.step(), number);
    }
  }
}

/// Makes a call that the journal has.
void Engine::perform(ActiveRun& run, Step step, std::uint32_t number) {
  const auto found = run.work.find(step);
  if (found == run.work.end()) return;
  const auto& work = found->second;
  const auto call = std::make_shared<MachineCallAgent>(work, number, day_call(run, *work, number));
  auto request = std::make_unique<CallRequest>();
  request->request = work->request;
  request->request.idempotency_key = agent::key_of_call(work->request, number);
  request->parameters = work->parameters;
  request->keeps = call;
  const auto id = next_call_++;
  work->open.emplace(number, id);
  calls_.emplace(id, CallPlace{.token = run.token, .step = step, .number = number});
  const auto timeout = work->timeouts.extract(number);
  services_.calls.start(id, *call, std::move(request), timeout && timeout.mapped() > microseconds{0} ? timeout.mapped() : no_timeout);
}

/// How a call counts against the day of its agent; empty where the day has no limit or the call costs nothing.
std::optional<DayCall> Engine::day_call(const ActiveRun& run, const MachineWork& work, std::uint32_t number) const {
  const auto& definition = *work.definition;
  const auto& owner = definition.agents[definition.tasks[work.attempt.task].agent];
  const auto& call = run.state.calls(work.attempt.step())[number - 1];
  const auto& most = call.reserved;
  if (owner.daily.none() || (most.tokens == 0 && most.nano_dollars == 0)) return std::nullopt;
  // What an earlier time took stays taken: it may have been paid for.
  auto key = agent::key_of_call(work.request, number);
  if (call.times > 1) key += "#" + std::to_string(call.times);
  return DayCall{.ledger = &services_.store,
                 .pool = services_.agent_services.pool,
                 .clock = &services_.clock,
                 .agent = definition.name + "/" + owner.name,
                 .key = std::move(key),
                 .limits = owner.daily,
                 .most = most};
}

/// What the day's budget of an agent leaves now. Others may spend it meanwhile: whether a call fits is decided when it is reserved.
agent::SpendLimits Engine::left_today(const Definition& definition, const AgentDefinition& owner) const {
  if (owner.daily.none()) return {};
  const auto account = services_.store.account(account_of_day(definition.name + "/" + owner.name, now_));
  if (!account) return owner.daily;
  const auto spent = [](const store::Charge& charge) {
    return agent::Spend{.tokens = charge.tokens, .nano_dollars = charge.nano_dollars, .tool_calls = 0};
  };
  return agent::left_of(agent::left_of(owner.daily, spent(account->settled)), spent(account->reserved));
}

/// Alerts where an answered call has made spending unusual. `before`: what had been paid until then, by the run and by the agent.
void Engine::watch_spending(ActiveRun& run, const MachineWork& work, const agent::Spend& used,
                            const std::pair<agent::Spend, agent::Spend>& before, std::vector<Emitted>& alerts) {
  const auto& definition = *work.definition;
  const auto index = definition.tasks[work.attempt.task].agent;
  const auto& owner = definition.agents[index];
  const auto put = [&](std::optional<Emitted> alert) {
    if (alert) alerts.push_back(std::move(*alert));
  };
  put(passed_share("run_budget", owner.name, before.first, run.state.paid(), run.state.spend_limits()));
  put(passed_share("agent_budget", owner.name, before.second, run.state.paid_by(index), run.state.limits_of(index)));
  put(spending_.note(definition.name + "/" + owner.name, used));
}

/// What the calls brought is folded, and what the machines want next.
void Engine::move_machines(ActiveRun& run, std::vector<Event>& events) {
  for (auto next = run.work.begin(); next != run.work.end();) {
    const auto work = (next++)->second;  // it may end here
    if (work->moved) move(run, *work, events);
  }
}

/// A call that was under way when its owner died may have been paid for. Where a budget counts it is charged once more before it is made
/// once more, and where that does not fit it is not made.
void Engine::repeat_calls(ActiveRun& run, MachineWork& work, std::vector<Event>& events) {
  const auto step = work.attempt.step();
  for (const auto number : std::exchange(work.to_repeat, {})) {
    const auto call = run.state.calls(step)[number - 1];
    const auto left = run.state.spend_left(step.task);
    if (covers(left, call.reserved)) {
      fold(run,
           CallStarted{.attempt = work.attempt,
                       .number = number,
                       .kind = call.kind,
                       .request = call.request,
                       .reserved = call.reserved,
                       .again = true},
           events);
      continue;
    }
    auto refusal = work.machine->failure(
        number, {.code = ErrorCode::budget_exceeded,
                 .message = "Budget exceeded: a call of the model was under way when its process died; it may have been paid for, and what "
                            "is left is not enough to make it once more; raise the budget",
                 .context = {},
                 .retryable = false,
                 .retry_after = {}});
    refusal.unsettled = true;
    work.arrived.emplace_back(number, std::move(refusal));
  }
}

void Engine::move(ActiveRun& run, MachineWork& work, std::vector<Event>& events) {
  work.moved = false;
  const auto step = work.attempt.step();
  if (!run.in_flight(work.attempt)) return;
  if (!run.state.stopping() || run.state.definition().tasks[step.task].undoes) repeat_calls(run, work, events);
  const bool heard = !work.arrived.empty();
  for (auto& [number, answer] : std::exchange(work.arrived, {})) {
    services_.secrets.redact(answer.value);
    const auto& call = run.state.calls(step)[number - 1];
    const auto kind = call.kind;
    const auto used = answer.unsettled ? call.reserved : answer.used;
    auto value = std::make_shared<const Json>(std::move(answer.value));
    const auto index = work.definition->tasks[step.task].agent;
    const std::pair before{run.state.paid(), run.state.paid_by(index)};
    fold(run, CallEnded{.attempt = work.attempt, .number = number, .kind = kind, .answer = value, .used = used}, events);
    if (kind == agent::CallKind::model) watch_spending(run, work, used, before, work.alerts);
    work.machine->answered(number, value);
  }
  for (auto& alert : std::exchange(work.alerts, {})) {
    fold(run, Emission{.task = step.task, .name = std::move(alert.name), .data = std::make_shared<const Json>(std::move(alert.data))},
         events);
  }
  if (run.state.stopping() && !run.state.definition().tasks[step.task].undoes) return;  // it will be cancelled
  const auto& owner = work.definition->agents[work.definition->tasks[step.task].agent];
  const auto left = run.state.spend_left(step.task);
  auto turn = work.machine->next(agent::tighter(left, left_today(*work.definition, owner)));
  // Too little is left of the day: the ledger refuses the call, and says until when.
  if (turn.end && turn.end->error.code == ErrorCode::budget_exceeded && !owner.daily.none())
    turn = work.machine->next(agent::tighter(left, owner.daily));
  for (auto& call : turn.calls) {
    services_.secrets.redact(call.request);
    const auto number = static_cast<std::uint32_t>(run.state.calls(step).size() + 1);
    auto request = std::make_shared<const Json>(std::move(call.request));
    if (call.timeout > microseconds{0}) work.timeouts.emplace(number, call.timeout);
    fold(run, CallStarted{.attempt = work.attempt, .number = number, .kind = call.kind, .request = request, .reserved = call.worst_case},
         events);
    work.machine->started(number, call.kind, request);
  }
  if (!turn.end) return;
  if (heard && run.state.session(step) != nullptr) {
    // The commit that ends a turn can be refused, and what was answered must not be asked again for that: it is journaled first.
    work.moved = true;
    return;
  }
  const auto ended = run.work.extract(step).mapped();
  auto ticket = std::exchange(ended->ticket, {});
  drop_work(*ended);
  fold_outcome(run,
               {.attempt = ended->attempt, .response = std::move(*turn.end), .ticket = std::move(ticket), .said = std::move(turn.said)},
               events);
}

/// The answer to a machine's call.
void Engine::on_machine_answer(ActiveRun& run, const CallPlace& place, AgentResponse response) {
  const auto found = run.work.find(place.step);
  if (found == run.work.end()) return;
  auto& work = *found->second;
  work.open.erase(place.number);
  work.moved = true;
  for (auto& alert : response.emitted) work.alerts.push_back(std::move(alert));
  work.arrived.emplace_back(place.number,
                            response.success ? answer_in(std::move(response)) : work.machine->failure(place.number, response.error));
}

/// What a person says to a call that asked them.
void Engine::answer_question(ActiveRun& run, const Asking& asked, JsonObject word, std::vector<Event>& events) {
  Json value(std::move(word));
  services_.secrets.redact(value);
  const auto answer = std::make_shared<const Json>(std::move(value));
  const Attempt attempt{.task = asked.step.task,
                        .activation = run.state.tasks()[asked.step.task].activation,
                        .attempt = run.state.find_step(asked.step)->attempt,
                        .item = asked.step.item};
  fold(run, CallEnded{.attempt = attempt, .number = asked.call, .kind = agent::CallKind::person, .answer = answer, .used = {}}, events);
  // Where the run was just taken over the machine is made after this, and told what the journal has.
  const auto work = run.work.find(asked.step);
  if (work == run.work.end()) return;
  work->second->machine->answered(asked.call, answer);
  work->second->moved = true;
}

/// Of a task, all its items included.
void Engine::cancel_work(ActiveRun& run, TaskIndex task) {
  const auto first = run.work.lower_bound({.task = task, .item = 0});
  auto last = first;
  for (; last != run.work.end() && last->first.task == task; ++last) drop_work(*last->second);
  run.work.erase(first, last);
}

/// What it has called is ended; no answers follow.
void Engine::drop_work(MachineWork& work) {
  for (const auto& [_, id] : std::exchange(work.open, {})) {
    services_.calls.cancel(id);
    calls_.erase(id);
  }
  services_.breakers.abandoned(work.ticket);
}

}  // namespace skein::workflow
