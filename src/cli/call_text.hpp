#pragma once

#include <string>

#include "cli/terminal.hpp"
#include "workflow/event.hpp"

namespace skein::cli {

/// What a call of a model or a tool is, on one line: "asks openai/gpt-4o (turn 2)", `calls add {"n":2}`.
[[nodiscard]] std::string call_text(const workflow::CallStarted& call);
/// What came of it: "answers: Five.", "asks for 2 tools", "brings 5".
[[nodiscard]] std::string call_text(const workflow::CallEnded& call);
[[nodiscard]] bool is_failure(const workflow::CallEnded& call);

}  // namespace skein::cli
