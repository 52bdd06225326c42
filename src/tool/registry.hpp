#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "tool/tool.hpp"

namespace skein::tool {

using ToolPtr = std::shared_ptr<const Tool>;

/// Tools by name. Safe from any thread.
class Registry {
 public:
  /// Replaces an earlier tool of the same name. Errors: invalid_argument for a bad name or a schema that is not of type object.
  [[nodiscard]] Result<void> add(ToolPtr tool);
  [[nodiscard]] ToolPtr find(std::string_view name) const;
  [[nodiscard]] std::vector<ToolPtr> all() const;
  /// The tools that patterns select ("read_file", "db_*", "*"), sorted by name, each once. A pattern that selects nothing is an error that
  /// suggests the nearest name.
  [[nodiscard]] Result<std::vector<ToolPtr>> select(std::span<const std::string> patterns) const;

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, ToolPtr, std::less<>> tools_;
};

/// Whether a name is what a pattern says: `*` stands for any characters.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view name);
/// Why arguments do not fit a tool's schema, each a sentence for the model; empty where they fit.
[[nodiscard]] std::vector<std::string> misfits(const Spec& spec, const Json& arguments);

}  // namespace skein::tool
