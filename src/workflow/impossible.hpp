#pragma once

// Private to the run's state machine.

#include <stdexcept>
#include <string>

#include "base/error.hpp"

namespace skein::workflow {

/// The refusal of an event that cannot follow from what was folded before.
inline std::unexpected<Error> impossible(const std::string& message) {
  return fail(ErrorCode::internal, "the journal cannot be right: " + message);
}

/// Of an event that follows from what was folded before unless there is a bug, which is thrown: std::logic_error.
inline void must_follow(const Result<void>& folded) {
  if (!folded) throw std::logic_error(folded.error().message);
}

}  // namespace skein::workflow
