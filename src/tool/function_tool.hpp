#pragma once

#include <skein/tool_value.hpp>

#include "tool/registry.hpp"

namespace skein::tool {

/// The tool behind a public value, as the loop calls it.
[[nodiscard]] ToolPtr unwrap(const skein::Tool& value);
[[nodiscard]] skein::Tool wrap(ToolPtr tool);
/// Whether both are one tool: copies of each other, or the same one of those that come with Skein.
[[nodiscard]] bool same(const skein::Tool& a, const skein::Tool& b);

}  // namespace skein::tool
