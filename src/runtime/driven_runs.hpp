#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/uuid.hpp"

namespace skein::runtime {

/// The book of the runs that this process drives, is about to drive or expects to, so that whoever waits for one knows how long. Knows
/// neither engines nor stores. Thread-safe.
class DrivenRuns {
 public:
  /// While it lives, somebody here tries to take over the run: to those who wait it counts as driven.
  class Hold {
   public:
    Hold(DrivenRuns& book, RunId run);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    DrivenRuns& book_;
    RunId run_;
  };

  void begin(RunId run);
  /// It is no longer driven here; with `why` it was lost, and whoever waits for it is told.
  void end(RunId run, std::optional<Error> why = std::nullopt);
  [[nodiscard]] bool drives(RunId run) const;
  [[nodiscard]] std::size_t active() const { return active_.load(); }

  /// Runs that wait for their turn and whose end somebody here awaits.
  void expect(RunId run);
  void forget(RunId run);
  [[nodiscard]] std::vector<RunId> expected() const;

  /// `child` was begun here for a task of `parent`, which is awaited as long as the child is.
  void add_child(RunId parent, RunId child);
  [[nodiscard]] bool is_child(RunId run) const;
  void remove_child(RunId parent, RunId child);

  /// Until nothing is to be awaited of the run any more, or `stop` is true (looked at as often as `look_every` says). An error: it was
  /// lost.
  [[nodiscard]] Result<void> wait(RunId run, const std::atomic<bool>* stop, milliseconds look_every) const;
  /// For somebody who does something in between; ends early with `wake`.
  void pause(milliseconds time, const std::atomic<bool>& stop) const;
  void wake() const;

 private:
  [[nodiscard]] bool awaited(RunId run) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::unordered_map<RunId, std::optional<Error>> driven_;  ///< an error: lost
  std::multiset<RunId> held_;
  std::set<RunId> expected_;
  std::unordered_multimap<RunId, RunId> children_;  ///< that have not ended, by parent
  std::atomic<std::size_t> active_{0};
};

}  // namespace skein::runtime
