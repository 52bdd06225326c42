#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "agent/agent.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/secrets.hpp"
#include "base/uuid.hpp"
#include "runtime/driven_runs.hpp"
#include "runtime/run_report.hpp"
#include "runtime/secret_sources.hpp"
#include "runtime/thinking_services.hpp"
#include "store/store.hpp"
#include "workflow/definition.hpp"
#include "workflow/driver/breaker_board.hpp"
#include "workflow/driver/engine.hpp"
#include "workflow/replay.hpp"
#include "workflow/time_travel.hpp"

namespace skein::async {
class BlockingPool;
}

namespace skein::runtime {

class Shard;

enum class Durability : std::uint8_t { full, normal, memory };

struct RuntimeOptions {
  std::string store_path;              ///< of the SQLite file; empty: `default_store_path()`. Not used in memory
  Durability durability = Durability::full;
  unsigned shards = 1;                 ///< threads that drive runs
  /// See workflow::EngineOptions; set by workers.
  std::optional<microseconds> sleep_after;
  bool sleep_for_others = false;
  SecretSettings secrets = secret_settings_from_environment();
  ThinkingOptions thinking;
};

/// `$XDG_STATE_HOME/skein/skein.db`, or the same under `~/.local/state`.
[[nodiscard]] std::string default_store_path();

/// What is told of a run whose journal cannot be folded.
[[nodiscard]] Error damaged_journal(RunId run, const Error& why);

/// What a fork does otherwise.
struct ForkChanges {
  JsonObject set;                      ///< parameters of the task that it begins from
  JsonObject inputs;                   ///< those that differ
};

/// Hears committed events of every run this process drives, on the shard's thread, in order within a run. Must not block.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) = 0;
  virtual void on_lost(RunId /*run*/, const Error& /*why*/) {}
  virtual void on_breaker(const std::string& /*breaker*/, const resilience::BreakerTransition& /*transition*/) {}
  /// Whether it wants `on_output` now; asked before each call of a model, on the shard's thread. Models stream while anybody does.
  [[nodiscard]] virtual bool hears_output() const { return false; }
  /// A piece of what an agent says, as it comes. Ephemeral: a call that is repeated says everything again.
  virtual void on_output(const AgentRequest& /*request*/, const model::Delta& /*delta*/) {}
};

/// Which question of a task is meant: of which item of a `for_each`, and of which call of an agent. Without them the first.
struct QuestionPlace {
  std::optional<std::uint32_t> item = std::nullopt;
  std::optional<std::uint32_t> call = std::nullopt;
};

/// Wires a store, shards, agents and listeners into something that runs workflows. The one place that knows all parts.
/// Safe to use from any thread but the shards' own (listeners must not call back in).
class Runtime final : private workflow::EngineListener, private agent::OutputSink {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Runtime>> open(RuntimeOptions options);
  ~Runtime() override;

  // -- before the first run; tools at any time ----------------------------------------------------------------------------
  /// Adds or replaces an agent kind.
  void register_kind(std::string kind, agent::AgentFactory factory);
  void add_listener(std::shared_ptr<Listener> listener);
  /// Adds or replaces a tool that agents may call. Errors: invalid_argument for a bad name or schema.
  [[nodiscard]] Result<void> register_tool(tool::ToolPtr tool);

  // -- runs ---------------------------------------------------------------------------------------------------------------
  /// Creates a run and drives it here; returns once it is durable. `inputs` as `config::check_inputs` returned them.
  [[nodiscard]] Result<RunId> start(workflow::DefinitionPtr definition, JsonPtr inputs);
  [[nodiscard]] RunId new_run_id() const;
  /// As `start`, without waiting and under an id of the caller's; `acknowledge` is called on a shard's thread.
  void start(RunId id, workflow::DefinitionPtr definition, JsonPtr inputs, std::function<void(Result<RunId>)> acknowledge);
  /// Creates a run that nobody drives yet: a worker will, once it has its place among those of its concurrency key.
  [[nodiscard]] Result<RunId> enqueue(const workflow::DefinitionPtr& definition, const JsonPtr& inputs);
  /// Who drives a run that was made: this process at once, or whoever claims it.
  enum class Drive : std::uint8_t { here, later };
  /// A new run that keeps what completed of one that has ended, and does the rest again; with `from` also that task and all that follows
  /// from it. See workflow::travel. `conflict`: the run has not ended, nothing would be done again, or an earlier retry has kept work of it
  /// that can be undone.
  [[nodiscard]] Result<RunId> retry(RunId run, std::string_view from, Drive drive, const workflow::BudgetChanges& budget = {});
  /// A new run that goes another way from a task on. The old run may be under way; its journal counts as it stands.
  [[nodiscard]] Result<RunId> fork(RunId run, std::string_view from, const ForkChanges& changes, Drive drive);
  /// Takes over a run that no living process drives. A final run is left as it is; one whose tasks this process cannot do (see
  /// `can_drive`) is refused with `unsupported`.
  [[nodiscard]] Result<void> resume(RunId run);
  /// Asks the run's owner to cancel it; durable when it returns. A run without an owner is taken over and cancelled here.
  [[nodiscard]] Result<void> cancel(RunId run, std::string_view reason);
  /// Drives a run that has ended again, to undo what it completed and has not undone, but for what a retry of it has kept. `conflict` where
  /// there is nothing to undo.
  [[nodiscard]] Result<void> compensate(RunId run, std::string_view reason);
  /// Tells a run that a signal has come; durable when it returns, and kept until an attempt takes it. A run without an owner is taken
  /// over here.
  [[nodiscard]] Result<void> signal(RunId run, std::string_view name, const Json& payload);
  enum class Verdict : std::uint8_t { approve, reject };
  /// A person's answer to the question before a task or before a call of a tool. `set`: parameters, or arguments, that the person changed.
  [[nodiscard]] Result<void> answer(RunId run, std::string_view task, Verdict verdict, std::string_view by, std::string_view comment,
                                    const JsonObject& set, QuestionPlace which = {});
  /// A person's answer to what a task of kind `human` or an agent asks; to a question before a call of a tool it is all arguments. One that
  /// does not fit changes nothing.
  [[nodiscard]] Result<void> reply(RunId run, std::string_view task, QuestionPlace which, const Json& value, std::string_view by,
                                   std::string_view comment);
  /// Waits until the run has ended or this process no longer drives it; or until `stop_waiting` is true (looked at now and then).
  [[nodiscard]] Result<RunReport> wait(RunId run, const std::atomic<bool>* stop_waiting = nullptr);
  /// Any run of the store, folded from its journal.
  [[nodiscard]] Result<RunReport> report(RunId run) const;
  [[nodiscard]] Result<workflow::RunState> state(RunId run) const;
  /// A run's events, in order.
  [[nodiscard]] Result<void> each_event(RunId run, const std::function<void(const workflow::Event&)>& visit) const;
  /// Folds a journal again, up to event `to`, and checks it: an error names the first event that cannot be.
  [[nodiscard]] Result<workflow::Replay> replay(RunId run, std::optional<std::uint64_t> to = std::nullopt) const;
  [[nodiscard]] Result<workflow::DefinitionPtr> definition(std::string_view hash) const;

  /// An error that names the agent, if a task needs a kind or a tool that this program does not have and another one may register.
  [[nodiscard]] Result<void> can_drive(const workflow::Definition& definition) const;
  /// Takes up to `limit` runs that could go on and have no living owner; returns how many. Runs that this process cannot drive (their
  /// definition is not understood, or see `can_drive`) stay as they are for another one; a log line says so once a definition. Neither is
  /// a run tried again whose journal is damaged.
  [[nodiscard]] Result<std::size_t> claim_runnable(std::size_t limit);
  [[nodiscard]] std::size_t active_runs() const { return driven_.active(); }

  [[nodiscard]] store::RunStore& store() { return *store_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] std::vector<workflow::BreakerBoard::Status> breakers() const { return breakers_->list(); }
  [[nodiscard]] std::vector<std::string> kinds() const { return kinds_.names(); }
  [[nodiscard]] const tool::Registry& tools() const { return thinking_->tools(); }
  [[nodiscard]] SecretValues& known_secrets() { return known_secrets_; }

  /// Stops accepting, abandons what runs (it can be resumed), closes the store. Idempotent.
  void stop();

 private:
  explicit Runtime(RuntimeOptions options);
  /// Is given the definition and makes what each event is given to, which says whether to go on.
  using EventVisitor = std::function<std::function<Result<bool>(const workflow::Event&)>(const workflow::DefinitionPtr&)>;
  Result<workflow::DefinitionPtr> visit_events(RunId run, const EventVisitor& begin) const;
  Result<void> open_store();
  [[nodiscard]] Result<void> has_tools_of(const workflow::AgentDefinition& agent) const;
  Result<void> commit(store::Append append);
  Result<std::vector<workflow::LeftUndo>> undo_left_to_retries(RunId run, const workflow::Definition& definition) const;
  Result<void> may_keep(RunId run, const workflow::RunState& kept) const;
  Result<RunId> begin_departure(const workflow::DefinitionPtr& definition, workflow::Departure departure, Drive drive);
  Result<void> tell(RunId run, std::string_view kind, const JsonObject& payload);
  void on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) override;
  void on_lost(RunId run, const Error& why) override;
  void on_asleep(RunId run) override;
  void on_child(RunId child, workflow::DefinitionPtr definition, workflow::Event created) override;
  void on_mail(RunId to) override;
  void on_next_due(std::optional<Instant>) override {}
  [[nodiscard]] bool listens() const override;
  void on_output(const AgentRequest& request, const model::Delta& delta) override;
  [[nodiscard]] Result<RunId> create(RunId id, const workflow::DefinitionPtr& definition, const JsonPtr& inputs);
  /// Drives a run once it has its place.
  [[nodiscard]] Result<void> drive_in_turn(RunId run);
  void look_at_queue();
  /// Whether nothing more is to be expected here of a run that stands in the book as expected.
  [[nodiscard]] bool turn_is_over(RunId run);
  /// Nobody alive drives a run on whose end its turn may depend.
  [[nodiscard]] bool waits_in_vain(RunId run);
  void take_if_free(RunId run);
  void watch();
  Shard& shard_of(RunId run);
  /// What becomes of the runs that an adopted one began and waits for.
  enum class Children : std::uint8_t { left, taken_up };
  Result<void> adopt(store::Claimed claimed, std::string_view definition_hash, Children children = Children::taken_up);
  void take_up_children(RunId parent, const workflow::RunState& state);
  void take_up_child(RunId parent, RunId child);
  /// Whether this process leaves runs of this claim's definition alone from now on; if so the claim is given back.
  bool set_aside(const store::Claimed& claimed, const store::RunRow& row);

  RuntimeOptions options_;
  SystemClock clock_;
  SecretValues known_secrets_;
  SecretSources secrets_;
  agent::AgentKinds kinds_;
  std::unique_ptr<store::RunStore> store_;
  std::unique_ptr<workflow::BreakerBoard> breakers_;
  std::unique_ptr<async::BlockingPool> blocking_;
  std::unique_ptr<ThinkingServices> thinking_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::mutex left_mutex_;
  std::unordered_map<RunId, BootInstant> left_since_;  ///< runs whose turn does not come as long as nobody drives others
  mutable std::mutex definitions_mutex_;
  mutable std::map<std::string, workflow::DefinitionPtr, std::less<>> definitions_;
  std::mutex left_alone_mutex_;
  store::LeftAlone left_alone_;  ///< what this process could not drive and does not claim again; under its mutex

  DrivenRuns driven_;
  std::atomic<bool> stopping_{false};

  std::vector<std::unique_ptr<Shard>> shards_;
  std::thread watcher_;
};

}  // namespace skein::runtime
