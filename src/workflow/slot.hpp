#pragma once

#include <optional>
#include <string>

#include "store/store.hpp"
#include "workflow/event.hpp"
#include "workflow/run_state.hpp"

namespace skein::workflow {

/// The place among the runs of its concurrency key that a run needs; empty where its workflow sets no limit. The key belongs to the
/// workflow of that name, so that equal keys of others do not meet. An error: the key cannot be computed from the inputs.
[[nodiscard]] Result<std::optional<store::Slot>> slot_of(const DefinitionPtr& definition, const Event& created, RunId id);

/// The key of the place that a run under way holds; empty where it needs none.
[[nodiscard]] Result<std::optional<std::string>> slot_key(const RunState& state, RunId id);

}  // namespace skein::workflow
