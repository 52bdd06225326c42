#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace skein::cli {

/// A message of a conversation as lines for people: "you: …", "AGENT: …", the calls of tools and what they brought. What cannot be read as
/// a message is shown as JSON.
[[nodiscard]] std::vector<std::string> message_lines(const Json& message, std::string_view agent, bool color);

/// "calls NAME ARGUMENTS", and "NAME brings RESULT" or "NAME fails: RESULT", each on one line and cut where it is long.
[[nodiscard]] std::string tool_call_text(std::string_view name, std::string_view arguments);
[[nodiscard]] std::string tool_result_text(std::string_view name, std::string_view text, bool failed);

}  // namespace skein::cli
