#pragma once

#include <functional>
#include <string_view>

namespace skein::cli {

/// What can be shown on one of the standard streams.
struct Terminal {
  bool interactive = false;   ///< a terminal on which lines can be painted over
  bool color = false;
  bool utf8 = true;
  unsigned width = 80;        ///< columns; of a terminal only
  unsigned height = 24;
};

/// An environment variable, or null.
using Environment = std::function<const char*(const char* name)>;

/// `is_terminal`: whether the stream is one. Colours: a terminal, `NO_COLOR` unset or empty, `TERM` not "dumb". UTF-8: unless the locale
/// names another character set, or the terminal is the bare Linux console.
[[nodiscard]] Terminal describe_terminal(bool is_terminal, const Environment& environment);
/// The stream with this descriptor as it is now, with its size.
[[nodiscard]] Terminal look_at_terminal(int descriptor);

/// The signs for one character set.
struct Signs {
  std::string_view completed, failed, retrying, waiting, pending, skipped, cancelled, warning, bullet, ellipsis, bar_full, bar_head,
      bar_empty, dash;
  std::string_view spinner[10];
  int spinner_count;
};
[[nodiscard]] const Signs& signs(bool utf8);

}  // namespace skein::cli
