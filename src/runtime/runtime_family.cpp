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

}  // namespace skein::runtime
