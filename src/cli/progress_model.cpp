#include "cli/progress_model.hpp"

#include <algorithm>
#include <type_traits>

#include "cli/screen_text.hpp"

namespace skein::cli {

RunProgress::RunProgress(RunId id, const workflow::Definition& definition) : id_(id), workflow_(definition.name) {
  tasks_.reserve(definition.tasks.size());
  for (const auto& task : definition.tasks) {
    TaskProgress progress;
    progress.name = task.name;
    progress.needs = task.depends_on;
    tasks_.push_back(std::move(progress));
  }
}

RunProgress::RunProgress(RunId id, const workflow::RunState& state) : RunProgress(id, state.definition()) {
  status_ = state.status();
  created_ = state.created();
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    const auto& from = state.tasks()[i];
    auto& to = tasks_[i];
    to.status = from.status;
    to.attempt = from.attempt;
    to.started = from.started;
    to.ended = from.ended;
    if (from.status == TaskStatus::retrying || from.status == TaskStatus::waiting) to.due = from.due;
    if (from.error) to.note = one_line(from.error->message);
    if (!from.skip_reason.empty()) to.note = one_line(from.skip_reason);
  }
}

void RunProgress::apply(const workflow::Event& event) {
  std::visit(
      [&]<class Body>(const Body& body) {
        using namespace workflow;
        if constexpr (std::is_same_v<Body, RunCreated>) {
          created_ = event.at;
          status_ = RunStatus::running;
        } else if constexpr (std::is_same_v<Body, AttemptStarted>) {
          auto& task = tasks_.at(body.attempt.task);
          task.status = body.wake_at ? TaskStatus::waiting : TaskStatus::running;
          task.attempt = body.attempt.attempt;
          task.started = event.at;
          task.due = body.wake_at;
        } else if constexpr (std::is_same_v<Body, TaskCompleted>) {
          auto& task = tasks_.at(body.attempt.task);
          task.status = TaskStatus::completed;
          task.ended = event.at;
          task.due.reset();
          task.note.clear();
        } else if constexpr (std::is_same_v<Body, AttemptFailed>) {
          auto& task = tasks_.at(body.attempt.task);
          task.status = TaskStatus::retrying;
          task.due = body.retry_at;
          task.note = one_line(body.error.message);
          ++retries_;
        } else if constexpr (std::is_same_v<Body, TaskFailed>) {
          auto& task = tasks_.at(body.attempt.task);
          task.status = TaskStatus::failed;
          task.ended = event.at;
          task.due.reset();
          task.note = one_line(body.error.message);
        } else if constexpr (std::is_same_v<Body, TaskSkipped>) {
          auto& task = tasks_.at(body.task);
          task.status = TaskStatus::skipped;
          task.note = one_line(body.reason);
        } else if constexpr (std::is_same_v<Body, TaskCancelled>) {
          auto& task = tasks_.at(body.task);
          task.status = TaskStatus::cancelled;
          task.ended = event.at;
          task.due.reset();
        } else if constexpr (std::is_same_v<Body, StopRequested>) {
          error_ = one_line(body.message);
        } else if constexpr (std::is_same_v<Body, RunFinished>) {
          status_ = body.status;
          finished_ = event.at;
          error_ = one_line(body.error);
        }
      },
      event.body);
}

void RunProgress::apply(const std::string& breaker, const resilience::BreakerTransition& transition) {
  std::erase_if(breakers_, [&](const auto& known) { return known.name == breaker; });
  if (transition.to == resilience::BreakerPhase::closed) return;
  breakers_.push_back({.name = breaker, .phase = transition.to, .since = transition.at});
}

}  // namespace skein::cli
