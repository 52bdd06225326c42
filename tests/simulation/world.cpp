#include "simulation/world.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "simulation/help.hpp"
#include "simulation/owner.hpp"
#include "simulation/random_workflow.hpp"

namespace skein::simulation {
namespace {

constexpr std::size_t owner_count = 2;

constexpr int patience = 5'000;  ///< rounds of help until a run that does not end is a broken promise

Error no_room() {
  return {.code = ErrorCode::store_full, .message = "simulated: no room", .context = {}, .retryable = true, .retry_after = {}};
}

Error disk_error() {
  return {.code = ErrorCode::store_failed, .message = "simulated: I/O error", .context = {}, .retryable = true, .retry_after = {}};
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
  const auto key_of = [&](const workflow::Attempt& attempt) {
    auto key = fmt::format("{}:{}:{}", append.run.str(), definition.tasks[attempt.task].name, attempt.activation);
    if (attempt.item != workflow::no_item) key += fmt::format(":{}", attempt.item);
    return key;
  };
  for (const auto& event : batch->events()) {
    if (const auto* done = std::get_if<workflow::TaskCompleted>(&event.body)) done_.insert(key_of(done->attempt));
    if (const auto* ended = std::get_if<workflow::CallEnded>(&event.body))
      done_.insert(fmt::format("{}/{}", key_of(ended->attempt), ended->number));
    if (const auto* called = std::get_if<workflow::CallStarted>(&event.body); called != nullptr && called->kind == agent::CallKind::tool)
      tools_.insert(fmt::format("{}/{}", key_of(called->attempt), called->number));
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
    case 2: tell(any_run(), "signal", {{"name", fmt::format("s{}", below(random_, 3))}}); break;
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

/// What a model says, or a tool brings; neither costs more than was reserved for it.
AgentResponse World::random_call_answer(const std::string& key) {
  if (tools_.contains(key)) {
    auto brought = random_response();
    brought.metadata["tool_calls"] = 1;
    return brought;
  }
  const auto luck = below(random_, 20);
  if (luck == 0) return random_response();
  Json value = "done";
  if (luck < 9) {
    static const std::array<const char*, 3> names{"add", "look", "once"};
    JsonArray wanted;
    for (std::uint32_t i = 1 + below(random_, 3); i > 0; --i) wanted.emplace_back(names[below(random_, names.size())]);
    value = JsonObject{{"tools", std::move(wanted)}};
  } else if (luck < 11) {
    value = JsonObject{{"error", "the model failed"}};
  }
  auto response = testing::call_answer(std::move(value), below(random_, 11));  // each reserves at least ten
  if (luck == 1) response.metadata["unsettled"] = true;
  return response;
}

void World::answer_something() {
  auto& owner = any_owner();
  auto& open = owner.harness.calls.open;
  if (open.empty()) return;
  auto call = open.begin();
  std::advance(call, below(random_, static_cast<std::uint32_t>(std::min<std::size_t>(open.size(), 8))));
  const auto& key = call->second->request.idempotency_key;
  answer(owner, call->first, key.contains('/') ? random_call_answer(key) : random_response());
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
void World::tell(RunId run, std::string kind, JsonObject payload) {
  auto& teller = any_owner();
  const bool signal = kind == "signal";
  if (signal) payload["payload"] = ++last_signal_;
  if (kind == "cancel") cancelled_.insert(run);
  const auto posted =
      teller.store->post({.id = 0, .run = run, .kind = std::move(kind), .payload = to_json(payload), .at = teller.harness.clock.now()});
  if (!posted && teller.store->refuse) return;
  if (posted && signal) signals_[run].push_back(last_signal_);
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
