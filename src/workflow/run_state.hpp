#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "workflow/event.hpp"

namespace skein::workflow {

/// What has become of one task.
struct TaskState {
  TaskStatus status = TaskStatus::pending;
  std::uint32_t activation = 1;
  std::uint32_t attempt = 0;           ///< the latest that was started; 0 before the first
  std::uint32_t unmet = 0;             ///< dependencies that have not ended yet
  Instant started{};                   ///< of the latest attempt
  Instant ended{};
  Instant due{};                       ///< of its timer, while retrying or waiting
  JsonPtr result;                      ///< of a completed task
  JsonPtr metadata;
  std::shared_ptr<const Error> error;  ///< of the latest failure
  std::string skip_reason;
};

// -- what the machine wants done. Each is offered until the event that answers it is folded. ------------------------------

struct StartAttempt {
  Attempt attempt;
};                                     ///< answered by AttemptStarted
struct FireTimer {
  Attempt attempt;
};                                     ///< a waiting task's instant has come; answered by TaskCompleted or a failure
struct SkipTask {
  TaskIndex task = 0;
};                                     ///< answered by TaskSkipped
struct CancelTask {
  TaskIndex task = 0;
};                                     ///< answered by TaskCancelled
struct ExpireRun {};                   ///< the deadline has passed; answered by StopRequested
struct FinishRun {
  RunStatus status = RunStatus::completed;
  std::string error;
};                                     ///< answered by RunFinished; a failed output may turn `completed` into `failed`

using Action = std::variant<StartAttempt, FireTimer, SkipTask, CancelTask, ExpireRun, FinishRun>;

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
  /// Attempts that were started and not answered, in file order: what a new owner repeats. Costs the number of tasks.
  [[nodiscard]] std::vector<Attempt> in_flight() const;
  /// Attempts running now.
  [[nodiscard]] std::uint32_t running() const { return running_; }

  /// Why a task is offered to be skipped, in words.
  [[nodiscard]] std::string skip_reason(TaskIndex task) const;

  [[nodiscard]] const Definition& definition() const { return *definition_; }
  [[nodiscard]] const DefinitionPtr& definition_ptr() const { return definition_; }
  [[nodiscard]] const std::vector<TaskState>& tasks() const { return tasks_; }
  [[nodiscard]] const Json& inputs() const { return *inputs_; }
  [[nodiscard]] const JsonPtr& inputs_ptr() const { return inputs_; }
  [[nodiscard]] const JsonPtr& outputs() const { return outputs_; }
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] Instant created() const { return created_; }
  [[nodiscard]] Instant finished() const { return finished_; }
  [[nodiscard]] std::optional<Instant> deadline() const { return deadline_; }
  [[nodiscard]] std::uint32_t completed_tasks() const { return completed_; }
  [[nodiscard]] std::uint32_t failed_tasks() const { return failed_; }

 private:
  Result<void> fold(const RunCreated& event, Instant at);
  Result<void> fold(const RunResumed& event, Instant at);
  Result<void> fold(const AttemptStarted& event, Instant at);
  Result<void> fold(const TaskCompleted& event, Instant at);
  Result<void> fold(const AttemptFailed& event, Instant at);
  Result<void> fold(const TaskFailed& event, Instant at);
  Result<void> fold(const TaskSkipped& event, Instant at);
  Result<void> fold(const TaskCancelled& event, Instant at);
  Result<void> fold(const Emission& event, Instant at);
  Result<void> fold(const StopRequested& event, Instant at);
  Result<void> fold(const RunFinished& event, Instant at);

  /// The task an answered attempt belongs to, or why the event cannot be.
  Result<TaskState*> answered(const Attempt& attempt);
  void leave_active(TaskIndex index, TaskState& task);
  void satisfy_dependents(TaskIndex index);
  void block_dependents(TaskIndex index);
  void begin_stop();
  void update_status();
  [[nodiscard]] bool settled() const { return unfinished_ == 0; }
  [[nodiscard]] std::uint32_t room() const;
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
  std::optional<RunFinished> stop_;    ///< how the run will end, once it has begun to stop

  std::set<TaskIndex> ready_;          ///< may be started, subject to the cap
  std::set<TaskIndex> to_skip_;
  std::set<TaskIndex> to_cancel_;
  std::set<std::pair<Instant, TaskIndex>> timers_;
  std::uint32_t running_ = 0;          ///< attempts in flight
  std::uint32_t active_ = 0;           ///< running, retrying or waiting
  std::uint32_t unfinished_ = 0;
  std::uint32_t completed_ = 0;
  std::uint32_t failed_ = 0;
  std::uint32_t untolerated_ = 0;      ///< failed without continue_on_failure
  std::string first_failure_;
};

}  // namespace skein::workflow
