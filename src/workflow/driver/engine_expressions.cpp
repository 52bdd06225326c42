#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "workflow/driver/active_run.hpp"

// What the expressions of a workflow decide: conditions, lists, edges; and the end that a deadline brings. Each decision becomes an event,
// so that it is made once.
namespace skein::workflow {
namespace {

constexpr std::size_t most_text = 60;

Error failure(ErrorCode code, std::string message) {
  return Error{.code = code, .message = std::move(message), .context = {}, .retryable = false, .retry_after = {}};
}

}  // namespace

Result<bool> Engine::holds(const ActiveRun& run, const Template& condition) const {
  const RunScope scope(run.state, run.id_text, nullptr);
  const auto value = condition.render(scope);
  if (!value) return std::unexpected(value.error());
  if (const auto* flag = (*value)->if_bool()) return *flag;
  return fail(ErrorCode::expression_failed,
              fmt::format("a condition must be true or false, not {}; compare it with something", shorten(to_json(**value), most_text)));
}

/// An attempt that fails as it starts: what it needs cannot be computed.
void Engine::refuse_start(ActiveRun& run, const Attempt& attempt, const std::string& why, std::vector<Event>& events, ErrorCode code) {
  fold(run, AttemptStarted{.attempt = attempt, .wake_at = std::nullopt, .signal = {}}, events);
  auto error = failure(code, services_.secrets.redact(why));
  fold(run, TaskFailed{.attempt = attempt, .error = std::move(error), .duration = {}}, events);
}

/// Starts an attempt, or skips the task where its condition says so.
void Engine::start(ActiveRun& run, const Attempt& attempt, std::vector<Event>& events) {
  const auto& task = run.state.definition().tasks[attempt.task];
  if (task.when && attempt.attempt == 1 && attempt.item == no_item && !run.state.tasks()[attempt.task].approved) {
    const auto wanted = holds(run, *task.when);
    if (!wanted) {
      return refuse_start(run, attempt, "when: " + wanted.error().message, events);
    }
    if (!*wanted) {
      fold(run, TaskSkipped{.task = attempt.task, .reason = "its condition is false"}, events);
      return;
    }
  }
  AttemptStarted started{.attempt = attempt, .wake_at = std::nullopt, .signal = {}};
  auto wait = wait_of(run, attempt);
  if (!task.undoes) {
    if (auto over = run.state.over_budget(now_, !wait || wait->child); !over.empty()) {
      auto failed = attempt;
      --failed.attempt;  // none begins
      const auto* step = run.state.find_step(attempt.step());
      const auto duration = failed.attempt > 0 ? now_ - step->started : microseconds{};
      fold(run, TaskFailed{.attempt = failed, .error = failure(ErrorCode::budget_exceeded, std::move(over)), .duration = duration}, events);
      return;
    }
  }
  if (wait) {
    started.wake_at = wait->until;
    started.signal = std::move(wait->signal);
    if (wait->question) {
      Json question = *wait->question;
      services_.secrets.redact(question);
      started.question = std::make_shared<const Json>(std::move(question));
      started.signal = signal_of_answer(task.name, attempt.item);
    }
    if (wait->child) {
      const auto child = create_child(run, std::move(*wait->child), started);
      if (!child) return refuse_start(run, attempt, child.error().message, events, child.error().code);
      started.child = *child;
      started.signal = signal_of_end(*child);
    }
  }
  if (attempt.attempt == 1) {
    auto session = session_of(run, attempt);
    if (!session) return refuse_start(run, attempt, session.error().message, events, session.error().code);
    if (*session) started.session = std::move(**session);
  }
  fold(run, std::move(started), events);
}

void Engine::list_items(ActiveRun& run, TaskIndex index, std::vector<Event>& events) {
  const auto& task = run.state.definition().tasks[index];
  const auto activation = run.state.tasks()[index].activation;
  const auto cannot = [&](const std::string& message) {
    auto error = failure(ErrorCode::expression_failed, services_.secrets.redact(message));
    fold(run, ItemsEnded{.task = index, .activation = activation, .error = std::move(error), .duration = {}}, events);
  };
  if (task.when && !run.state.tasks()[index].approved) {
    const auto wanted = holds(run, *task.when);
    if (!wanted) return cannot("when: " + wanted.error().message);
    if (!*wanted) return fold(run, TaskSkipped{.task = index, .reason = "its condition is false"}, events);
  }
  const RunScope scope(run.state, run.id_text, nullptr);
  auto list = task.for_each->render(scope);
  if (!list) return cannot("for_each: " + list.error().message);
  if (!(*list)->is_array()) {
    return cannot(fmt::format("for_each: a list is needed, not {}; collect the values with [ … ]", shorten(to_json(**list), most_text)));
  }
  fold(run, ItemsListed{.task = index, .activation = activation, .items = std::move(*list)}, events);
}

void Engine::choose_edge(ActiveRun& run, TaskIndex index, std::vector<Event>& events) {
  const auto& definition = run.state.definition();
  const auto& task = definition.tasks[index];
  const auto target = [&](EdgeIndex edge) -> std::string_view {
    const auto& to = definition.edges[edge].to;
    return to ? std::string_view(definition.tasks[*to].name) : "end";
  };
  const auto stop = [&](std::string message) {
    fold(run, StopRequested{.reason = StopReason::failed, .message = services_.secrets.redact(message)}, events);
  };
  std::optional<EdgeIndex> spent;
  for (const auto edge : task.edges) {
    const auto& condition = definition.edges[edge].when;
    const auto wanted = condition ? holds(run, *condition) : Result<bool>(true);
    if (!wanted) return stop(fmt::format("Edge from '{}' to '{}' failed: {}", task.name, target(edge), wanted.error().message));
    if (!*wanted) continue;
    if (!run.state.exhausted(edge)) {
      return fold(run, EdgeTaken{.task = index, .activation = run.state.tasks()[index].activation, .edge = edge}, events);
    }
    if (!spent) spent = edge;
  }
  if (spent) {
    return stop(
        fmt::format("Loop limit reached: the edge from '{}' to '{}' has fired {} times (its max_iterations) and no other edge leads on",
                    task.name, target(*spent), run.state.fired(*spent)));
  }
  fold(run, EdgeTaken{.task = index, .activation = run.state.tasks()[index].activation, .edge = std::nullopt}, events);
}

/// Ends a task whose deadline has passed, whatever it is doing.
void Engine::expire(ActiveRun& run, TaskIndex index, std::vector<Event>& events) {
  const auto& task = run.state.tasks()[index];
  const auto& definition = run.state.definition().tasks[index];
  auto error = failure(ErrorCode::timeout, fmt::format("Task deadline exceeded: it took longer than {}",
                                                       human_duration(definition.deadline.value_or(microseconds{}))));
  if (run.state.fan_out(index) != nullptr) {
    fold(run, ItemsEnded{.task = index, .activation = task.activation, .error = std::move(error), .duration = now_ - task.started}, events);
    return;
  }
  const Attempt attempt{.task = index, .activation = task.activation, .attempt = task.attempt};
  fold(run, TaskFailed{.attempt = attempt, .error = std::move(error), .duration = now_ - task.started}, events);
}

}  // namespace skein::workflow
