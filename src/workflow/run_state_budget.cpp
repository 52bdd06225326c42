#include <algorithm>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/duration.hpp"
#include "workflow/run_state.hpp"

// What a run may use: time to begin things in, and calls of agents. A call is charged when it starts; an inner workflow is charged what it
// may use and gives back what it did not.
namespace skein::workflow {

std::string RunState::over_budget(Instant now, bool calls) const {
  if (until_ && now >= *until_) {
    return fmt::format("Budget exceeded: the run may begin nothing more after {}", human_duration(*until_ - created_));
  }
  if (calls && attempts_left() == 0U) return fmt::format("Budget exceeded: the run has used its {} attempts", *attempts_);
  return {};
}

std::optional<std::uint32_t> RunState::attempts_left() const {
  if (!attempts_) return std::nullopt;
  return *attempts_ - std::min(*attempts_, attempts_used_);
}

void RunState::charge(const AttemptStarted& event) {
  if (event.child) {
    attempts_used_ += event.reserved;
    if (event.reserved > 0) reserved_.emplace(event.signal, event.reserved);
  } else if (!event.waits() && !is_undo(event.attempt.task)) {
    ++attempts_used_;
  }
}

/// The end of a child says what it has used.
void RunState::settle_reservation(const SignalReceived& event) {
  const auto reserved = reserved_.find(event.name);
  if (reserved == reserved_.end()) return;
  const auto* used = at_pointer(*event.payload, "/attempts");
  const auto most = std::int64_t{reserved->second};
  const auto spent = used != nullptr && used->is_int64() ? std::clamp<std::int64_t>(used->get_int64(), 0, most) : most;
  attempts_used_ -= static_cast<std::uint32_t>(most - spent);
  reserved_.erase(reserved);
}

}  // namespace skein::workflow
