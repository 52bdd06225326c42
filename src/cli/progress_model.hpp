#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <skein/status.hpp>

#include "base/clock.hpp"
#include "base/uuid.hpp"
#include "model/exchange.hpp"
#include "resilience/circuit_breaker.hpp"
#include "workflow/run_state.hpp"

namespace skein::cli {

/// What a watcher wants to know of one task.
struct TaskProgress {
  std::string name;
  TaskStatus status = TaskStatus::pending;
  std::uint32_t activation = 1;      ///< which entry into it, where edges lead to it
  std::uint32_t attempt = 0;
  std::optional<std::uint32_t> items;  ///< of a for_each that began
  std::uint32_t items_ended = 0;
  std::uint32_t items_failed = 0;
  Instant started{};                 ///< of the latest attempt
  Instant ended{};
  std::optional<Instant> due;        ///< of its timer, while retrying or waiting
  std::string note;                  ///< why the latest attempt failed, or why it was skipped; one line
  std::string saying;                ///< the end of what a model is saying to it just now; one line
  std::vector<std::uint32_t> needs;  ///< indexes of tasks
};

struct BreakerProgress {
  std::string name;
  resilience::BreakerPhase phase = resilience::BreakerPhase::closed;
  Instant since{};
};

/// One run as it is shown while it goes on: a fold over its events.
class RunProgress {
 public:
  RunProgress(RunId id, const workflow::Definition& definition);
  /// As far as `state` is; later events may be applied again, which changes nothing.
  RunProgress(RunId id, const workflow::RunState& state);

  void apply(const workflow::Event& event);
  void apply(const std::string& breaker, const resilience::BreakerTransition& transition);
  /// A piece of what a model says.
  void hear(std::string_view task, model::Delta::Kind kind, std::string_view text);

  [[nodiscard]] RunId id() const { return id_; }
  [[nodiscard]] const std::string& workflow() const { return workflow_; }
  [[nodiscard]] RunStatus status() const { return status_; }
  [[nodiscard]] Instant created() const { return created_; }
  [[nodiscard]] std::optional<Instant> finished() const { return finished_; }
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::uint32_t retries() const { return retries_; }
  /// What its calls of models and tools have cost, those that were answered.
  [[nodiscard]] const agent::Spend& spent() const { return spent_; }
  [[nodiscard]] const std::vector<TaskProgress>& tasks() const { return tasks_; }
  /// Those that are not closed.
  [[nodiscard]] const std::vector<BreakerProgress>& breakers() const { return breakers_; }

 private:
  struct UndoLine {
    TaskProgress line;
    workflow::TaskIndex undoes = 0;
    std::optional<std::size_t> place;  ///< in `tasks_`, once it has begun
  };
  [[nodiscard]] TaskProgress& line_of(workflow::TaskIndex task);
  void undone(const workflow::Attempt& attempt);

  RunId id_;
  std::string workflow_;
  RunStatus status_ = RunStatus::pending;
  Instant created_{};
  std::optional<Instant> finished_;
  std::string error_;
  std::uint32_t retries_ = 0;
  agent::Spend spent_;
  std::vector<TaskProgress> tasks_;    ///< after those of the file the undo steps that have begun
  std::vector<UndoLine> undos_;
  std::size_t shown_undos_ = 0;
  std::vector<BreakerProgress> breakers_;
};

}  // namespace skein::cli
