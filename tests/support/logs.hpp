#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"

/// What the program under test logs. `main` of every test program keeps it back and prints it only where a test fails.
namespace skein::testing {

/// The latest lines that the test under way has logged, warnings and errors unless it asks for more with `log::configure`.
[[nodiscard]] std::vector<std::string> logged();
/// How many of these hold `text`.
[[nodiscard]] std::size_t logged(std::string_view text);

}  // namespace skein::testing
