#pragma once

namespace skein::cli {

/// The whole command line: understands the arguments, runs the command, shows errors. Returns the exit code of the process.
int run_command_line(int argc, const char* const* argv);

}  // namespace skein::cli
