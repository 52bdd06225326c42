#include "workflow/time_travel.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "config/config.hpp"
#include "runtime/runtime.hpp"
#include "workflow/event_codec.hpp"
#include "workflow/slot.hpp"

// Runs that are made from the journals of others.
namespace skein::runtime {
namespace {

Result<std::vector<workflow::Event>> read_events(const store::RunStore& store, RunId run, const workflow::Definition& definition) {
  std::vector<workflow::Event> out;
  Result<void> decoded;
  const auto read = store.read_journal(run, 1, [&](const store::StoredEntry& entry) {
    auto events = workflow::decode_events(entry.text, definition, store);
    if (!events) {
      decoded = std::unexpected(damaged_journal(run, events.error()));
      return false;
    }
    std::ranges::move(*events, std::back_inserter(out));
    return true;
  });
  if (!read) return std::unexpected(read.error());
  if (!decoded) return std::unexpected(decoded.error());
  return out;
}

Result<workflow::TaskIndex> task_named(const workflow::Definition& definition, std::string_view name) {
  const auto found = definition.find_task(name);
  if (found && *found < definition.own_tasks) return *found;
  if (found) return fail(ErrorCode::invalid_argument, fmt::format("'{}' is an undo step; name the task that it undoes", name));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < definition.own_tasks; ++i) names.push_back(definition.tasks[i].name);
  auto advice = did_you_mean(name, names);
  if (advice.empty()) advice = "; it has " + shorten(list_of(names), 300);
  return fail(ErrorCode::invalid_argument, fmt::format("the run has no task '{}'{}", name, advice));
}

/// The inputs of the old run with those that change; checked.
Result<JsonPtr> with_inputs(const workflow::Definition& definition, const workflow::Event& created, const JsonObject& changes) {
  if (changes.empty()) return nullptr;
  auto inputs = std::get<workflow::RunCreated>(created.body).inputs->get_object();
  for (const auto& [name, value] : changes) inputs[name] = value;
  auto checked = config::check_inputs(definition, std::move(inputs));
  if (!checked) return std::unexpected(checked.error());
  return std::make_shared<const Json>(std::move(*checked));
}

std::string origin_text(workflow::Origin::Kind kind, std::string_view run) {
  return fmt::format("{} of {}", workflow::to_string(kind), run);
}

bool has_undo_steps(const workflow::Definition& definition) { return definition.tasks.size() > definition.own_tasks; }

}  // namespace

/// What retries of a run have kept of it and would undo: its undoing belongs to them.
Result<std::vector<workflow::LeftUndo>> Runtime::undo_left_to_retries(RunId run, const workflow::Definition& definition) const {
  std::vector<workflow::LeftUndo> out;
  if (!has_undo_steps(definition)) return out;
  store::RunFilter filter;
  filter.after = run;
  filter.origin = origin_text(workflow::Origin::Kind::retry, run.str());
  const auto rows = store_->list_runs(filter);
  if (!rows) return std::unexpected(rows.error());
  for (const auto& row : *rows) {
    std::optional<workflow::RunState> kept;
    std::uint64_t ahead = 1;
    const auto read = visit_events(row.id, [&](const workflow::DefinitionPtr& loaded) {
      kept.emplace(loaded);
      return [&](const workflow::Event& event) -> Result<bool> {
        if (auto folded = kept->apply(event); !folded) return std::unexpected(damaged_journal(row.id, folded.error()));
        if (const auto* created = std::get_if<workflow::RunCreated>(&event.body); created != nullptr && created->origin)
          ahead += created->origin->kept;
        return --ahead > 0;
      };
    });
    if (!read) return std::unexpected(read.error());
    for (const auto& done : kept->undoable()) out.push_back({.task = done.task, .activation = done.activation, .run = row.id.str()});
  }
  return out;
}

/// Refused where a retry that was made before has kept the same: it would be undone twice, or kept although it was undone.
Result<void> Runtime::may_keep(RunId run, const workflow::RunState& kept) const {
  const auto taken = undo_left_to_retries(run, kept.definition());
  if (!taken) return std::unexpected(taken.error());
  for (const auto& one : *taken) {
    const auto twice = std::ranges::any_of(
        kept.undoable(), [&](const workflow::Undoable& done) { return done.task == one.task && done.activation == one.activation; });
    if (twice) {
      return fail(ErrorCode::conflict,
                  fmt::format("run {} was retried before, as run {}, which has kept '{}' and would undo it; go on with "
                              "that one: skein retry {}",
                              run.str(), one.run, kept.definition().tasks[one.task].name, one.run));
    }
  }
  return {};
}

Result<RunId> Runtime::retry(RunId run, std::string_view from, Drive drive, const workflow::BudgetChanges& budget) {
  const auto row = store_->find_run(run);
  if (!row) return std::unexpected(row.error());
  const auto status = row->summary.status;
  if (!is_final(status)) {
    return fail(ErrorCode::conflict, fmt::format("run {} has not ended, it is {}; cancel it first, or go on with it (resume), or fork it",
                                                 run.str(), to_string(status)));
  }
  if (status == RunStatus::completed && from.empty())
    return fail(ErrorCode::conflict, fmt::format("run {} completed; name the task to begin from with --from", run.str()));
  const auto loaded = definition(row->definition_hash);
  if (!loaded) return std::unexpected(loaded.error());
  workflow::Travel how{.kind = workflow::Origin::Kind::retry,
                       .run = run.str(),
                       .from = {},
                       .set = nullptr,
                       .inputs = nullptr,
                       .budget = budget,
                       .now = clock_.now()};
  if (!from.empty()) {
    const auto task = task_named(**loaded, from);
    if (!task) return std::unexpected(task.error());
    how.from = *task;
  }
  const bool undoes = has_undo_steps(**loaded);
  // While the run is ours nobody undoes it, and nobody else retries it.
  const auto claimed = undoes ? store_->claim(run) : Result<store::Claimed>();
  if (!claimed) return std::unexpected(claimed.error());
  auto made = [&]() -> Result<RunId> {
    const auto journal = read_events(*store_, run, **loaded);
    if (!journal) return std::unexpected(journal.error());
    auto departure = workflow::travel(*loaded, *journal, how);
    if (!departure) return std::unexpected(departure.error());
    if (const auto may = may_keep(run, departure->state); !may) return std::unexpected(may.error());
    return begin_departure(*loaded, std::move(*departure), drive);
  }();
  if (undoes) (void)store_->release(run, claimed->epoch);
  return made;
}

Result<RunId> Runtime::fork(RunId run, std::string_view from, const ForkChanges& changes, Drive drive) {
  const auto row = store_->find_run(run);
  if (!row) return std::unexpected(row.error());
  const auto loaded = definition(row->definition_hash);
  if (!loaded) return std::unexpected(loaded.error());
  const auto task = task_named(**loaded, from);
  if (!task) return std::unexpected(task.error());
  const auto journal = read_events(*store_, run, **loaded);
  if (!journal) return std::unexpected(journal.error());
  auto inputs = with_inputs(**loaded, journal->front(), changes.inputs);
  if (!inputs) return std::unexpected(inputs.error());
  workflow::Travel how{.kind = workflow::Origin::Kind::fork,
                       .run = run.str(),
                       .from = *task,
                       .set = nullptr,
                       .inputs = std::move(*inputs),
                       .now = clock_.now()};
  if (!changes.set.empty()) {
    Json set(changes.set);
    known_secrets_.redact(set);
    how.set = std::make_shared<const Json>(std::move(set));
  }
  auto departure = workflow::travel(*loaded, *journal, how);
  if (!departure) return std::unexpected(departure.error());
  return begin_departure(*loaded, std::move(*departure), drive);
}

/// The kept events are one commit with the creation: there is a run with all of them or none.
Result<RunId> Runtime::begin_departure(const workflow::DefinitionPtr& definition, workflow::Departure departure, Drive drive) {
  if (stopping_) return fail(ErrorCode::cancelled, "the runtime is stopping; nothing new is accepted");
  if (drive == Drive::here) {
    if (const auto able = can_drive(*definition); !able) return std::unexpected(able.error());
  }
  const auto id = new_run_id();
  const auto& state = departure.state;
  const auto now = state.created();
  auto slot = workflow::slot_of(definition, departure.events.front(), id);
  if (!slot) return std::unexpected(std::move(slot.error()));
  const bool in_turn = slot->has_value();
  const bool owned = drive == Drive::here && !in_turn;
  store::Append append;
  append.run = id;
  append.epoch = 1;
  append.first_seq = 1;
  append.count = static_cast<std::uint32_t>(departure.events.size());
  append.at = now;
  append.summary.status = owned ? state.status() : RunStatus::pending;
  append.summary.tasks_total = static_cast<std::uint32_t>(definition->own_tasks);
  append.summary.tasks_completed = state.completed_tasks();
  append.summary.tasks_failed = state.failed_tasks();
  if (owned && state.status() == RunStatus::waiting) append.summary.next_due = state.next_due(Instant{});
  append.entry = std::make_shared<const workflow::EventBatch>(definition, std::move(departure.events));
  append.keep = owned ? store::Keep::owned : store::Keep::released;
  append.create = std::make_shared<const store::NewRun>(store::NewRun{.workflow = definition->name,
                                                                      .definition_hash = definition->hash,
                                                                      .definition = workflow::stored_text(definition),
                                                                      .created = now,
                                                                      .slot = std::move(*slot),
                                                                      .origin = origin_text(state.origin()->kind, state.origin()->run)});
  if (const auto committed = commit(std::move(append)); !committed) return std::unexpected(committed.error());
  if (drive == Drive::later) return id;
  if (in_turn) {
    if (const auto driven = drive_in_turn(id); !driven) return std::unexpected(driven.error());
    return id;
  }
  if (const auto adopted = adopt({.run = id, .epoch = 1}, definition->hash); !adopted) return std::unexpected(adopted.error());
  return id;
}

}  // namespace skein::runtime
