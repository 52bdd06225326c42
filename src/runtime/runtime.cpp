#include "runtime/runtime.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>

#include <fmt/format.h>

#include "agent/kinds/kinds.hpp"
#include "async/blocking_pool.hpp"
#include "base/log.hpp"
#include "base/sentence.hpp"
#include "config/config.hpp"
#include "runtime/child_workflow.hpp"
#include "runtime/human.hpp"
#include "runtime/shard.hpp"
#include "store/memory/memory_run_store.hpp"
#include "store/sqlite/sqlite_run_store.hpp"
#include "workflow/event_codec.hpp"

namespace skein::runtime {
namespace {

constexpr milliseconds watch_every{100};
constexpr milliseconds drain_for{2000};
constexpr std::size_t blocking_threads = 8;

void log_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t seq) {
  for (const auto& event : events) {
    auto fields = workflow::event_to_json(event, state.definition());
    fields.get_object().erase("at");
    fields.get_object().erase("type");
    log::debug(workflow::type_of(event),
               {{"run", Json(run.str())}, {"workflow", Json(state.definition().name)}, {"seq", Json(seq++)}, {"event", std::move(fields)}});
  }
}

/// Where answers of models are kept for identical requests; empty: in memory.
std::string answers_beside(const RuntimeOptions& options) {
  if (options.durability == Durability::memory) return {};
  std::filesystem::path store(options.store_path.empty() ? default_store_path() : options.store_path);
  return store.replace_extension(".answers.db").string();
}

/// Somebody should look at it, whoever listens.
void log_spend_alerts(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events) {
  for (const auto& event : events) {
    const auto* emission = std::get_if<workflow::Emission>(&event.body);
    if (emission == nullptr || emission->name != workflow::spend_alert) continue;
    log::warning("unusual spending", {{"run", Json(run.str())}, {"workflow", Json(state.definition().name)}, {"alert", *emission->data}});
  }
}

}  // namespace

Error damaged_journal(RunId run, const Error& why) {
  auto error = why;
  error.message = fmt::format("the journal of run {} cannot be read ({}); restore the store from a backup, or start the workflow again",
                              run.str(), why.message);
  return error;
}

std::string default_store_path() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != '\0') return std::string(state) + "/skein/skein.db";
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : ".") + "/.local/state/skein/skein.db";
}

Runtime::Runtime(RuntimeOptions options) : options_(std::move(options)), secrets_(options_.secrets, known_secrets_) {}

Runtime::~Runtime() { stop(); }

Result<std::unique_ptr<Runtime>> Runtime::open(RuntimeOptions options) {
  std::unique_ptr<Runtime> runtime(new Runtime(std::move(options)));
  const auto opened = runtime->open_store();
  if (!opened) return std::unexpected(opened.error());
  runtime->blocking_ = std::make_unique<async::BlockingPool>(blocking_threads);
  auto thinking =
      ThinkingServices::make(runtime->options_.thinking, runtime->known_secrets_, *runtime->blocking_, answers_beside(runtime->options_));
  if (!thinking) return std::unexpected(std::move(thinking.error()));
  runtime->thinking_ = std::move(*thinking);
  agent::add_builtin_kinds(runtime->kinds_);
  runtime->kinds_.add("workflow", make_child_workflow);
  runtime->kinds_.add("human", make_human);
  auto& self = *runtime;
  self.breakers_ = std::make_unique<workflow::BreakerBoard>(*self.store_, [&self](const auto& breaker, const auto& transition) {
    log::info("circuit_breaker_changed", {{"breaker", Json(breaker)}, {"state", Json(resilience::to_string(transition.to))}});
    for (const auto& listener : self.listeners_) listener->on_breaker(breaker, transition);
  });
  for (unsigned i = 0; i < std::max(1U, self.options_.shards); ++i) {
    self.shards_.push_back(std::make_unique<Shard>(
        ShardServices{.store = *self.store_,
                      .clock = self.clock_,
                      .breakers = *self.breakers_,
                      .listener = self,
                      .outside = self.secrets_,
                      .secrets = self.known_secrets_,
                      .kinds = self.kinds_,
                      .pool = *self.blocking_,
                      .thinking = *self.thinking_,
                      .output = self},
        workflow::EngineOptions{.sleep_after = self.options_.sleep_after, .sleep_for_others = self.options_.sleep_for_others}));
  }
  self.watcher_ = std::thread([&self] { self.watch(); });
  return runtime;
}

Result<void> Runtime::open_store() {
  if (options_.durability == Durability::memory) {
    store_ = store::make_memory_run_store();
    return {};
  }
  store::SqliteOptions sqlite;
  sqlite.path = options_.store_path.empty() ? default_store_path() : options_.store_path;
  sqlite.durability = options_.durability == Durability::full ? store::Durability::full : store::Durability::normal;
  auto opened = store::open_sqlite_run_store(std::move(sqlite));
  if (!opened) return std::unexpected(opened.error());
  store_ = std::move(*opened);
  return {};
}

void Runtime::register_kind(std::string kind, agent::AgentFactory factory) {
  kinds_.add(std::move(kind), std::move(factory));
  const std::lock_guard lock(left_alone_mutex_);
  left_alone_.definitions.clear();
}

void Runtime::add_listener(std::shared_ptr<Listener> listener) { listeners_.push_back(std::move(listener)); }

Result<void> Runtime::register_tool(tool::ToolPtr tool) {
  auto added = thinking_->tools().add(std::move(tool));
  const std::lock_guard lock(left_alone_mutex_);
  left_alone_.definitions.clear();
  return added;
}

bool Runtime::listens() const {
  return std::ranges::any_of(listeners_, [](const auto& listener) { return listener->hears_output(); });
}

void Runtime::on_output(const AgentRequest& request, const model::Delta& delta) {
  for (const auto& listener : listeners_) {
    if (listener->hears_output()) listener->on_output(request, delta);
  }
}

Shard& Runtime::shard_of(RunId run) { return *shards_[std::hash<RunId>{}(run) % shards_.size()]; }

Result<RunId> Runtime::start(workflow::DefinitionPtr definition, JsonPtr inputs) {
  if (definition->concurrency) {
    auto id = create(new_run_id(), definition, inputs);
    if (!id) return id;
    if (const auto driven = drive_in_turn(*id); !driven) return std::unexpected(driven.error());
    return id;
  }
  std::promise<Result<RunId>> promise;
  auto answer = promise.get_future();
  start(new_run_id(), std::move(definition), std::move(inputs), [&promise](Result<RunId> result) { promise.set_value(std::move(result)); });
  return answer.get();
}

RunId Runtime::new_run_id() const {
  thread_local SystemRandom random;
  return Uuid::make(clock_.now(), random);
}

void Runtime::start(RunId id, workflow::DefinitionPtr definition, JsonPtr inputs, std::function<void(Result<RunId>)> acknowledge) {
  if (stopping_) return acknowledge(fail(ErrorCode::cancelled, "the runtime is stopping; nothing new is accepted"));
  if (definition->concurrency) {
    auto created = create(id, definition, inputs);
    if (created) {
      if (const auto driven = drive_in_turn(id); !driven) created = std::unexpected(driven.error());
    }
    return acknowledge(std::move(created));
  }
  driven_.begin(id);
  auto acknowledged = [this, id, acknowledge = std::move(acknowledge)](Result<RunId> result) {
    if (!result) driven_.end(id);
    acknowledge(std::move(result));
  };
  shard_of(id).post([id, definition = std::move(definition), inputs = std::move(inputs), acknowledged = std::move(acknowledged)](
                        workflow::Engine& engine) { engine.create(id, definition, inputs, acknowledged); });
}

Result<RunId> Runtime::enqueue(const workflow::DefinitionPtr& definition, const JsonPtr& inputs) {
  return create(new_run_id(), definition, inputs);
}

Result<workflow::DefinitionPtr> Runtime::definition(std::string_view hash) const {
  {
    const std::lock_guard lock(definitions_mutex_);
    if (const auto it = definitions_.find(hash); it != definitions_.end()) return it->second;
  }
  const auto text = store_->definition(hash);
  if (!text) return std::unexpected(text.error());
  const auto document = parse_json(*text);
  if (!document)
    return fail(ErrorCode::store_failed, fmt::format("the stored definition {} is damaged: {}", hash, document.error().message));
  auto loaded = config::load_workflow_document(*document);
  if (!loaded) {
    return fail(ErrorCode::invalid_definition, fmt::format("the stored definition {} is not understood by this version: {}", hash,
                                                           config::to_string(loaded.error().front())));
  }
  const std::lock_guard lock(definitions_mutex_);
  return definitions_.emplace(std::string(hash), loaded->definition).first->second;
}

Result<void> Runtime::resume(RunId run) {
  const auto row = store_->find_run(run);
  if (!row) return std::unexpected(row.error());
  if (is_final(row->summary.status)) return {};
  const auto loaded = definition(row->definition_hash);
  if (!loaded) return std::unexpected(loaded.error());
  if (const auto able = can_drive(**loaded); !able) return able;
  if (row->queued) return drive_in_turn(run);
  const DrivenRuns::Hold hold(driven_, run);
  const auto claimed = store_->claim(run);
  if (!claimed) return std::unexpected(claimed.error());
  return adopt(*claimed, row->definition_hash);
}

/// Whether every name and pattern among an agent's tools selects one.
Result<void> Runtime::has_tools_of(const workflow::AgentDefinition& agent) const {
  const auto* names = at_pointer(agent.thinking.source(), "/tools");
  if (names == nullptr || !names->is_array()) return {};
  std::vector<std::string> patterns;
  for (const auto& name : names->get_array()) {
    if (name.is_string()) patterns.emplace_back(name.get_string());
  }
  const auto selected = thinking_->tools().select(patterns);
  return selected ? Result<void>() : std::unexpected(selected.error());
}

Result<void> Runtime::can_drive(const workflow::Definition& definition) const {  // NOLINT(misc-no-recursion): no cycles
  for (const auto& task : definition.tasks) {
    const auto& agent = definition.agents[task.agent];
    if (agent.workflow) {
      if (auto able = can_drive(*agent.workflow); !able) return able;
    }
    if (auto able = has_tools_of(agent); !able) {
      return fail(ErrorCode::unsupported,
                  and_then(fmt::format("task '{}' needs the agent '{}': {}", task.name, agent.name, able.error().message),
                           "run or resume it with the program that registers the tool"));
    }
    if (!kinds_.is_foreign(agent.kind)) continue;
    return fail(ErrorCode::unsupported,
                fmt::format("task '{}' needs the agent '{}' of kind '{}', which this program does not have; run or resume it with the C++ "
                            "program that registers the kind",
                            task.name, agent.name, agent.kind));
  }
  return {};
}

Result<void> Runtime::compensate(RunId run, std::string_view reason) {
  const auto row = store_->find_run(run);
  if (!row) return std::unexpected(row.error());
  auto loaded = definition(row->definition_hash);
  if (!loaded) return std::unexpected(loaded.error());
  if (auto able = can_drive(**loaded); !able) return able;
  const auto claimed = store_->claim(run);
  if (!claimed) return std::unexpected(claimed.error());
  auto left = undo_left_to_retries(run, **loaded);  // nobody makes another one while the run is ours
  if (!left) {
    (void)store_->release(run, claimed->epoch);
    return std::unexpected(left.error());
  }
  driven_.begin(run);
  std::promise<Result<void>> promise;
  auto answer = promise.get_future();
  shard_of(run).post([&, wanted = *loaded](workflow::Engine& engine) {
    auto opened = engine.compensate(*claimed, wanted, std::string(reason), std::move(*left));
    if (!opened) driven_.end(run);
    promise.set_value(std::move(opened));
  });
  return answer.get();
}

Result<void> Runtime::adopt(store::Claimed claimed, std::string_view definition_hash, Children children) {
  auto loaded = definition(definition_hash);
  if (!loaded) {
    (void)store_->release(claimed.run, claimed.epoch);
    return std::unexpected(loaded.error());
  }
  driven_.begin(claimed.run);
  shard_of(claimed.run).post([this, claimed, children, wanted = *loaded](workflow::Engine& engine) {
    const auto adopted = engine.adopt(claimed, wanted);
    if (adopted) {
      const auto* state = engine.find(claimed.run);
      if (*adopted == workflow::Engine::Adopted::already_final) {
        driven_.end(claimed.run);
      } else if (state != nullptr && children == Children::taken_up) {
        take_up_children(claimed.run, *state);
      }
      return;
    }
    auto why = adopted.error();
    if (!why.retryable) {
      // What is damaged stays so: claimed again and again it would keep a worker busy with nothing.
      why = damaged_journal(claimed.run, why);
      const std::lock_guard lock(left_alone_mutex_);
      left_alone_.runs.push_back(claimed.run);
    }
    log::error("a run cannot be resumed", {{"run", Json(claimed.run.str())}, {"error", Json(why.message)}});
    on_lost(claimed.run, why);
  });
  return {};
}

Result<std::size_t> Runtime::claim_runnable(std::size_t limit) {
  std::size_t driven = 0;
  for (bool again = true; again && driven < limit;) {
    again = false;
    store::LeftAlone except;
    {
      const std::lock_guard lock(left_alone_mutex_);
      except = left_alone_;
    }
    const auto claimed = store_->claim_runnable(clock_.now(), limit - driven, except);
    if (!claimed) return std::unexpected(claimed.error());
    for (const auto& claim : *claimed) {
      const auto row = store_->find_run(claim.run);
      if (!row) {
        log::error("a run cannot be resumed", {{"run", Json(claim.run.str())}, {"error", Json(row.error().message)}});
        (void)store_->release(claim.run, claim.epoch);
        continue;
      }
      if (set_aside(claim, *row)) {
        again = true;  // others may stand behind those that were not for us
        continue;
      }
      ++driven;
      const auto adopted = adopt(claim, row->definition_hash, Children::left);  // a worker claims those by themselves
      if (!adopted) log::error("a run cannot be resumed", {{"run", Json(claim.run.str())}, {"error", Json(adopted.error().message)}});
    }
  }
  return driven;
}

bool Runtime::set_aside(const store::Claimed& claimed, const store::RunRow& row) {
  const std::lock_guard lock(left_alone_mutex_);
  if (std::ranges::find(left_alone_.definitions, row.definition_hash) == left_alone_.definitions.end()) {
    const auto loaded = definition(row.definition_hash);
    // A store that cannot be read now may be read later; a definition that is not understood stays so.
    if (!loaded && loaded.error().code != ErrorCode::invalid_definition) return false;
    const auto able = loaded ? can_drive(**loaded) : Result<void>(std::unexpected(loaded.error()));
    if (able) return false;
    left_alone_.definitions.push_back(row.definition_hash);
    log::error("runs of a workflow are left to other processes",
               {{"workflow", Json(row.workflow)}, {"run", Json(claimed.run.str())}, {"error", Json(able.error().message)}});
  }
  (void)store_->release(claimed.run, claimed.epoch);
  return true;
}

namespace {

void put(JsonObject& payload, const QuestionPlace& which) {
  if (which.item) payload["item"] = *which.item;
  if (which.call) payload["call"] = *which.call;
}

}  // namespace

Result<void> Runtime::cancel(RunId run, std::string_view reason) { return tell(run, "cancel", {{"reason", reason}}); }

Result<void> Runtime::signal(RunId run, std::string_view name, const Json& payload) {
  return tell(run, "signal", {{"name", name}, {"payload", payload}});
}

Result<void> Runtime::answer(RunId run, std::string_view task, Verdict verdict, std::string_view by, std::string_view comment,
                             const JsonObject& set, QuestionPlace which) {
  JsonObject payload{{"task", task}, {"by", by}, {"comment", comment}};
  if (!set.empty()) payload["set"] = set;
  put(payload, which);
  return tell(run, verdict == Verdict::approve ? "approve" : "reject", payload);
}

Result<void> Runtime::reply(RunId run, std::string_view task, QuestionPlace which, const Json& value, std::string_view by,
                            std::string_view comment) {
  JsonObject payload{{"task", task}, {"value", value}, {"by", by}, {"comment", comment}};
  put(payload, which);
  return tell(run, "answer", payload);
}

/// Writes to a run's inbox; its owner, here or elsewhere, reads it.
Result<void> Runtime::tell(RunId run, std::string_view kind, const JsonObject& payload) {
  const auto posted = store_->post({.id = 0, .run = run, .kind = std::string(kind), .payload = to_json(payload), .at = clock_.now()});
  if (!posted) return std::unexpected(posted.error());
  shard_of(run).post([run](workflow::Engine& engine) { engine.check_mail(run); });
  const auto row = store_->find_run(run);
  if (!row || row->owned || is_final(row->summary.status)) return {};
  if (row->queued && kind != "cancel") return {};  // it has not begun; its mail waits with it
  if (kind != "cancel") {  // which calls no agent
    const auto loaded = definition(row->definition_hash);
    if (!loaded || !can_drive(**loaded)) return {};  // its mail waits for a program that can
  }
  const DrivenRuns::Hold hold(driven_, run);
  const auto claimed = store_->claim(run);
  return claimed ? adopt(*claimed, row->definition_hash) : Result<void>();
}

Result<RunReport> Runtime::wait(RunId run, const std::atomic<bool>* stop_waiting) {
  const auto waited = driven_.wait(run, stop_waiting, watch_every);
  if (!waited) return std::unexpected(waited.error());
  return report(run);
}

/// Visits a run's events in order until `visit` says false or an error.
Result<workflow::DefinitionPtr> Runtime::visit_events(RunId run, const EventVisitor& begin) const {
  const auto row = store_->find_run(run);
  if (!row) return std::unexpected(row.error());
  auto loaded = definition(row->definition_hash);
  if (!loaded) return loaded;
  const auto visit = begin(*loaded);
  Result<bool> more = true;
  const auto read = store_->read_journal(run, 1, [&](const store::StoredEntry& entry) {
    const auto events = workflow::decode_events(entry.text, **loaded, *store_);
    if (!events) more = std::unexpected(damaged_journal(run, events.error()));
    for (std::size_t i = 0; more && *more && i < events->size(); ++i) more = visit((*events)[i]);
    return more && *more;
  });
  if (!read) return std::unexpected(read.error());
  if (!more) return std::unexpected(more.error());
  return loaded;
}

Result<void> Runtime::each_event(RunId run, const std::function<void(const workflow::Event&)>& visit) const {
  const auto read = visit_events(run, [&](const workflow::DefinitionPtr&) {
    return [&](const workflow::Event& event) -> Result<bool> {
      visit(event);
      return true;
    };
  });
  return read ? Result<void>() : std::unexpected(read.error());
}

Result<workflow::Replay> Runtime::replay(RunId run, std::optional<std::uint64_t> to) const {
  std::optional<workflow::Replay> replay;
  const auto read = visit_events(run, [&](const workflow::DefinitionPtr& definition) {
    replay.emplace(definition);
    return [&](const workflow::Event& event) -> Result<bool> {
      if (auto next = replay->next(event); !next) return std::unexpected(next.error());
      return !to || replay->events() < *to;
    };
  });
  if (!read) return std::unexpected(read.error());
  return std::move(*replay);
}

Result<workflow::RunState> Runtime::state(RunId run) const {
  std::optional<workflow::RunState> state;
  const auto read = visit_events(run, [&](const workflow::DefinitionPtr& definition) {
    state.emplace(definition);
    return [&](const workflow::Event& event) -> Result<bool> {
      if (auto folded = state->apply(event); !folded) return std::unexpected(damaged_journal(run, folded.error()));
      return true;
    };
  });
  if (!read) return std::unexpected(read.error());
  return std::move(*state);
}

Result<RunReport> Runtime::report(RunId run) const {
  std::optional<workflow::RunState> state;
  std::map<std::string, agent::Spend, std::less<>> spent;  // by task
  const auto read = visit_events(run, [&](const workflow::DefinitionPtr& definition) {
    state.emplace(definition);
    return [&](const workflow::Event& event) -> Result<bool> {
      if (auto folded = state->apply(event); !folded) return std::unexpected(damaged_journal(run, folded.error()));
      if (const auto* call = std::get_if<workflow::CallEnded>(&event.body))
        spent[state->definition().tasks[call->attempt.task].name] += call->used;
      return true;
    };
  });
  if (!read) return std::unexpected(read.error());
  auto report = report_of(run, *state);
  for (auto& task : report.tasks) {
    if (const auto found = spent.find(task.name); found != spent.end()) task.spent = found->second;
  }
  const auto row = store_->find_run(run);
  if (row && row->summary.status == RunStatus::pending) report.status = RunStatus::pending;  // nobody has begun it
  return report;
}

void Runtime::on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) {
  if (log::enabled(log::Level::debug)) log_events(run, state, events, first_seq);
  log_spend_alerts(run, state, events);
  for (const auto& listener : listeners_) listener->on_events(run, state, events, first_seq);
  if (!is_final(state.status())) return;
  driven_.end(run);
  if (state.parent()) driven_.remove_child(*state.parent(), run);
}

/// Who wrote to the run while it was going to sleep found it owned and left the mail to its owner: that was us.
void Runtime::on_asleep(RunId run) {
  const DrivenRuns::Hold hold(driven_, run);
  driven_.end(run);
  const auto mail = store_->inbox(run);
  if (mail && !mail->empty()) take_if_free(run);
}

void Runtime::on_lost(RunId run, const Error& why) {
  for (const auto& listener : listeners_) listener->on_lost(run, why);
  driven_.end(run, why);
}

/// Other processes write to inboxes and breakers; this is how their words arrive.
void Runtime::watch() {
  auto seen = store_->change_counter();
  while (!stopping_) {
    driven_.pause(watch_every, stopping_);
    if (stopping_) return;
    const auto counter = store_->change_counter();
    if (driven_.active() == 0) look_at_queue();  // where everybody waits nothing changes any more
    if (counter == seen) continue;
    seen = counter;
    breakers_->refresh();
    look_at_queue();
    const auto runs = store_->runs_with_mail();
    if (!runs) continue;
    for (const auto& run : *runs) {
      shard_of(run).post([run](workflow::Engine& engine) { engine.check_mail(run); });
    }
  }
}

void Runtime::stop() {
  if (stopping_.exchange(true)) return;
  driven_.wake();
  if (watcher_.joinable()) watcher_.join();
  for (const auto& shard : shards_) shard->stop(drain_for);
  blocking_.reset();
  if (store_) store_->close();
  driven_.wake();
}

}  // namespace skein::runtime
