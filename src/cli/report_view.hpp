#pragma once

#include <string>

#include "base/json.hpp"
#include "cli/screen_text.hpp"
#include "cli/terminal.hpp"
#include "runtime/run_report.hpp"

namespace skein::cli {

/// A value for people: a string as it is, anything else as JSON, indented unless it is short; no trailing line break.
[[nodiscard]] std::string readable(const Json& value);
/// At most `lines` lines of `text` (0: all), then how many are left and where to see them.
[[nodiscard]] std::string shorten_lines(const std::string& text, std::size_t lines, const std::string& where);

struct ResultView {
  std::size_t lines = 0;  ///< of one value at most; 0: all
  bool color = false;
  std::string where;      ///< a command that shows the rest
};
/// What came out of a run: its outputs if it has any, else the result of its last completed task. Empty where there is nothing.
[[nodiscard]] std::string result_text(const runtime::RunReport& report, const ResultView& view);

/// Everything about a run: facts, tasks as a table, errors, outputs.
[[nodiscard]] std::string report_text(const runtime::RunReport& report, const Terminal& terminal, Instant now);

struct Word {
  std::string text;
  Style style = Style::plain;
};
[[nodiscard]] Word word_for(RunStatus status);
[[nodiscard]] Word word_for(TaskStatus status);

}  // namespace skein::cli
