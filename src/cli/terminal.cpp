#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/text.hpp"

namespace skein::cli {
namespace {

std::string value_of(const Environment& environment, const char* name) {
  const char* value = environment(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool speaks_utf8(const Environment& environment, const std::string& term) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto locale = to_lower(value_of(environment, name));
    if (locale.empty()) continue;
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return term != "linux";
}

}  // namespace

Terminal describe_terminal(bool is_terminal, const Environment& environment) {
  const auto term = value_of(environment, "TERM");
  Terminal out;
  out.interactive = is_terminal && term != "dumb" && !term.empty();
  out.color = out.interactive && value_of(environment, "NO_COLOR").empty();
  out.utf8 = speaks_utf8(environment, term);
  return out;
}

Terminal look_at_terminal(int descriptor) {
  auto out = describe_terminal(::isatty(descriptor) == 1, [](const char* name) { return std::getenv(name); });
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0) {
    if (size.ws_col > 0) out.width = size.ws_col;
    if (size.ws_row > 0) out.height = size.ws_row;
  }
  return out;
}

const Signs& signs(bool utf8) {
  static constexpr Signs rich{.completed = "✓",
                              .failed = "✗",
                              .retrying = "↻",
                              .waiting = "◷",
                              .pending = "·",
                              .skipped = "↷",
                              .cancelled = "⊘",
                              .warning = "!",
                              .bullet = "•",
                              .ellipsis = "…",
                              .bar_full = "━",
                              .bar_head = "╸",
                              .bar_empty = "─",
                              .dash = "—",
                              .spinner = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"},
                              .spinner_count = 10};
  static constexpr Signs bare{.completed = "+",
                              .failed = "x",
                              .retrying = "~",
                              .waiting = "@",
                              .pending = ".",
                              .skipped = "-",
                              .cancelled = "/",
                              .warning = "!",
                              .bullet = "*",
                              .ellipsis = "...",
                              .bar_full = "#",
                              .bar_head = "#",
                              .bar_empty = "-",
                              .dash = "-",
                              .spinner = {"|", "/", "-", "\\", "", "", "", "", "", ""},
                              .spinner_count = 4};
  return utf8 ? rich : bare;
}

}  // namespace skein::cli
