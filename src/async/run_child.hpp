#pragma once

#include <cstddef>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "async/child_process.hpp"

namespace skein::async {

struct ChildLimits {
  std::size_t max_output = std::size_t{64} << 20;  ///< more on standard output is an error
  std::size_t error_tail = std::size_t{64} << 10;  ///< of standard error the last bytes are kept
  milliseconds grace{2000};                        ///< between TERM and KILL
};

struct ChildOutcome {
  ExitStatus status;
  std::string output;
  std::string errors;  ///< the last `error_tail` bytes
};

/// Runs a program to its end: writes `input` to its standard input, closes that, and collects what it writes. A program that does not
/// read its input is no error. What it leaves running in its group is killed when it ends. Cancellation ends the whole group (TERM,
/// then KILL), waits for that and then throws.
[[nodiscard]] asio::awaitable<Result<ChildOutcome>> run_child(ChildCommand command, std::string input, ChildLimits limits);

}  // namespace skein::async
