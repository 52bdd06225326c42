#include "runtime/driven_runs.hpp"

#include <algorithm>
#include <utility>

namespace skein::runtime {

DrivenRuns::Hold::Hold(DrivenRuns& book, RunId run) : book_(book), run_(run) {
  const std::lock_guard lock(book_.mutex_);
  book_.held_.insert(run_);
}

DrivenRuns::Hold::~Hold() {
  {
    const std::lock_guard lock(book_.mutex_);
    book_.held_.erase(book_.held_.find(run_));
  }
  book_.changed_.notify_all();
}

void DrivenRuns::begin(RunId run) {
  const std::lock_guard lock(mutex_);
  driven_[run] = std::nullopt;
  ++active_;
}

void DrivenRuns::end(RunId run, std::optional<Error> why) {
  {
    const std::lock_guard lock(mutex_);
    --active_;
    if (why) {
      driven_[run] = std::move(why);
    } else {
      driven_.erase(run);
    }
  }
  changed_.notify_all();
}

bool DrivenRuns::drives(RunId run) const {
  const std::lock_guard lock(mutex_);
  const auto found = driven_.find(run);
  return found != driven_.end() && !found->second;
}

void DrivenRuns::expect(RunId run) {
  const std::lock_guard lock(mutex_);
  expected_.insert(run);
}

void DrivenRuns::forget(RunId run) {
  {
    const std::lock_guard lock(mutex_);
    expected_.erase(run);
  }
  changed_.notify_all();
}

std::vector<RunId> DrivenRuns::expected() const {
  const std::lock_guard lock(mutex_);
  return {expected_.begin(), expected_.end()};
}

void DrivenRuns::add_child(RunId parent, RunId child) {
  const std::lock_guard lock(mutex_);
  const auto [first, last] = children_.equal_range(parent);
  if (std::none_of(first, last, [&](const auto& entry) { return entry.second == child; })) children_.emplace(parent, child);
}

bool DrivenRuns::is_child(RunId run) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(children_, [run](const auto& entry) { return entry.second == run; });
}

void DrivenRuns::remove_child(RunId parent, RunId child) {
  {
    const std::lock_guard lock(mutex_);
    const auto [first, last] = children_.equal_range(parent);
    const auto found = std::find_if(first, last, [&](const auto& entry) { return entry.second == child; });
    if (found != last) children_.erase(found);
  }
  changed_.notify_all();
}

/// Under the lock.
bool DrivenRuns::awaited(RunId run) const {  // NOLINT(misc-no-recursion): as deep as workflows are nested
  const auto driven = driven_.find(run);
  if (driven != driven_.end()) return !driven->second;
  if (held_.contains(run) || expected_.contains(run)) return true;
  const auto [first, last] = children_.equal_range(run);
  return std::any_of(first, last, [this](const auto& entry) { return awaited(entry.second); });
}

Result<void> DrivenRuns::wait(RunId run, const std::atomic<bool>* stop, milliseconds look_every) const {
  std::unique_lock lock(mutex_);
  while (awaited(run)) {
    if (stop != nullptr && stop->load()) return {};
    changed_.wait_for(lock, look_every);
  }
  const auto driven = driven_.find(run);
  if (driven != driven_.end() && driven->second) return std::unexpected(*driven->second);
  return {};
}

void DrivenRuns::wake() const {
  const std::lock_guard lock(mutex_);  // somebody may have looked and not yet gone to sleep
  changed_.notify_all();
}

void DrivenRuns::pause(milliseconds time, const std::atomic<bool>& stop) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [&stop] { return stop.load(); });
}

}  // namespace skein::runtime
