#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "workflow/event.hpp"
#include "workflow/run_state.hpp"

namespace skein::workflow {

/// Budgets of a new run that differ from the definition's.
struct BudgetChanges {
  std::optional<microseconds> wall_time;
  std::optional<std::uint32_t> attempts;
  agent::SpendLimits spend;
  std::map<std::string, agent::SpendLimits> agents;  ///< by name
};

/// How a new run is made from the journal of another.
struct Travel {
  Origin::Kind kind = Origin::Kind::retry;
  std::string run;                     ///< the id of the other run
  std::optional<TaskIndex> from;       ///< done again whatever became of it, with everything that follows from it; a fork has one
  JsonPtr set;                         ///< an object: parameters of `from` that change; null: none
  JsonPtr inputs;                      ///< all inputs of the new run, checked; null: as they were
  BudgetChanges budget = {};
  Instant now{};
};

/// What the new run begins with.
struct Departure {
  std::vector<Event> events;           ///< `RunCreated` and what is kept of the journal; its first commit
  RunState state;                      ///< their fold
};

/// Which events of a run's journal a new run of the same definition keeps. Pure.
///
/// - A task outside graphs is kept with all its events where it completed, or was skipped by its own condition, and all that it depends on
/// is
///   kept; a fork keeps also a failure that the workflow tolerates. Everything else is done again.
/// - A graph is kept up to the first activation that is to be done again: one that failed, was undone, or is the first of `from`.
/// Activations
///   that had not ended by then are begun again, and what depends on one of its tasks is done again.
/// - A `for_each` that did not come to its end keeps the items that completed (and those whose failure it tolerates). An item before the
/// last
///   of these has to have been started: it keeps its first attempt, as a failed one. In a sequential workflow one such task is kept.
/// - A retry keeps what the agent of a task, or of an item, has called where it did not come to its end, or failed for a reason that lies
///   outside its conversation: budgets, models that could not be asked, a cancelled run. Its next attempt goes on from there. That holds
///   in a graph, too, for activations to which the kept way leads, but not for items there. Where something before it is done again, or
///   `from` names the task, it begins anew.
/// - Signals stay. Those that nobody took, or that were taken by what is done again, can be taken once more.
/// - Time limits and budgets begin anew, as the definition has them or as `budget` says; what is kept uses up nothing of them. A run that
/// the old one began and waited for is begun again.
/// - Work that was undone is done again, and the new run has nothing to undo of it. A fork undoes nothing that it kept.
///
/// Kept events have the time at which they happened, but a `for_each` that goes on begins now. `conflict`: nothing would be done again.
/// `invalid_argument`: `set` or `inputs` would change what is kept, or parameters that `from` does not have; `budget` names no agent.
[[nodiscard]] Result<Departure> travel(const DefinitionPtr& definition, const std::vector<Event>& journal, const Travel& how);

}  // namespace skein::workflow
