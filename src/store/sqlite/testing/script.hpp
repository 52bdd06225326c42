#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/conformance/support.hpp"
#include "store/store.hpp"

namespace skein::store::support {

/// A scripted workload that knows what was acknowledged: it creates runs, appends (small, large and in several rounds), posts and consumes
/// mail, gives runs up and claims them, ends some and prunes. One step at a time, each waited for, so that its I/O is the same every time.
class Script {
 public:
  Script();

  [[nodiscard]] bool finished() const { return next_ == steps_.size(); }
  /// Does the next step. After an error it may be tried again, when `recover` was called.
  [[nodiscard]] Result<void> step(RunStore& store);
  /// What an owner does after an error: claims its runs again and reads back how far they came.
  void recover(RunStore& store);
  /// Everything acknowledged is there, nothing is there that was not at least attempted, and nothing is there by half.
  void verify(const RunStore& store) const;
  /// Claims every run that is left, appends to it and reads it back.
  void go_on(RunStore& store);

 private:
  enum class What : std::uint8_t { create, add, post, consume, give_up, claim, end, prune };
  struct Step {
    What what;
    std::size_t run;
    std::size_t bytes = 0;
  };
  struct Run {
    RunId id;
    std::uint64_t epoch = 0;             ///< 0: not created
    std::vector<std::string> texts;      ///< acknowledged entries
    std::optional<std::string> in_doubt; ///< attempted after them
    std::vector<std::int64_t> mail;
    bool mail_in_doubt = false;
    bool ended = false;
    bool pruned = false;
    bool maybe_pruned = false;
  };

  [[nodiscard]] Result<void> append(RunStore& store, Run& run, std::string text, Keep keep, RunStatus status, bool consume = false);
  [[nodiscard]] static std::vector<std::string> read(const RunStore& store, const Run& run, std::string& problem);

  std::vector<Step> steps_;
  std::size_t next_ = 0;
  std::vector<Run> runs_;
  conformance::WaitingSink sink_;
  std::uint64_t token_ = 0;
};

}  // namespace skein::store::support
