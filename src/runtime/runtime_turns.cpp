#include "runtime/runtime.hpp"

#include <condition_variable>

#include "workflow/event_codec.hpp"
#include "workflow/slot.hpp"

// Runs that are created before anybody drives them, and runs that wait for their turn.
namespace skein::runtime {
namespace {

/// For appends that are waited for on the spot.
class WaitingSink final : public store::CommitSink {
 public:
  void on_committed(std::vector<store::Committed> commits) override {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(commits.front().result);
    answered_.notify_one();
  }
  Result<void> get() {
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [this] { return answer_.has_value(); });
    return *answer_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable answered_;
  std::optional<Result<void>> answer_;
};

}  // namespace

Result<RunId> Runtime::create(RunId id, const workflow::DefinitionPtr& definition, const JsonPtr& inputs) {
  const auto now = clock_.now();
  std::vector<workflow::Event> events;
  events.push_back({.at = now, .body = workflow::created_now(*definition, inputs, now)});
  auto slot = workflow::slot_of(definition, events.front(), id);
  if (!slot) return std::unexpected(std::move(slot.error()));
  store::Append append;
  append.run = id;
  append.epoch = 1;
  append.first_seq = 1;
  append.count = 1;
  append.at = now;
  append.entry = std::make_shared<const workflow::EventBatch>(definition, std::move(events));
  append.summary.status = RunStatus::pending;
  append.summary.tasks_total = static_cast<std::uint32_t>(definition->own_tasks);
  append.keep = store::Keep::released;
  append.create = std::make_shared<const store::NewRun>(store::NewRun{.workflow = definition->name,
                                                                      .definition_hash = definition->hash,
                                                                      .definition = definition->document_text,
                                                                      .created = now,
                                                                      .slot = std::move(*slot)});
  if (const auto committed = commit(std::move(append)); !committed) return std::unexpected(committed.error());
  return id;
}

Result<void> Runtime::commit(store::Append append) {
  WaitingSink sink;
  const auto appending = store_->append(std::move(append), sink);
  if (!appending) return std::unexpected(appending.error());
  return *appending == store::Appending::pending ? sink.get() : Result<void>();
}

Result<void> Runtime::drive_in_turn(RunId run) {
  {
    const std::lock_guard lock(ended_mutex_);
    queued_.insert(run);
  }
  look_at_queue();
  return {};
}

/// Takes over the runs that have got their place; of one that somebody else drives nothing more is expected here.
void Runtime::look_at_queue() {
  std::vector<RunId> queued;
  {
    const std::lock_guard lock(ended_mutex_);
    queued.assign(queued_.begin(), queued_.end());
  }
  for (const auto run : queued) {
    const auto row = store_->find_run(run);
    if (row && row->queued) continue;
    if (row && !row->owned && !is_final(row->summary.status)) {
      const auto resumed = resume(run);
      if (!resumed && resumed.error().retryable) continue;
    }
    const std::lock_guard lock(ended_mutex_);
    queued_.erase(run);
    ended_.notify_all();
  }
}

}  // namespace skein::runtime
