#include "runtime/runtime.hpp"
#include "runtime/shard.hpp"

// Runs that tasks of other runs begin: whose they are here, and who hears of whom.
namespace skein::runtime {

void Runtime::on_child(RunId child, workflow::DefinitionPtr definition, workflow::Event created) {
  driven_.add_child(*std::get<workflow::RunCreated>(created.body).parent, child);
  if (definition->concurrency) {
    (void)drive_in_turn(child);
    return;
  }
  driven_.begin(child);
  shard_of(child).post([child, definition = std::move(definition), created = std::move(created)](workflow::Engine& engine) {
    engine.begin_child(child, definition, created);
  });
}

void Runtime::on_mail(RunId to) {
  shard_of(to).post([to](workflow::Engine& engine) { engine.check_mail(to); });
  if (!driven_.drives(to)) take_if_free(to);  // a run that is just going to sleep looks at its inbox then
}

/// Takes over a run that has got mail and that nobody drives, if this process can.
void Runtime::take_if_free(RunId run) {
  const auto row = store_->find_run(run);
  if (!row || row->owned || row->queued || is_final(row->summary.status)) return;
  const auto loaded = definition(row->definition_hash);
  if (!loaded || !can_drive(**loaded)) return;
  const DrivenRuns::Hold hold(driven_, run);
  const auto claimed = store_->claim(run);
  if (claimed) (void)adopt(*claimed, row->definition_hash);
}

/// Runs that a dead process drove for this one's tasks go on with it. A worker would claim them, but there may be none.
void Runtime::take_up_children(RunId parent, const workflow::RunState& state) {
  for (workflow::TaskIndex task = 0; task < state.definition().tasks.size(); ++task) {
    for (const auto child : state.awaited_children(task)) take_up_child(parent, child);
  }
}

void Runtime::take_up_child(RunId parent, RunId child) {  // NOLINT(misc-no-recursion): as deep as workflows are nested
  const auto row = store_->find_run(child);
  if (!row || row->owned || is_final(row->summary.status)) return;
  const auto loaded = definition(row->definition_hash);
  if (!loaded || !can_drive(**loaded)) return;
  driven_.add_child(parent, child);
  if (row->queued) {
    driven_.expect(child);
    return;
  }
  const auto mail = store_->inbox(child);
  const bool asleep = row->summary.next_due == store::never && mail && mail->empty();
  if (asleep) {  // only others can move it; runs that it waits for may need somebody all the same
    if (const auto sleeper = state(child)) take_up_children(child, *sleeper);
    return;
  }
  const auto claimed = store_->claim(child);
  if (claimed) (void)adopt(*claimed, row->definition_hash);
}

}  // namespace skein::runtime
