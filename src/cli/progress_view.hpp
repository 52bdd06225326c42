#pragma once

#include <cstddef>
#include <vector>

#include "cli/progress_model.hpp"
#include "cli/screen_text.hpp"
#include "cli/terminal.hpp"

namespace skein::cli {

struct ViewOptions {
  std::size_t width = 80;
  /// At most this many lines; tasks that have ended are folded into one line first, then those that have not begun. 0: no limit.
  std::size_t height = 0;
  bool utf8 = true;
  bool interrupted = false;  ///< nothing moves any more
};

/// The run as lines: a headline with a bar, then a line a task in file order with its status, attempt, time and what it waits for.
/// Depends on nothing but its arguments.
[[nodiscard]] std::vector<Line> render(const RunProgress& run, const ViewOptions& options, Instant now);

}  // namespace skein::cli
