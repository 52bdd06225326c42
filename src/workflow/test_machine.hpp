#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "support/definitions.hpp"
#include "workflow/run_state.hpp"

namespace skein::workflow {

inline constexpr Instant t0{seconds{1'000'000}};

inline Error broken(std::string message = "it broke") {
  return Error{.code = ErrorCode::agent_failed, .message = std::move(message), .context = {}, .retryable = false, .retry_after = {}};
}

inline JsonPtr json(Json value) { return std::make_shared<const Json>(std::move(value)); }

/// Drives a state by hand: answers what is offered, keeps what was started.
struct Machine {
  explicit Machine(DefinitionPtr definition, std::optional<Instant> deadline = {}) : state(definition) {
    must({.at = t0, .body = RunCreated{.definition_hash = definition->hash, .inputs = json(JsonObject{}), .deadline = deadline}});
  }

  void must(const Event& event) {
    const auto folded = state.apply(event);
    EXPECT_TRUE(folded) << type_of(event) << ": " << folded.error().message;
    journal.push_back(event);
  }
  void must_not(EventBody body) {
    const auto before = state.status();
    EXPECT_FALSE(state.apply({.at = now, .body = std::move(body)}));
    EXPECT_EQ(state.status(), before);
  }
  std::vector<Action> offered() {
    std::vector<Action> out;
    state.next_actions(now, out);
    return out;
  }
  /// Names of the tasks that may start now.
  std::string startable() {
    std::string names;
    for (const auto& action : offered()) {
      if (const auto* start = std::get_if<StartAttempt>(&action)) names += state.definition().tasks[start->attempt.task].name + " ";
    }
    return names;
  }
  Attempt attempt(std::string_view name) {
    const auto index = *state.definition().find_task(name);
    const auto& task = state.tasks()[index];
    return {.task = index, .activation = task.activation, .attempt = task.attempt};
  }
  Attempt item(std::string_view name, std::uint32_t place) {
    auto out = attempt(name);
    out.item = place;
    out.attempt = state.find_step(out.step())->attempt;
    return out;
  }
  void list(std::string_view name, std::size_t size) {
    const auto of = attempt(name);
    must({.at = now, .body = ItemsListed{.task = of.task, .activation = of.activation, .items = json(JsonArray(size))}});
  }
  void start_item(std::string_view name, std::uint32_t place, const std::string& signal = {}) {
    auto next = item(name, place);
    ++next.attempt;
    must({.at = now, .body = AttemptStarted{.attempt = next, .wake_at = {}, .signal = signal}});
  }
  void take_edge(std::string_view name, std::optional<EdgeIndex> edge) {
    const auto of = attempt(name);
    must({.at = now, .body = EdgeTaken{.task = of.task, .activation = of.activation, .edge = edge}});
  }
  void stop(StopReason reason = StopReason::cancelled) { must({.at = now, .body = StopRequested{.reason = reason, .message = "enough"}}); }
  void start(std::string_view name, std::optional<Instant> wake_at = {}) {
    auto next = attempt(name);
    ++next.attempt;
    must({.at = now, .body = AttemptStarted{.attempt = next, .wake_at = wake_at}});
  }
  void complete(std::string_view name, Json result = nullptr) {
    must({.at = now,
          .body = TaskCompleted{.attempt = attempt(name), .result = json(std::move(result)), .metadata = nullptr, .duration = {}}});
  }
  void fail(std::string_view name) { must({.at = now, .body = TaskFailed{.attempt = attempt(name), .error = broken(), .duration = {}}}); }
  void retry(std::string_view name, Instant at) {
    must({.at = now, .body = AttemptFailed{.attempt = attempt(name), .error = broken(), .duration = {}, .retry_at = at}});
  }
  /// Answers everything that needs no agent.
  void settle() {
    for (bool changed = true; changed;) {
      changed = false;
      for (const auto& action : offered()) {
        if (const auto* skip = std::get_if<SkipTask>(&action)) {
          must({.at = now, .body = TaskSkipped{.task = skip->task, .reason = state.skip_reason(skip->task)}});
        } else if (const auto* cancel = std::get_if<CancelTask>(&action)) {
          must({.at = now, .body = TaskCancelled{.task = cancel->task}});
        } else if (const auto* end = std::get_if<FinishRun>(&action)) {
          must({.at = now, .body = RunFinished{.status = end->status, .error = end->error, .outputs = nullptr}});
        } else {
          continue;
        }
        changed = true;
      }
    }
  }
  TaskStatus status(std::string_view name) { return state.tasks()[*state.definition().find_task(name)].status; }

  RunState state;
  std::vector<Event> journal;
  Instant now = t0;
};

}  // namespace skein::workflow
