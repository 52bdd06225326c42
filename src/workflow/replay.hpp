#pragma once

#include "workflow/run_state.hpp"

namespace skein::workflow {

/// Folds a journal again and checks what a fold alone does not: that whatever began or was decided had been offered by everything before
/// it.
class Replay {
 public:
  explicit Replay(DefinitionPtr definition) : state_(std::move(definition)) {}

  /// The next event; an error says why it cannot be.
  [[nodiscard]] Result<void> next(const Event& event);

  [[nodiscard]] const RunState& state() const { return state_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }
  /// Events that had to be offered.
  [[nodiscard]] std::uint64_t checked() const { return checked_; }

 private:
  RunState state_;
  std::uint64_t events_ = 0;
  std::uint64_t checked_ = 0;
  std::vector<Action> offered_;        ///< at `offered_at_`
  Instant offered_at_{};
};

}  // namespace skein::workflow
