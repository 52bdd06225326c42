#pragma once

// Private to the run's state machine.

#include <string>

#include "base/error.hpp"

namespace skein::workflow {

/// The refusal of an event that cannot follow from what was folded before.
inline std::unexpected<Error> impossible(const std::string& message) {
  return fail(ErrorCode::internal, "the journal cannot be right: " + message);
}

}  // namespace skein::workflow
