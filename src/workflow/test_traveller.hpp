#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "workflow/test_machine.hpp"
#include "workflow/time_travel.hpp"

namespace skein::workflow {

inline constexpr Instant later = t0 + seconds{1000};

inline Template text(Json source) { return Template::compile(std::move(source)).value(); }

/// A machine whose journal other runs are made of.
struct Traveller : Machine {
  using Machine::Machine;

  TaskIndex index(std::string_view name) const { return *state.definition().find_task(name); }
  Travel how(Origin::Kind kind, std::string_view from = {}) const {
    Travel out{.kind = kind, .run = "the-old-one", .from = {}, .set = nullptr, .inputs = nullptr, .now = later};
    if (!from.empty()) out.from = index(from);
    return out;
  }
  Result<Departure> go(const Travel& way) const { return travel(state.definition_ptr(), journal, way); }
  Departure retried(std::string_view from = {}) const { return arrived(go(how(Origin::Kind::retry, from))); }
  Departure forked(std::string_view from) const { return arrived(go(how(Origin::Kind::fork, from))); }
  static Departure arrived(Result<Departure> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
  }

  void run(std::string_view name) {
    start(name);
    complete(name, Json(name));
  }
  void end_items(std::string_view name, std::optional<Error> error = {}) {
    const auto of = attempt(name);
    must({.at = now, .body = ItemsEnded{.task = of.task, .activation = of.activation, .error = std::move(error), .duration = {}}});
  }
  void do_item(std::string_view name, std::uint32_t place, Json result = nullptr) {
    must({.at = now,
          .body = TaskCompleted{.attempt = item(name, place), .result = json(std::move(result)), .metadata = nullptr, .duration = {}}});
  }
  void fail_item(std::string_view name, std::uint32_t place) {
    must({.at = now, .body = TaskFailed{.attempt = item(name, place), .error = broken(), .duration = {}}});
  }
  void signal(std::string name, Json payload = nullptr) {
    must({.at = now, .body = SignalReceived{.name = std::move(name), .payload = json(std::move(payload))}});
  }
  void wait_for(std::string_view name, std::string signal) {
    auto next = attempt(name);
    ++next.attempt;
    must({.at = now, .body = AttemptStarted{.attempt = next, .wake_at = {}, .signal = std::move(signal)}});
  }
  void take(std::string_view name) { must({.at = now, .body = SignalTaken{.attempt = attempt(name)}}); }
};

/// "attempt_started a#1", without the first event.
inline std::vector<std::string> lines(const Departure& departure) {
  std::vector<std::string> out;
  for (const auto& event : departure.events) {
    std::string line(type_of(event));
    if (const auto task = task_of(event)) line += " " + departure.state.definition().tasks[*task].name;
    std::visit(
        [&](const auto& body) {
          if constexpr (requires { body.attempt.attempt; }) {
            if (body.attempt.item != no_item) line += fmt::format("[{}]", body.attempt.item);
            line += fmt::format("#{}.{}", body.attempt.activation, body.attempt.attempt);
          }
        },
        event.body);
    out.push_back(std::move(line));
  }
  EXPECT_EQ(out.front(), "run_created");
  out.erase(out.begin());
  return out;
}

using Lines = std::vector<std::string>;

inline const RunCreated& created(const Departure& departure) { return std::get<RunCreated>(departure.events.front().body); }

/// What may begin in the new run.
inline std::string startable(const Departure& departure) {
  std::vector<Action> offered;
  departure.state.next_actions(later, offered);
  std::string names;
  for (const auto& action : offered) {
    const auto add = [&](TaskIndex task) { names += departure.state.definition().tasks[task].name + " "; };
    if (const auto* start = std::get_if<StartAttempt>(&action)) {
      add(start->attempt.task);
    } else if (const auto* list = std::get_if<ListItems>(&action)) {
      add(list->task);
    } else if (const auto* ask = std::get_if<AskApproval>(&action)) {
      add(ask->task);
    } else if (const auto* edge = std::get_if<ChooseEdge>(&action)) {
      add(edge->task);
    }
  }
  return names;
}

}  // namespace skein::workflow
