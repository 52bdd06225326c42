#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/agent.hpp"
#include "base/random.hpp"
#include "base/secrets.hpp"
#include "base/uuid.hpp"
#include "store/store.hpp"
#include "workflow/driver/agent_pool.hpp"
#include "workflow/driver/breaker_board.hpp"
#include "workflow/driver/call_runner.hpp"
#include "workflow/driver/spend_watch.hpp"
#include "workflow/event_codec.hpp"
#include "workflow/run_scope.hpp"
#include "workflow/run_state.hpp"

namespace skein::workflow {

/// Hears what has been committed, in order, on the engine's thread.
class EngineListener {
 public:
  virtual ~EngineListener() = default;
  /// `state` already holds everything that was folded, which may be more than `events`.
  virtual void on_events(RunId run, const RunState& state, std::span<const Event> events, std::uint64_t first_seq) = 0;
  /// The engine no longer drives the run: it belongs to somebody else, or the store refused (then it can be resumed later).
  virtual void on_lost(RunId run, const Error& why) = 0;
  /// The run was given up because it only waits; whoever claims it when it is due goes on.
  virtual void on_asleep(RunId run) = 0;
  /// A child was created. It belongs to this process, an engine of which goes on with `Engine::begin_child`; where its workflow limits
  /// concurrency it belongs to nobody and is to be claimed once it is not queued.
  virtual void on_child(RunId child, DefinitionPtr definition, Event created) = 0;
  /// Another run has got mail; whoever drives it looks at its inbox, and one that nobody drives is to be taken over.
  virtual void on_mail(RunId to) = 0;
  /// The next instant at which `Engine::tick` has something to do.
  virtual void on_next_due(std::optional<Instant> due) = 0;
};

struct EngineOptions {
  /// A run that only waits, for longer than this, is given up and leaves memory; whoever claims it when it is due goes on.
  /// Empty: runs are kept.
  std::optional<microseconds> sleep_after;
  /// A run that only people or signals can move is given up at once.
  bool sleep_for_others = false;
};

/// What an engine works with; all of it outlives the engine.
struct EngineServices {
  store::RunStore& store;
  store::CommitSink& sink;             ///< brings `Committed` back to the engine's thread, into `on_committed`
  const Clock& clock;
  Random& random;
  CallRunner& calls;
  BreakerBoard& breakers;
  EngineListener& listener;
  const OutsideValues& outside;
  const SecretValues& secrets;
  const agent::AgentKinds& kinds;
  agent::AgentServices agent_services;
};

struct DayCall;
struct MachineWork;

/// Drives runs: folds events, takes the offered actions, commits, and only then begins calls and tells listeners. Single-threaded and
/// without I/O of its own; everything that happens comes in through its members, so it runs as well under a virtual clock.
class Engine {
 public:
  using Acknowledge = std::function<void(Result<RunId>)>;

  Engine(EngineServices services, EngineOptions options);
  ~Engine();

  /// Creates a run and drives it. `inputs` have been checked. `acknowledge` is called once the run is durable, or refused.
  void create(RunId id, DefinitionPtr definition, JsonPtr inputs, Acknowledge acknowledge);
  enum class Adopted : std::uint8_t {
    driven,        ///< listeners hear of its end, which may have come already
    already_final  ///< nothing to do; released again, and listeners hear nothing
  };
  /// Goes on with a claimed run: reads its journal, repeats what was in flight. An error leaves the run unclaimed.
  [[nodiscard]] Result<Adopted> adopt(store::Claimed claimed, const DefinitionPtr& definition);
  /// Drives a child from its creation on, which was committed with its parent's attempt.
  void begin_child(RunId id, DefinitionPtr definition, const Event& created);
  /// Opens a claimed run that has ended again, to undo what it completed and has not undone, but for what is `left` to other runs. An
  /// error leaves the run unclaimed.
  [[nodiscard]] Result<void> compensate(store::Claimed claimed, const DefinitionPtr& definition, std::string reason,
                                        std::vector<LeftUndo> left = {});
  /// Reads the run's inbox.
  void check_mail(RunId run);

  void on_committed(std::vector<store::Committed> commits);
  void on_answer(CallId call, AgentResponse response);
  /// Fires what is due.
  void tick();

  [[nodiscard]] bool drives(RunId run) const { return by_id_.contains(run); }
  [[nodiscard]] std::size_t active_runs() const { return runs_.size(); }
  [[nodiscard]] const RunState* find(RunId run) const;
  /// Abandons every run where it stands: calls are cancelled, nothing is journaled, ownership is given up; they can be resumed.
  void abandon_all();

 private:
  struct ActiveRun;
  struct Outcome;
  struct Call;
  /// Whose answer a call brings: an attempt's, or that of a machine's call, by its number.
  struct CallPlace {
    std::uint64_t token = 0;
    Step step;
    std::uint32_t number = 0;          ///< 0: the attempt itself
  };

  // engine.cpp: life of a run, commits, time
  ActiveRun& add(std::unique_ptr<ActiveRun> run);
  [[nodiscard]] Result<std::unique_ptr<ActiveRun>> read_back(store::Claimed claimed, const DefinitionPtr& definition);
  void advance(ActiveRun& run);
  Result<store::Appending> append(ActiveRun& run);
  bool after_commit(ActiveRun& run);
  void refused(ActiveRun& run, const Error& why);
  void recommit(ActiveRun& run);
  void schedule(ActiveRun& run);
  void announce();
  void remove(ActiveRun& run);
  void release_births(ActiveRun& run);
  void lose(ActiveRun& run, const Error& why);
  [[nodiscard]] store::RunSummary summary_of(const ActiveRun& run) const;
  [[nodiscard]] static bool gives_up(const ActiveRun& run);
  [[nodiscard]] bool may_sleep(const ActiveRun& run) const;

  // engine_decisions.cpp: from what happened and what is offered to events
  std::vector<Event> collect(ActiveRun& run);
  void decide(ActiveRun& run, std::vector<Event>& events);
  void take(ActiveRun& run, const Action& action, std::vector<Event>& events);
  void fold(ActiveRun& run, EventBody body, std::vector<Event>& events);
  void fold_outcome(ActiveRun& run, Outcome outcome, std::vector<Event>& events);
  [[nodiscard]] RunFinished finish(ActiveRun& run, const FinishRun& action) const;

  // engine_expressions.cpp: what the workflow's expressions decide
  void start(ActiveRun& run, const Attempt& attempt, std::vector<Event>& events);
  void refuse_start(ActiveRun& run, const Attempt& attempt, const std::string& why, std::vector<Event>& events,
                    ErrorCode code = ErrorCode::expression_failed);
  void list_items(ActiveRun& run, TaskIndex task, std::vector<Event>& events);
  void choose_edge(ActiveRun& run, TaskIndex task, std::vector<Event>& events);
  void expire(ActiveRun& run, TaskIndex task, std::vector<Event>& events);

  // engine_waits.cpp: people, signals, and what others write to a run's inbox
  void fold_mail(ActiveRun& run, std::vector<Event>& events);
  void fold_message(ActiveRun& run, const store::InboxMessage& message, std::vector<Event>& events);
  void fold_answer(ActiveRun& run, const store::InboxMessage& message, const JsonObject& payload, std::vector<Event>& events);
  void fold_verdict(ActiveRun& run, TaskIndex task, const store::InboxMessage& message, const JsonObject& payload,
                    std::vector<Event>& events);
  void fold_word(ActiveRun& run, const JsonObject& payload, std::vector<Event>& events);
  void ask(ActiveRun& run, TaskIndex task, std::vector<Event>& events);
  void refuse_question(ActiveRun& run, TaskIndex task, const std::string& why, std::vector<Event>& events);
  void expire_question(ActiveRun& run, TaskIndex task, std::vector<Event>& events);
  void take_signal(ActiveRun& run, const Attempt& attempt, std::vector<Event>& events);
  // engine_children.cpp: runs that tasks begin, and the news between the two
  /// The places of concurrency keys that a run and whoever began it hold; null where there are none.
  [[nodiscard]] static Result<JsonPtr> held_by(const ActiveRun& run);
  /// `started` is told what of the budget the child may use.
  [[nodiscard]] Result<RunId> create_child(ActiveRun& run, agent::ChildRun child, AttemptStarted& started);
  void fold_end_of_child(ActiveRun& run, const JsonObject& payload, std::vector<Event>& events);
  void tell_family(ActiveRun& run, const EventBody& body);
  void introduce_children(ActiveRun& run);
  [[nodiscard]] Result<bool> holds(const ActiveRun& run, const Template& condition) const;

  // engine_calls.cpp: from committed starts to agents
  void begin(ActiveRun& run, const Attempt& attempt);
  void repeat(ActiveRun& run, const Attempt& attempt);
  void cancel_calls(ActiveRun& run, TaskIndex task);
  void drop_calls(ActiveRun& run);
  void end_call(const Call& call);
  // engine_machines.cpp: attempts that are many calls
  void begin_work(ActiveRun& run, const Attempt& attempt, agent::MachineAgent& agent, JsonPtr parameters, BreakerBoard::Ticket ticket);
  void perform(ActiveRun& run, Step step, std::uint32_t number);
  void repeat_calls(ActiveRun& run, MachineWork& work, std::vector<Event>& events);
  void move_machines(ActiveRun& run, std::vector<Event>& events);
  void move(ActiveRun& run, MachineWork& work, std::vector<Event>& events);
  [[nodiscard]] agent::SpendLimits left_today(const Definition& definition, const AgentDefinition& owner) const;
  [[nodiscard]] std::optional<DayCall> day_call(const ActiveRun& run, const MachineWork& work, std::uint32_t number) const;
  void watch_spending(ActiveRun& run, const MachineWork& work, const agent::Spend& used,
                      const std::pair<agent::Spend, agent::Spend>& before, std::vector<Emitted>& alerts);
  void on_machine_answer(ActiveRun& run, const CallPlace& place, AgentResponse response);
  void answer_question(ActiveRun& run, const Asking& asked, JsonObject word, std::vector<Event>& events);
  void cancel_work(ActiveRun& run, TaskIndex task);
  void drop_work(MachineWork& work);
  // engine_sessions.cpp: turns in conversations that go on over runs
  [[nodiscard]] Result<std::optional<store::SessionPoint>> session_of(ActiveRun& run, const Attempt& attempt);
  [[nodiscard]] Result<std::vector<Json>> said_earlier(const ActiveRun& run, const Attempt& attempt) const;
  void end_turn(ActiveRun& run, Outcome& outcome);
  [[nodiscard]] bool end_turns_again(ActiveRun& run);
  [[nodiscard]] AgentResponse fire(ActiveRun& run, const Attempt& attempt);
  [[nodiscard]] std::optional<agent::Wait> wait_of(ActiveRun& run, const Attempt& attempt);
  [[nodiscard]] Result<agent::Agent*> agent_for(ActiveRun& run, TaskIndex task);
  [[nodiscard]] Result<JsonPtr> parameters_of(ActiveRun& run, Step step) const;
  [[nodiscard]] AgentRequest request_for(const ActiveRun& run, const Attempt& attempt, const Json& parameters) const;

  EngineServices services_;
  EngineOptions options_;
  AgentPool agents_;
  SpendWatch spending_;
  std::unordered_map<std::uint64_t, std::unique_ptr<ActiveRun>> runs_;  ///< by token
  std::unordered_map<RunId, std::uint64_t> by_id_;
  std::unordered_map<CallId, CallPlace> calls_;
  std::set<std::pair<Instant, std::uint64_t>> due_;
  std::vector<Action> actions_;        ///< kept for its memory
  Instant now_{};                      ///< when `collect` began
  std::optional<Instant> announced_due_;
  std::uint64_t next_token_ = 1;
  CallId next_call_ = 1;
};

}  // namespace skein::workflow
