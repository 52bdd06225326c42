#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "workflow/event.hpp"

namespace skein::workflow {

/// What has become of one step: a task that runs by itself, or one item of a `for_each`.
struct StepState {
  TaskStatus status = TaskStatus::pending;
  std::uint32_t attempt = 0;           ///< the latest that was started; 0 before the first
  Instant started{};                   ///< of the latest attempt
  Instant ended{};
  Instant due{};                       ///< of its timer, while retrying or waiting; the epoch where it has none
  JsonPtr result;                      ///< of the latest completion
  JsonPtr metadata;
  std::shared_ptr<const Error> error;  ///< of the latest failure, until it completes
};

/// What has become of one task, in its latest activation.
struct TaskState : StepState {
  std::uint32_t activation = 1;        ///< 0 while no edge has led to a task that edges enter
  std::uint32_t queued = 0;            ///< entries by edges that wait for the activation under way
  std::uint32_t unmet = 0;             ///< dependencies that have not ended yet
  bool approved = false;               ///< a person said yes to this activation
  bool blocks = false;                 ///< it ended so that what depends on it cannot run
  Instant begun{};                     ///< the first attempt of this activation, or the listing of its items
  Instant deadline{};                  ///< of this activation, where the task has one
  std::string skip_reason;
};

/// The items of a task with a `for_each`, while it runs.
struct FanOut {
  JsonPtr list;                        ///< an array
  std::vector<StepState> items;
  std::uint32_t next = 0;              ///< the first that was not started; items start in order
  std::uint32_t active = 0;            ///< started and not ended
  std::uint32_t unfinished = 0;
  std::uint32_t failed = 0;
  std::uint32_t first_failed = no_item;
};

/// What an attempt has called, through all attempts of its activation.
struct CallRecord {
  agent::CallKind kind = agent::CallKind::model;
  std::uint32_t attempt = 1;           ///< that began it
  JsonPtr request;
  JsonPtr answer;                      ///< null while there is none
  agent::Spend reserved;
  std::uint32_t times = 1;             ///< that it was begun; more where an owner died
};

/// The calls of one activation.
struct Calls {
  std::vector<CallRecord> records;
  std::uint32_t open = 0;              ///< of models and tools, not answered
  std::uint32_t open_questions = 0;    ///< of people, not answered
};

/// A person is asked: by a step itself, or by a call of it.
struct Asking {
  Step step;
  std::uint32_t call = 0;              ///< its number; 0: the step itself asks
  JsonPtr question;
};

/// A question to a person that has not been answered.
struct Question {
  std::string message;
  JsonPtr parameters;
  Instant asked{};
  std::optional<Instant> due;
};

/// How one activation of a task in a graph ended.
struct ActivationRecord {
  std::uint32_t activation = 1;
  TaskStatus status = TaskStatus::completed;
  JsonPtr result;
  std::shared_ptr<const Error> error;
};

/// A completed activation that has a step to undo it.
struct Undoable {
  TaskIndex task = 0;                  ///< the task, not its undo step
  std::uint32_t activation = 1;
  /// `left`: it belongs to another run, which keeps it.
  enum class Status : std::uint8_t { open, undone, failed, left } status = Status::open;

  /// It can still be undone here.
  [[nodiscard]] bool remains() const { return status == Status::open || status == Status::failed; }
};

// -- what the machine wants done. Each is offered until the event that answers it is folded. ------------------------------

struct StartAttempt {
  Attempt attempt;
};                                     ///< answered by AttemptStarted; by TaskSkipped where the task's condition is false
struct FireTimer {
  Attempt attempt;
};                                     ///< a waiting task's instant has come; answered by TaskCompleted or a failure
struct SkipTask {
  TaskIndex task = 0;
};                                     ///< answered by TaskSkipped
struct CancelTask {
  TaskIndex task = 0;
};                                     ///< answered by TaskCancelled
struct TakeSignal {
  Attempt attempt;
};                                     ///< a signal it waits for is there; answered by SignalTaken and the attempt's end
struct AskApproval {
  TaskIndex task = 0;
};                                     ///< answered by ApprovalRequested, TaskSkipped, or a failure
struct ExpireApproval {
  TaskIndex task = 0;
};                                     ///< nobody answered in time; answered by ApprovalGiven or ApprovalRejected
struct ListItems {
  TaskIndex task = 0;
};                                     ///< answered by ItemsListed, ItemsEnded with an error, or TaskSkipped
struct EndItems {
  TaskIndex task = 0;
};                                     ///< no item is left to wait for; answered by ItemsEnded with `items_failure`
struct ChooseEdge {
  TaskIndex task = 0;
};                                     ///< answered by EdgeTaken or StopRequested
struct ExpireTask {
  TaskIndex task = 0;
};                                     ///< its deadline has passed; answered by TaskFailed or ItemsEnded
struct StartCompensation {
  std::string reason;
};                                     ///< the run has failed and undoes what it did; answered by CompensationStarted
struct ExpireRun {};                   ///< the deadline has passed; answered by StopRequested
struct FinishRun {
  RunStatus status = RunStatus::completed;
  std::string error;
};                                     ///< answered by RunFinished; a failed output may turn `completed` into `failed`

using Action = std::variant<StartAttempt, FireTimer, SkipTask, CancelTask, ListItems, EndItems, ChooseEdge, TakeSignal, AskApproval,
                            ExpireApproval, ExpireTask, StartCompensation, ExpireRun, FinishRun>;

/// One run as a pure state machine: a fold over its events, and what should happen next. Holds no clock and does no I/O; copies are
/// independent. Costs of `apply` and `next_actions` follow what they change and return, not the size of the run.
class RunState {
 public:
  explicit RunState(DefinitionPtr definition);

  /// Folds one event. An event that cannot follow from what was folded before is refused and changes nothing.
  [[nodiscard]] Result<void> apply(const Event& event);
  /// Everything that can be done at `now`, appended to `out`: first what is due, by instant, then what is ready, in file order.
  void next_actions(Instant now, std::vector<Action>& out) const;

  [[nodiscard]] RunStatus status() const { return status_; }
  /// It will end without the tasks that have not ended yet.
  [[nodiscard]] bool stopping() const { return stop_.has_value(); }
  /// The earliest instant after `now` at which `next_actions` might offer more without any event.
  [[nodiscard]] std::optional<Instant> next_due(Instant now) const;
  /// Attempts that were started and not answered, in file order: what a new owner repeats, those included that wait for people who were
  /// asked by their calls. Costs the number of tasks.
  [[nodiscard]] std::vector<Attempt> in_flight() const;
  /// Attempts running now.
  [[nodiscard]] std::uint32_t running() const { return running_; }

  /// Why a task is offered to be skipped, in words; empty where it is not.
  [[nodiscard]] std::string skip_reason(TaskIndex task) const;
  /// Why a task whose items are over has failed; empty where it has not.
  [[nodiscard]] std::optional<Error> items_failure(TaskIndex task) const;
  /// Whether an edge has fired as often as it may.
  [[nodiscard]] bool exhausted(EdgeIndex edge) const;
  [[nodiscard]] std::uint32_t fired(EdgeIndex edge) const { return fired_[edge]; }

  /// The question that a task waits for; null where it waits for none.
  [[nodiscard]] const Question* question(TaskIndex task) const;
  /// The parameters that differ from the definition's, because the run was made so or a person changed them; null where none do.
  [[nodiscard]] const JsonPtr& edits(TaskIndex task) const;
  /// The signal that a step waits for; empty where it waits for none.
  [[nodiscard]] std::string_view awaited_signal(Step step) const;
  /// What a step asks a person; null where it asks nothing.
  [[nodiscard]] JsonPtr asked(Step step) const;
  /// What a task asks people and was not answered: by its steps in order, then by their calls.
  [[nodiscard]] std::vector<Asking> asking(TaskIndex task) const;
  /// A running attempt that has called nothing but people: its status is `waiting` until one of them answers.
  [[nodiscard]] bool waits_in_calls(Step step) const;
  /// What a step has called in this activation, in the order of beginning; kept until the activation ends.
  [[nodiscard]] std::span<const CallRecord> calls(Step step) const;
  /// Where the session of a step stood when this activation began; null where it has none, and once the activation has ended.
  [[nodiscard]] const store::SessionPoint* session(Step step) const;
  /// Whether any step waits for a signal of that name.
  [[nodiscard]] bool listens_to(std::string_view signal) const { return listeners_.contains(signal); }
  /// The runs that steps of a task began and wait for.
  [[nodiscard]] std::vector<RunId> awaited_children(TaskIndex task) const;
  /// The payload of the oldest signal of a name that nobody has taken; null where there is none.
  [[nodiscard]] JsonPtr next_signal(std::string_view name) const;
  /// It waits for people or signals and for nothing else; for how long at most, `next_due` says.
  [[nodiscard]] bool waits_for_others() const;

  /// What could be undone or has been, in the order in which it was done.
  [[nodiscard]] const std::vector<Undoable>& undoable() const { return undoable_; }
  /// It undoes what it did.
  [[nodiscard]] bool compensating() const { return compensating_; }

  /// Null where the step does not exist.
  [[nodiscard]] const StepState* find_step(Step step) const;
  /// The items of a task with a `for_each` that runs now; null otherwise.
  [[nodiscard]] const FanOut* fan_out(TaskIndex task) const;
  /// The activations of a task in a graph that have ended; kept where an expression of the definition may ask for them.
  [[nodiscard]] std::span<const ActivationRecord> activations(TaskIndex task) const;

  [[nodiscard]] const Definition& definition() const { return *definition_; }
  [[nodiscard]] const DefinitionPtr& definition_ptr() const { return definition_; }
  [[nodiscard]] const std::vector<TaskState>& tasks() const { return tasks_; }
  [[nodiscard]] const Json& inputs() const { return *inputs_; }
  [[nodiscard]] const JsonPtr& inputs_ptr() const { return inputs_; }
  [[nodiscard]] const JsonPtr& outputs() const { return outputs_; }
  [[nodiscard]] const std::string& error() const { return error_; }
  /// The run that this one was made from.
  [[nodiscard]] const Boxed<Origin>& origin() const { return origin_; }
  [[nodiscard]] Instant created() const { return created_; }
  [[nodiscard]] Instant finished() const { return finished_; }
  [[nodiscard]] std::optional<Instant> deadline() const { return deadline_; }
  /// Why no attempt may begin at `now`, in words; empty where one may. `calls`: it calls an agent, or runs another workflow.
  [[nodiscard]] std::string over_budget(Instant now, bool calls) const;
  /// What is left of the attempts of its budget; empty where that has none.
  [[nodiscard]] std::optional<std::uint32_t> attempts_left() const;
  /// Calls of agents that have begun, and those that inner workflows reserved or used.
  [[nodiscard]] std::uint32_t attempts_used() const { return attempts_used_; }
  /// What calls of models and tools have cost, those under way at their worst.
  [[nodiscard]] const agent::Spend& spent() const { return spent_; }
  [[nodiscard]] agent::Spend spent_by(AgentIndex agent) const;
  /// What calls of its own that were answered have cost: of an agent, or of all.
  [[nodiscard]] const agent::Spend& paid() const { return paid_; }
  [[nodiscard]] agent::Spend paid_by(AgentIndex agent) const;
  /// What all its calls may cost.
  [[nodiscard]] const agent::SpendLimits& spend_limits() const { return limits_; }
  /// What an agent may spend in this run.
  [[nodiscard]] const agent::SpendLimits& limits_of(AgentIndex agent) const;
  /// What the run's budget leaves for calls of models and tools, and what is left for the calls of a task.
  [[nodiscard]] agent::SpendLimits spend_left() const { return agent::left_of(limits_, spent_); }
  [[nodiscard]] agent::SpendLimits spend_left(TaskIndex task) const;
  /// Until when anything may begin; empty: always.
  [[nodiscard]] std::optional<Instant> until() const { return until_; }
  /// The run that began this one and waits for its end.
  [[nodiscard]] const std::optional<RunId>& parent() const { return parent_; }
  /// The places of concurrency keys that its parent and whoever began that hold, as a list of texts; null where there are none.
  [[nodiscard]] const JsonPtr& held() const { return held_; }
  [[nodiscard]] std::uint32_t completed_tasks() const { return completed_; }
  [[nodiscard]] std::uint32_t failed_tasks() const { return failed_; }

 private:
  Result<void> fold(const RunCreated& event, Instant at);
  Result<void> take_changes(const RunCreated& event);
  Result<void> fold(const RunResumed& event, Instant at);
  Result<void> fold(const AttemptStarted& event, Instant at);
  Result<void> fold(const CallStarted& event, Instant at);
  Result<void> fold_repeat(const CallStarted& event, Calls& calls);
  Result<void> fold(const CallEnded& event, Instant at);
  Result<void> fold(const TaskCompleted& event, Instant at);
  Result<void> fold(const AttemptFailed& event, Instant at);
  Result<void> fold(const TaskFailed& event, Instant at);
  Result<void> fold(const TaskSkipped& event, Instant at);
  Result<void> fold(const TaskCancelled& event, Instant at);
  Result<void> fold(const SignalReceived& event, Instant at);
  Result<void> fold(const SignalTaken& event, Instant at);
  Result<void> fold(const ApprovalRequested& event, Instant at);
  Result<void> fold(const ApprovalGiven& event, Instant at);
  Result<void> fold(const ApprovalRejected& event, Instant at);
  Result<void> fold(const ItemsListed& event, Instant at);
  Result<void> fold(const ItemsEnded& event, Instant at);
  Result<void> fold(const EdgeTaken& event, Instant at);
  Result<void> fold(const Emission& event, Instant at);
  Result<void> fold(const StopRequested& event, Instant at);
  Result<void> fold(const CompensationStarted& event, Instant at);
  Result<void> fold(const RunFinished& event, Instant at);

  // run_state_steps.cpp: attempts, items
  struct GraphState {
    std::uint32_t open = 0;            ///< entries that have not come to their end
    bool closed = false;               ///< it is quiet, or the run stops
    bool failed = false;               ///< one of its ways ended by a failure
  };
  StepState* step_of(Step step);
  /// The step an answered attempt belongs to, or why the event cannot be.
  Result<StepState*> answered(const Attempt& attempt);
  void leave_timer_or_flight(Step step, const StepState& state);
  void begin_activation(TaskIndex index, Instant at);
  void item_ended(const Attempt& attempt);
  Result<void> never_began(const TaskFailed& event, Instant at);

  // run_state_calls.cpp: what running attempts call
  /// The calls of a running attempt, or why the event cannot be.
  Result<Calls*> calls_of(const Attempt& attempt);
  /// It waits, or runs, by what its calls wait for.
  void settle_waiting(Step step, const Calls& calls);
  void forget_calls(TaskIndex task);
  void forget_calls(Step step);

  // run_state_budget.cpp
  void charge(const AttemptStarted& event);
  void settle_reservation(const SignalReceived& event);
  void abandon_items(TaskIndex index);
  void complete(TaskIndex index, Instant at);
  void fail_task(TaskIndex index, const Error& error, Instant at);
  [[nodiscard]] std::uint32_t startable_items(TaskIndex index, const FanOut& fan_out) const;
  [[nodiscard]] bool items_over(TaskIndex index, const FanOut& fan_out) const;

  // run_state_waits.cpp: people and signals
  void listen(Step step, const std::string& signal);
  void stop_listening(Step step);
  [[nodiscard]] bool asks(TaskIndex task, std::uint32_t activation) const;

  // run_state_graph.cpp: what follows from an end
  void conclude(TaskIndex index, bool blocks);
  void enter(TaskIndex index);
  void activate(TaskIndex index);
  void next_entry(TaskIndex index);
  void entry_ended(GraphIndex graph);
  void close_graph(GraphIndex graph);
  void release_dependents(TaskIndex index);
  void begin_stop();

  // run_state_undo.cpp: undo steps, newest first
  [[nodiscard]] bool is_undo(TaskIndex task) const { return definition_->tasks[task].undoes.has_value(); }
  [[nodiscard]] Undoable* next_undo();
  [[nodiscard]] const Undoable* next_undo() const;
  void offer_undo(Instant now, std::vector<Action>& out) const;
  Result<void> start_undo(const Attempt& attempt);
  void undo_ended(TaskIndex undo, Undoable::Status status);
  [[nodiscard]] std::string what_was_not_undone() const;

  void offer_items(std::uint32_t& left, std::vector<Action>& out) const;
  void update_status();
  [[nodiscard]] bool settled() const { return unfinished_ == 0; }
  [[nodiscard]] std::uint32_t room() const;
  void offer_end(Instant now, std::vector<Action>& out) const;
  [[nodiscard]] FinishRun outcome() const;

  DefinitionPtr definition_;
  RunStatus status_ = RunStatus::pending;
  std::vector<TaskState> tasks_;
  JsonPtr inputs_;
  JsonPtr outputs_;
  std::string error_;
  Instant created_{};
  Instant finished_{};
  std::optional<Instant> deadline_;
  std::optional<RunId> parent_;
  JsonPtr held_;
  std::optional<Instant> until_;
  std::optional<std::uint32_t> attempts_;
  std::uint32_t attempts_used_ = 0;
  /// What a child may use until it ends.
  struct Reservation {
    std::uint32_t attempts = 0;
    agent::Spend spend;
  };
  std::map<std::string, Reservation, std::less<>> reserved_;  ///< by the signal of a child's end
  agent::SpendLimits limits_;
  agent::Spend spent_;
  std::map<AgentIndex, agent::Spend> spent_by_;
  agent::Spend paid_;
  std::map<AgentIndex, agent::Spend> paid_by_;
  std::map<AgentIndex, agent::SpendLimits> agent_limits_;  ///< that differ from the definition's
  Boxed<Origin> origin_;
  std::uint64_t foreign_ = 0;          ///< so many events to come tell of work that is not undone here
  std::optional<RunFinished> stop_;    ///< how the run will end, once it has begun to stop

  std::set<TaskIndex> ready_;          ///< may be started, subject to the cap
  std::set<TaskIndex> to_skip_;
  std::set<TaskIndex> to_cancel_;
  std::set<TaskIndex> choosing_;       ///< ended, and an edge is to be chosen
  std::set<std::pair<Instant, Step>> timers_;
  std::set<std::pair<Instant, TaskIndex>> deadlines_;
  std::map<TaskIndex, FanOut> fan_outs_;
  std::map<TaskIndex, Question> questions_;
  std::map<TaskIndex, JsonPtr> edits_;    ///< of this activation
  std::map<TaskIndex, JsonPtr> changes_;  ///< of every activation, since the run was made
  std::map<std::string, std::deque<JsonPtr>, std::less<>> signals_;     ///< that nobody has taken, oldest first
  std::map<std::string, std::set<Step>, std::less<>> listeners_;
  std::map<Step, std::string> listens_to_;
  std::map<Step, JsonPtr> asked_;      ///< of steps that wait for a person's answer
  std::map<Step, Calls> calls_;        ///< of activations under way
  std::map<Step, store::SessionPoint> sessions_;   ///< likewise
  std::map<TaskIndex, std::vector<ActivationRecord>> activations_;
  std::vector<GraphState> graphs_;
  std::vector<std::uint32_t> fired_;   ///< of each edge, how often
  std::vector<Undoable> undoable_;
  std::optional<TaskIndex> undoing_;   ///< the undo step under way
  bool compensating_ = false;
  bool undo_stopped_ = false;          ///< nothing more is to be undone
  std::uint32_t running_ = 0;          ///< attempts in flight
  std::uint32_t active_ = 0;           ///< tasks that began and have not ended
  std::uint32_t unfinished_ = 0;
  std::uint32_t completed_ = 0;
  std::uint32_t failed_ = 0;
  std::uint32_t untolerated_ = 0;      ///< failed without continue_on_failure
  std::string first_failure_;
};

}  // namespace skein::workflow
