#pragma once

#include <string>
#include <string_view>

#include "cli/arguments.hpp"

namespace skein::cli {

/// A script for "bash", "zsh" or "fish" that completes commands, options, their values, files and run ids.
[[nodiscard]] std::string completion_script(const CommandLine& line, std::string_view shell);

}  // namespace skein::cli
