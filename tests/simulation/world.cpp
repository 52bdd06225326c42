#include "simulation/world.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "simulation/help.hpp"
#include "simulation/owner.hpp"
#include "simulation/random_workflow.hpp"
#include "workflow/replay.hpp"

namespace skein::simulation {
namespace {

using workflow::RunState;

constexpr std::size_t owner_count = 2;
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

constexpr int patience = 5'000;  ///< rounds of help until a run that does not end is a broken promise

Error no_room() {
  return {.code = ErrorCode::store_full, .message = "simulated: no room", .context = {}, .retryable = true, .retry_after = {}};
}

Error disk_error() {
  return {.code = ErrorCode::store_failed, .message = "simulated: I/O error", .context = {}, .retryable = true, .retry_after = {}};
}

[[noreturn]] void broken(const std::string& what) { throw std::runtime_error(what); }

/// All that a state says, as text.
std::string digest(const RunState& state) {
  std::string out = fmt::format("{} {} running={} stopping={} due={}\n", to_string(state.status()), state.error(), state.running(),
                                state.stopping(), state.next_due(Instant{}).value_or(Instant{}).time_since_epoch().count());
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

World::World(std::uint64_t seed) : random_(seed) {
  for (std::size_t i = 0; i < owner_count; ++i) owners_.push_back(new_owner());
  for (std::uint32_t i = 1 + below(random_, 3); i > 0; --i) begin_run();
}

World::~World() = default;

std::unique_ptr<World::Owner> World::new_owner() {
  auto owner = std::make_unique<Owner>(database_, elapsed_, shift_, random_);
  owner->store->written = [this](const store::Append& append) { see_written(append); };
  if (full_) owner->store->refuse = no_room();
  owner->harness.elsewhere = [this](RunId to) { mail_.push_back(to); };
  return owner;
}

/// Whoever owns a run with mail looks at it.
void World::deliver() {
  while (!mail_.empty()) {
    const auto to = mail_.back();
    mail_.pop_back();
    for (auto& owner : owners_) {
      owner->harness.engine->check_mail(to);
      owner->harness.meet();
    }
  }
}

World::Owner& World::any_owner() { return *owners_[below(random_, static_cast<std::uint32_t>(owners_.size()))]; }
RunId World::any_run() { return order_[below(random_, static_cast<std::uint32_t>(order_.size()))]; }

void World::know(const workflow::DefinitionPtr& definition) {  // NOLINT(misc-no-recursion): as deep as workflows are nested
  definitions_.emplace(definition->hash, definition);
  for (const auto& agent : definition->agents) {
    if (agent.workflow) know(agent.workflow);
  }
}

void World::know_run(RunId id, std::string_view definition_hash) {
  if (runs_.emplace(id, Run{.definition = definitions_.find(definition_hash)->second}).second) order_.push_back(id);
}

/// The journal has it, whatever its writer was told.
void World::see_written(const store::Append& append) {
  if (append.create) know_run(append.run, append.create->definition_hash);
  for (const auto& child : append.children) know_run(child.run, child.create->definition_hash);
  const auto& definition = *runs_.at(append.run).definition;
  const auto* batch = dynamic_cast<const workflow::EventBatch*>(append.entry.get());
  for (const auto& event : batch->events()) {
    const auto* done = std::get_if<workflow::TaskCompleted>(&event.body);
    if (done == nullptr) continue;
    auto key = fmt::format("{}:{}:{}", append.run.str(), definition.tasks[done->attempt.task].name, done->attempt.activation);
    if (done->attempt.item != workflow::no_item) key += fmt::format(":{}", done->attempt.item);
    done_.insert(std::move(key));
  }
}

void World::begin_run() {
  const workflow::DefinitionPtr definition = random_workflow(random_);
  know(definition);
  auto& owner = any_owner();
  const auto id = owner.harness.run(definition);
  if (owner.harness.acknowledged.back() && !runs_.contains(id)) broken("a run was acknowledged and is not in the store");
  deliver();
}

void World::step() {
  if (full_ && chance(random_, 0.15)) repair();
  switch (below(random_, 15)) {
    case 0: crash(below(random_, static_cast<std::uint32_t>(owners_.size()))); break;
    case 1: adopt_all(any_owner()); break;
    case 2: tell(any_run(), "signal", {{"name", fmt::format("s{}", below(random_, 3))}, {"payload", below(random_, 100)}}); break;
    case 3:
    case 4: {
      const auto run = any_run();
      const auto& tasks = runs_.at(run).definition->tasks;
      const auto& task = tasks[below(random_, static_cast<std::uint32_t>(tasks.size()))].name;
      if (chance(random_, 0.5)) {
        tell(run, chance(random_, 0.8) ? "approve" : "reject", {{"task", task}, {"by", "somebody"}});
      } else {
        tell(run, "answer", {{"task", task}, {"value", chance(random_, 0.7) ? Json(7) : Json("seven")}, {"by", "somebody"}});
      }
      break;
    }
    case 5:
      if (chance(random_, 0.1)) tell(any_run(), "cancel", {});
      break;
    case 6: pass(milliseconds{below(random_, 8'000)}); break;
    case 7:
      if (chance(random_, 0.1)) pass(seconds{60 * below(random_, 90)});
      if (chance(random_, 0.3)) undo(any_run());
      if (chance(random_, 0.5)) travel_from(any_run());
      break;
    case 8: trouble(); break;
    default: answer_something();
  }
  check_calls();
  check(any_run());
}

AgentResponse World::random_response() {
  const auto luck = below(random_, 10);
  if (luck < 7) {
    static const std::array<Json, 6> results{Json(nullptr),    Json(7), Json("text"), Json(JsonArray{1, 2, 3}), Json(JsonObject{{"n", 1}}),
                                             Json(JsonArray{})};
    return AgentResponse::ok(results[below(random_, results.size())]);
  }
  const bool passing = luck < 9;
  return AgentResponse::failed({.code = passing ? ErrorCode::connection_failed : ErrorCode::invalid_argument,
                                .message = "simulated",
                                .context = {},
                                .retryable = passing,
                                .retry_after = {}});
}

void World::answer_something() {
  auto& owner = any_owner();
  auto& open = owner.harness.calls.open;
  if (open.empty()) return;
  auto call = open.begin();
  std::advance(call, below(random_, static_cast<std::uint32_t>(std::min<std::size_t>(open.size(), 8))));
  answer(owner, call->first, random_response());
}

void World::answer(Owner& owner, workflow::CallId call, AgentResponse response) {
  check_calls();  // before what was started counts as done
  const auto request = std::move(owner.harness.calls.open.at(call));
  owner.harness.calls.open.erase(call);
  owner.harness.engine->on_answer(call, std::move(response));
  owner.harness.meet();
  deliver();
}

/// As another process does it: into the inbox; whoever owns the run looks at it.
void World::tell(RunId run, std::string kind, const JsonObject& payload) {
  auto& teller = any_owner();
  const auto posted =
      teller.store->post({.id = 0, .run = run, .kind = std::move(kind), .payload = to_json(payload), .at = teller.harness.clock.now()});
  if (!posted && teller.store->refuse) return;
  if (!posted && posted.error().code != ErrorCode::conflict) broken("mail was refused: " + posted.error().message);
  mail_.push_back(run);
  deliver();
}

void World::pass(microseconds time) {
  elapsed_ += time;
  for (auto& owner : owners_) owner->harness.advance(time);
  deliver();
}

/// Somebody sets the time of the machine. Due instants are wall time; whatever is due then is done then.
void World::jump(microseconds by) {
  shift_ += by;
  farthest_ = std::max(farthest_, shift_);
  for (auto& owner : owners_) {
    owner->harness.clock.jump_wall(by);
    owner->harness.engine->tick();
    owner->harness.meet();
  }
  deliver();
}

void World::trouble() {
  switch (below(random_, 5)) {
    case 0:
      full_ = true;
      for (auto& owner : owners_) owner->store->refuse = no_room();
      break;
    case 1: any_owner().store->refuse_once = disk_error(); break;
    case 2: any_owner().store->lie_once = disk_error(); break;
    case 3: jump(seconds{below(random_, 3'600)}); break;
    default: jump(-seconds{below(random_, 3'600)}); break;
  }
}

void World::repair() {
  full_ = false;
  for (auto& owner : owners_) owner->store->refuse.reset();
}

/// The process is gone: nothing is released in an orderly way, its calls are never answered.
void World::crash(std::size_t place) {
  ++crashes_;
  auto& owner = owners_[place];
  events_ += owner->harness.recorder.lines.size();
  owner->store->close();
  owner = new_owner();
  if (chance(random_, 0.7)) adopt_all(*owner);
}

void World::adopt_all(Owner& owner) {
  const auto claimed = owner.store->claim_runnable(owner.harness.clock.now(), 1 + below(random_, 5));
  if (!claimed && owner.store->refuse) return;
  if (!claimed) broken("claiming failed: " + claimed.error().message);
  for (const auto& claim : *claimed) {
    const auto adopted = owner.harness.engine->adopt(claim, runs_.at(claim.run).definition);
    if (!adopted) broken("a run could not be adopted: " + adopted.error().message);
    owner.harness.meet();
  }
  deliver();
}

/// Somebody asks that an ended run be undone; of any other run it is refused.
void World::undo(RunId run) {
  auto& owner = any_owner();
  if (owner.store->failed(run)) return;  // its engine is about to claim it again
  const auto claimed = owner.store->claim(run);
  if (!claimed) return;
  const auto row = owner.store->find_run(run);
  const bool ended = row && is_final(row->summary.status);
  const auto begun = owner.harness.engine->compensate(*claimed, runs_.at(run).definition, "regretted");
  if (begun && !ended) broken("a run was undone before its end");
  if (begun) runs_.at(run).ended = false;
  owner.harness.meet();
  deliver();
}

RunState World::folded(RunId run, std::uint64_t& count) const {
  const auto& definition = runs_.at(run).definition;
  workflow::Replay replay(definition);
  const auto& state = replay.state();
  UndoOrder undo_order(*definition);
  std::optional<std::uint32_t> budget;
  const auto& store = *owners_.front()->store;
  const auto read = store.read_journal(run, 1, [&](const store::StoredEntry& entry) {
    const auto events = workflow::decode_events(entry.text, *definition, store);
    if (!events) broken("the journal cannot be read: " + events.error().message);
    for (const auto& event : *events) {
      const auto folding = replay.next(event);
      undo_order.see(event);
      if (!folding) broken(fmt::format("event {} ({}) does not follow: {}", count + 1, type_of(event), folding.error().message));
      if (const auto* created = std::get_if<workflow::RunCreated>(&event.body)) budget = created->attempts;
      if (const auto* started = std::get_if<workflow::AttemptStarted>(&event.body)) {
        // An item of a list that goes on in a run made from another has a first attempt that does not count.
        const std::uint32_t more = state.origin() && started->attempt.item != workflow::no_item ? 1 : 0;
        if (started->attempt.attempt > definition->retry_of(started->attempt.task).max_attempts + more)
          broken("more attempts than the policy allows");
      }
      ++count;
    }
    return true;
  });
  if (!read) broken("the journal cannot be read: " + read.error().message);
  if (budget && state.attempts_used() > *budget) broken("a budget was exceeded");
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

/// Does what a run waits for. False where it has ended.
bool World::help(RunId id) {
  std::uint64_t count = 0;
  const auto state = folded(id, count);
  if (is_final(state.status())) return false;
  for (workflow::TaskIndex i = 0; i < state.tasks().size(); ++i) {
    if (auto help = help_for(state, i)) tell(id, help->first, help->second);
  }
  return true;
}

std::string World::open_runs() const {
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

void World::drain() {
  repair();
  for (auto& owner : owners_) owner->store->refuse_once.reset(), owner->store->lie_once.reset();
  jump(farthest_ - shift_);  // what waits for an instant would wait for as long as the clock was set back
  pass(seconds{2});  // what was refused is written now
  for (auto& [id, run] : runs_) run.ended = false;
  for (int round = 0;; ++round) {
    for (auto& owner : owners_) {
      adopt_all(*owner);
      while (!owner->harness.calls.open.empty()) answer(*owner, owner->harness.calls.open.begin()->first, AgentResponse::ok(nullptr));
    }
    check_calls();
    bool open = false;
    for (std::size_t i = 0; i < order_.size(); ++i) {  // helping may begin more
      const auto id = order_[i];
      if (runs_.at(id).ended) continue;
      check(id);
      open = help(id) || open;
    }
    if (!open) break;
    if (round > patience) broken("a run neither ends nor waits for anything that has a name:\n" + open_runs());
    pass(milliseconds{700});
  }
  for (auto& owner : owners_) events_ += owner->harness.recorder.lines.size();
  for (const auto& owner : owners_) {
    for (const auto id : order_) {
      if (owner->harness.engine->drives(id)) broken("an ended run is still driven: " + id.str());
    }
    if (owner->harness.engine->active_runs() != 0) broken("a run is driven twice or is in no store");
  }
}

}  // namespace skein::simulation
