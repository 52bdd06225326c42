#include <algorithm>
#include <ranges>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "simulation/owner.hpp"
#include "simulation/world.hpp"
#include "workflow/replay.hpp"

// What must hold after every step.
namespace skein::simulation {
namespace {

using workflow::RunState;

/// What was done must be undone newest first and never twice, whatever the state machine thinks.
class UndoOrder {
 public:
  explicit UndoOrder(const workflow::Definition& definition) : definition_(definition) {}
  void see(const workflow::Event& event) {
    if (foreign_ > 0 && !std::holds_alternative<workflow::RunCreated>(event.body)) {
      --foreign_;  // another run's work
      return;
    }
    if (const auto* created = std::get_if<workflow::RunCreated>(&event.body)) foreign_ = created->origin ? created->origin->foreign : 0;
    if (const auto* done = std::get_if<workflow::TaskCompleted>(&event.body); done != nullptr && done->attempt.item == workflow::no_item) {
      const auto& undoes = definition_.tasks[done->attempt.task].undoes;
      if (undoes) std::erase(done_, std::pair(*undoes, done->attempt.activation));
      if (!undoes) did(done->attempt.task, done->attempt.activation);
    } else if (const auto* items = std::get_if<workflow::ItemsEnded>(&event.body); items != nullptr && !items->error) {
      did(items->task, items->activation);
    } else if (std::holds_alternative<workflow::CompensationStarted>(event.body)) {
      failed_.clear();
    } else if (const auto* failed = std::get_if<workflow::TaskFailed>(&event.body);
               failed != nullptr && definition_.tasks[failed->attempt.task].undoes) {
      failed_.insert({*definition_.tasks[failed->attempt.task].undoes, failed->attempt.activation});
    } else if (const auto* start = std::get_if<workflow::AttemptStarted>(&event.body);
               start != nullptr && definition_.tasks[start->attempt.task].undoes) {
      const std::pair wanted(*definition_.tasks[start->attempt.task].undoes, start->attempt.activation);
      auto newest = done_.rbegin();
      while (newest != done_.rend() && failed_.contains(*newest)) ++newest;
      if (newest == done_.rend() || *newest != wanted) throw std::runtime_error("work is undone out of turn");
    }
  }

 private:
  void did(workflow::TaskIndex task, std::uint32_t activation) {
    if (definition_.tasks[task].undo) done_.emplace_back(task, activation);
  }
  const workflow::Definition& definition_;
  std::uint64_t foreign_ = 0;
  std::vector<std::pair<workflow::TaskIndex, std::uint32_t>> done_;
  std::set<std::pair<workflow::TaskIndex, std::uint32_t>> failed_;
};

/// All that a state says, as text.
std::string digest(const RunState& state) {
  std::string out =
      fmt::format("{} {} running={} stopping={} tokens={} due={}\n", to_string(state.status()), state.error(), state.running(),
                  state.stopping(), state.spent().tokens, state.next_due(Instant{}).value_or(Instant{}).time_since_epoch().count());
  const auto add = [&](const workflow::StepState& step) {
    out += fmt::format(" {} #{} {}", to_string(step.status), step.attempt, step.result ? to_json(*step.result) : "-");
  };
  for (workflow::TaskIndex i = 0; i < state.tasks().size(); ++i) {
    const auto& task = state.tasks()[i];
    out += fmt::format("{} {} {} {}", i, task.activation, task.queued, state.question(i) != nullptr ? "asks" : "");
    add(task);
    if (const auto* items = state.fan_out(i)) {
      for (const auto& item : items->items) add(item);
    }
    out += '\n';
  }
  for (workflow::EdgeIndex i = 0; i < state.definition().edges.size(); ++i) out += fmt::format("{} ", state.fired(i));
  return out;
}

}  // namespace

/// Numbers of signals, in the order in which the run took them in.
void World::hear(const workflow::SignalReceived& signal, std::vector<std::int64_t>& numbers) const {
  if (workflow::is_signal_of_end(signal.name)) {
    const bool cancelled = signal.payload->at("status") == "cancelled";
    if (cancelled && !cancelled_.contains(workflow::child_of(signal.name))) broken("a child was cancelled while its task waited for it");
  } else if (const auto* number = signal.payload->if_int64()) {
    numbers.push_back(*number);
  }
}

RunState World::folded(RunId run, std::uint64_t& count) {
  const auto& definition = runs_.at(run).definition;
  workflow::Replay replay(definition);
  const auto& state = replay.state();
  UndoOrder undo_order(*definition);
  std::optional<std::uint32_t> budget;
  agent::SpendLimits limits;
  std::vector<std::int64_t> signals;
  std::uint64_t kept = 0;
  std::set<std::tuple<workflow::TaskIndex, std::uint32_t, std::uint32_t>> begun;  ///< task, activation, item, after what is kept
  const auto& store = *owners_.front()->store;
  const auto read = store.read_journal(run, 1, [&](const store::StoredEntry& entry) {
    const auto events = workflow::decode_events(entry.text, *definition, store);
    if (!events) broken("the journal cannot be read: " + events.error().message);
    for (const auto& event : *events) {
      const auto folding = replay.next(event);
      undo_order.see(event);
      if (!folding) broken(fmt::format("event {} ({}) does not follow: {}", count + 1, type_of(event), folding.error().message));
      if (const auto* created = std::get_if<workflow::RunCreated>(&event.body)) {
        budget = created->attempts, limits = created->limits;
        if (created->origin) kept = created->origin->kept;
      }
      if (limits.tokens && state.spent().tokens > *limits.tokens) broken("a budget of tokens was exceeded");
      if (const auto* signal = std::get_if<workflow::SignalReceived>(&event.body)) hear(*signal, signals);
      if (const auto* started = std::get_if<workflow::AttemptStarted>(&event.body); started != nullptr && count > kept) {
        const auto& attempt = started->attempt;
        // In a run made from another an item that goes on has a first attempt that does not count, and what goes on from what its agent
        // called has one more attempt, however many it had.
        const std::uint32_t more = state.origin() && attempt.item != workflow::no_item ? 1 : 0;
        const bool first_here = begun.emplace(attempt.task, attempt.activation, attempt.item).second;
        if (attempt.attempt > definition->retry_of(attempt.task).max_attempts + more && !(state.origin() && first_here))
          broken("more attempts than the policy allows");
      }
      ++count;
    }
    return true;
  });
  if (!read) broken("the journal cannot be read: " + read.error().message);
  if (budget && state.attempts_used() > *budget) broken("a budget was exceeded");
  if (!state.origin() && !std::ranges::equal(signals, signals_[run] | std::views::take(signals.size())))
    broken("signals were lost, or came twice or out of order");
  return state;
}

/// The index row and the owner's state are what the journal says.
void World::check(RunId id) {
  std::uint64_t count = 0;
  const auto state = folded(id, count);
  const auto row = owners_.front()->store->find_run(id);
  if (!row) broken("an accepted run is lost: " + row.error().message);
  if (row->last_seq != count) broken(fmt::format("the index says {} events, the journal has {}", row->last_seq, count));
  const bool nobody_began = row->summary.status == RunStatus::pending && count == 1;
  if (row->summary.status != state.status() && !nobody_began) {
    broken(fmt::format("the index says {}, the journal {}", to_string(row->summary.status), to_string(state.status())));
  }
  if (row->summary.tasks_completed != state.completed_tasks()) broken("the index and the journal count other completed tasks");
  std::size_t drivers = 0;
  for (const auto& owner : owners_) {
    const auto* live = owner->harness.engine->find(id);
    if (live == nullptr) continue;
    if (owner->store->failed(id)) continue;  // it holds what could not be written, or so it was told, and can do nothing
    ++drivers;
    if (digest(*live) != digest(state))
      broken("the owner's state is not what its journal says:\n" + digest(*live) + "--\n" + digest(state));
  }
  if (drivers > 1) broken("a run has two owners");
  runs_.at(id).ended = is_final(state.status());
}

/// No call that was answered well is made again, and none is made twice at the same time.
void World::check_calls() {
  std::set<std::string> open;
  for (auto& owner : owners_) {
    auto& calls = owner->harness.calls;
    for (; owner->calls_seen < calls.started.size(); ++owner->calls_seen) {
      const auto& key = calls.started[owner->calls_seen].key;
      if (done_.contains(key)) broken("a finished call is made again: " + key);
    }
    for (const auto& [id, request] : calls.open) {
      if (!open.insert(request->request.idempotency_key).second)
        broken("a call is made twice at once: " + request->request.idempotency_key);
    }
  }
}

std::string World::open_runs() {
  std::string out;
  for (const auto& [id, run] : runs_) {
    if (run.ended) continue;
    std::uint64_t count = 0;
    const auto row = owners_.front()->store->find_run(id);
    std::string drivers;
    for (const auto& owner : owners_) {
      if (owner->harness.engine->drives(id)) drivers += fmt::format(" driven, {} calls open", owner->harness.calls.open.size());
    }
    out += fmt::format("{} owned={}{} {}", id.str(), row && row->owned, drivers, digest(folded(id, count)));
  }
  return out;
}

}  // namespace skein::simulation
