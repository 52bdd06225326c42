#include <algorithm>

#include "runtime/runtime.hpp"
#include "runtime/shard.hpp"

// Runs that tasks of other runs begin: whose they are here, and who hears of whom.
namespace skein::runtime {

void Runtime::on_child(RunId child, workflow::DefinitionPtr definition, workflow::Event created) {
  {
    const std::lock_guard lock(ended_mutex_);
    children_.emplace(*std::get<workflow::RunCreated>(created.body).parent, child);
  }
  if (definition->concurrency) {
    (void)drive_in_turn(child);
    return;
  }
  begin_driving(child);
  shard_of(child).post([child, definition = std::move(definition), created = std::move(created)](workflow::Engine& engine) {
    engine.begin_child(child, definition, created);
  });
}

void Runtime::on_mail(RunId to) {
  shard_of(to).post([to](workflow::Engine& engine) { engine.check_mail(to); });
  {
    const std::lock_guard lock(ended_mutex_);
    if (driven_.contains(to)) return;
  }
  take_if_free(to);
}

/// Takes over a run that has got mail and that nobody drives, if this process can.
void Runtime::take_if_free(RunId run) {
  const auto row = store_->find_run(run);
  if (!row || row->owned || row->queued || is_final(row->summary.status)) return;
  const auto loaded = definition(row->definition_hash);
  if (!loaded || !can_drive(**loaded)) return;
  const auto claimed = store_->claim(run);
  if (claimed) (void)adopt(*claimed, row->definition_hash);
}

/// Whether this process drives a run that `run` waits for, directly or not. Under `ended_mutex_`.
bool Runtime::family_works(RunId run) const {  // NOLINT(misc-no-recursion): as deep as workflows are nested
  const auto [first, last] = children_.equal_range(run);
  return std::any_of(first, last, [this](const auto& entry) {
    const auto driven = driven_.find(entry.second);
    return (driven != driven_.end() && !driven->second) || queued_.contains(entry.second) || family_works(entry.second);
  });
}

}  // namespace skein::runtime
