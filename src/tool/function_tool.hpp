#pragma once

#include <skein/tool_value.hpp>

#include "tool/registry.hpp"

namespace skein::tool {

/// The tool behind a public value, as the loop calls it.
[[nodiscard]] ToolPtr unwrap(const skein::Tool& value);
[[nodiscard]] skein::Tool wrap(ToolPtr tool);

}  // namespace skein::tool
