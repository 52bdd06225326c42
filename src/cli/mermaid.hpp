#pragma once

#include <string>

#include "workflow/definition.hpp"

namespace skein::cli {

/// The workflow as a Mermaid flowchart: a box a task with its agent, an arrow a dependency; in a sequential workflow dotted arrows show the
/// order of the file where no dependency does.
[[nodiscard]] std::string to_mermaid(const workflow::Definition& definition);

}  // namespace skein::cli
