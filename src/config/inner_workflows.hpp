#pragma once

#include <filesystem>
#include <vector>

#include "config/config.hpp"

namespace skein::config {

/// Where a file stands: its folder, and the files that led to it, the outermost first. Empty where text has no file.
using FileChain = std::vector<std::filesystem::path>;

inline constexpr std::size_t most_nested_files = 16;

/// A place in a document whose file could not be put there.
struct UnreadInner {
  std::string pointer;
  std::vector<Problem> problems;    ///< of that file; or, where they have no file, of the place itself
};

/// Puts into agents of type workflow what the files they name hold. `chain` ends with the document's own file.
[[nodiscard]] std::vector<UnreadInner> embed_inner_workflows(JsonObject& document, const FileChain& chain);

/// As `load_workflow_file`, for a file that `chain` led to.
[[nodiscard]] LoadResult load_inner_workflow(const std::filesystem::path& path, FileChain chain);

}  // namespace skein::config
