#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/session.hpp"
#include "config/config.hpp"
#include "workflow/definition.hpp"

namespace skein::cli {

/// The problem and the place it is at: one to three lines, the word "warning" in yellow.
[[nodiscard]] std::string problem_text(const config::Problem& problem, bool color);
/// Loads and checks a workflow file. All problems together make one error of the code `invalid_definition`, to be shown as it is; warnings
/// go to standard error unless `quiet`.
[[nodiscard]] Result<workflow::DefinitionPtr> load_valid(Session& session, const std::string& file, bool quiet);

}  // namespace skein::cli
