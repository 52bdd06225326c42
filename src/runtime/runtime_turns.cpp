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

/// Runs of one workflow that are looked at to tell whether a place may become free by itself.
constexpr std::uint32_t most_rivals = 1000;
/// A worker takes a run that nobody drives much sooner.
constexpr milliseconds worker_patience{2000};

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
                                                                      .definition = workflow::stored_text(definition),
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
  driven_.expect(run);
  look_at_queue();
  return {};
}

void Runtime::look_at_queue() {
  for (const auto run : driven_.expected()) {
    if (!turn_is_over(run)) continue;
    driven_.forget(run);
    const std::lock_guard lock(left_mutex_);
    left_since_.erase(run);
  }
}

/// Takes the run over if it has got its place and nobody drives it. One that somebody else took first is awaited all the same.
bool Runtime::turn_is_over(RunId run) {
  if (driven_.drives(run)) return true;
  const auto row = store_->find_run(run);
  if (!row || is_final(row->summary.status)) return true;
  if (row->queued) return driven_.active() == 0 && driven_.is_child(run) && waits_in_vain(run);
  if (row->owned) return false;
  // One that sleeps was put to sleep by whoever took it: that one wakes it up, where this process would only do the same.
  if (row->summary.status == RunStatus::waiting && options_.sleep_after) return true;
  const auto resumed = resume(run);
  return resumed || !(resumed.error().retryable || resumed.error().code == ErrorCode::conflict);
}

/// A family whose places are held by runs that wait for people waits for people, not for its turn; where they are held by runs that could
/// go on, it waits for somebody who drives these, and not long if nobody does.
bool Runtime::waits_in_vain(RunId run) {
  const auto row = store_->find_run(run);
  if (!row) return true;
  bool could_go_on = false;
  bool moves = false;
  for (const auto status : {RunStatus::pending, RunStatus::running, RunStatus::waiting}) {
    const auto others = store_->list_runs(
        {.status = status, .workflow = row->workflow, .created_after = {}, .before = {}, .after = {}, .origin = {}, .limit = most_rivals});
    if (!others) return false;
    for (const auto& other : *others) {
      moves = moves || other.owned;
      could_go_on = could_go_on || (!other.queued && other.summary.next_due != store::never);
    }
  }
  const auto now = clock_.boot_now();
  const std::lock_guard lock(left_mutex_);
  if (moves || !could_go_on) {
    left_since_.erase(run);
    return !moves;
  }
  return now - left_since_.try_emplace(run, now).first->second >= worker_patience;
}

}  // namespace skein::runtime
