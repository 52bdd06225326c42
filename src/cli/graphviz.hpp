#pragma once

#include <string>

#include "base/error.hpp"

namespace skein::cli {

/// An SVG of a graph in the language of Graphviz, drawn by its program `dot`; `unsupported` where that is not installed.
[[nodiscard]] Result<std::string> svg_of(const std::string& dot);

}  // namespace skein::cli
