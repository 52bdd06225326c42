#pragma once

#include <set>
#include <tuple>
#include <vector>

#include "workflow/run_state.hpp"

namespace skein::workflow {

/// Folds a journal again and checks what a fold alone does not: that whatever began or was decided had been offered by everything before
/// it.
class Replay {
 public:
  /// An action: its kind, and of what.
  using Offer = std::tuple<std::size_t, TaskIndex, std::uint32_t, std::uint32_t, std::uint32_t>;

  explicit Replay(DefinitionPtr definition) : state_(std::move(definition)) {}

  /// The next event; an error says why it cannot be.
  [[nodiscard]] Result<void> next(const Event& event);

  [[nodiscard]] const RunState& state() const { return state_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }
  /// Events that had to be offered.
  [[nodiscard]] std::uint64_t checked() const { return checked_; }

 private:
  [[nodiscard]] bool offered(const std::vector<Offer>& wanted, Instant at);

  RunState state_;
  std::uint64_t events_ = 0;
  std::uint64_t checked_ = 0;
  std::set<Offer> offers_;             ///< of the instant `offered_at_`
  Instant offered_at_{};
};

}  // namespace skein::workflow
