#include <fmt/format.h>

#include "simulation/owner.hpp"
#include "simulation/random_workflow.hpp"
#include "simulation/world.hpp"
#include "workflow/time_travel.hpp"

// Runs that are made from the journals of others, at any moment of theirs.
namespace skein::simulation {

using namespace workflow;

/// A retry or a fork of a run; where nothing would be done again there is none.
void World::travel_from(RunId old) {
  const auto definition = runs_.at(old).definition;
  auto& owner = any_owner();
  std::vector<Event> journal;
  (void)owner.store->read_journal(old, 1, [&](const store::StoredEntry& entry) {
    std::ranges::move(decode_events(entry.text, *definition, *owner.store).value(), std::back_inserter(journal));
    return true;
  });
  const bool ended = is_final(owner.store->find_run(old)->summary.status);
  Travel how{.kind = ended && chance(random_, 0.5) ? Origin::Kind::retry : Origin::Kind::fork,
             .run = old.str(),
             .from = {},
             .set = nullptr,
             .inputs = nullptr,
             .now = owner.harness.clock.now()};
  if (how.kind == Origin::Kind::fork || chance(random_, 0.3)) how.from = below(random_, static_cast<std::uint32_t>(definition->own_tasks));
  if (how.kind == Origin::Kind::fork && chance(random_, 0.3)) {
    const auto* known = definition->tasks[*how.from].parameters.source().if_object();
    if (known != nullptr && known->contains("before")) how.set = std::make_shared<const Json>(JsonObject{{"before", 1}});
  }
  auto made = workflow::travel(definition, journal, how);
  if (!made && made.error().code == ErrorCode::conflict) return;
  if (!made) broken("a run cannot be made from another: " + made.error().message);

  const auto id = Uuid::make(how.now, random_);
  store::Append append;
  append.run = id;
  append.epoch = 1;
  append.first_seq = 1;
  append.count = static_cast<std::uint32_t>(made->events.size());
  append.at = how.now;
  append.summary.status = made->state.status();
  append.summary.tasks_total = static_cast<std::uint32_t>(definition->own_tasks);
  append.summary.tasks_completed = made->state.completed_tasks();
  append.summary.tasks_failed = made->state.failed_tasks();
  if (made->state.status() == RunStatus::waiting) append.summary.next_due = made->state.next_due(Instant{});
  append.entry = std::make_shared<const EventBatch>(definition, std::move(made->events));
  append.keep = store::Keep::released;
  append.create = std::make_shared<const store::NewRun>(store::NewRun{.workflow = definition->name,
                                                                      .definition_hash = definition->hash,
                                                                      .definition = workflow::stored_text(definition),
                                                                      .created = how.now});
  const bool faulty = owner.store->refuse || owner.store->refuse_once || owner.store->lie_once;
  const auto appended = owner.store->append(std::move(append), owner.harness);
  if (!appended && !faulty) broken("a run that was made from another is refused");
  if (runs_.contains(id)) check(id);
}

}  // namespace skein::simulation
