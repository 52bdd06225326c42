#pragma once

#include <filesystem>
#include <vector>

#include "tool/registry.hpp"

namespace skein::tool {

struct BuiltinOptions {
  std::filesystem::path root = ".";  ///< below this folder `read_file` reads
};

/// The tools that come with Skein. Fails where `root` cannot be made an absolute path.
[[nodiscard]] Result<std::vector<ToolPtr>> builtin_tools(const BuiltinOptions& options);

/// Arithmetic (see arithmetic.hpp).
[[nodiscard]] ToolPtr calculator();
/// The time in UTC, or in a time zone that the system knows.
[[nodiscard]] ToolPtr current_time();
/// A question to a person, whose answer the engine waits for; to be used by agents of a run.
[[nodiscard]] ToolPtr ask_human();
/// Text files below `root`, an absolute path, by pages of lines; nothing outside is reachable.
[[nodiscard]] ToolPtr read_file(std::filesystem::path root);

}  // namespace skein::tool
