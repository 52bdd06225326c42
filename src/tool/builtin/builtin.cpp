#include "tool/builtin/builtin.hpp"

#include <fmt/format.h>

namespace skein::tool {

Result<std::vector<ToolPtr>> builtin_tools(const BuiltinOptions& options) {
  std::error_code error;
  auto root = std::filesystem::absolute(options.root, error);
  if (error) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the folder '{}' for the tool read_file cannot be found: {}", options.root.string(), error.message()));
  }
  return std::vector<ToolPtr>{ask_human(), calculator(), current_time(), read_file(std::move(root))};
}

}  // namespace skein::tool
