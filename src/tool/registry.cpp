#include "tool/registry.hpp"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>

#include "base/json_schema.hpp"
#include "base/sentence.hpp"
#include "base/text.hpp"

namespace skein::tool {
namespace {

constexpr std::size_t longest_name = 64;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t from = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++from;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

Result<void> Registry::add(ToolPtr tool) {
  const auto& spec = tool->spec();
  if (!is_name(spec.name)) {
    return fail(ErrorCode::invalid_argument, fmt::format("'{}' cannot be the name of a tool; use 1 to {} letters, digits, '_' and '-'",
                                                         shorten(spec.name, 80), longest_name));
  }
  const auto* type = at_pointer(spec.parameters, "/type");
  if (type == nullptr || *type != Json("object"))
    return fail(ErrorCode::invalid_argument, fmt::format("the parameters of tool '{}' must be a JSON Schema of type object", spec.name));
  const std::lock_guard lock(mutex_);
  tools_.insert_or_assign(spec.name, std::move(tool));
  return {};
}

ToolPtr Registry::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = tools_.find(name);
  return found == tools_.end() ? nullptr : found->second;
}

std::vector<ToolPtr> Registry::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<ToolPtr> out;
  for (const auto& [_, tool] : tools_) out.push_back(tool);
  return out;
}

Result<std::vector<ToolPtr>> Registry::select(std::span<const std::string> patterns) const {
  const std::shared_lock lock(mutex_);
  std::map<std::string_view, ToolPtr> chosen;
  for (const auto& pattern : patterns) {
    bool any = false;
    for (const auto& [name, tool] : tools_) {
      if (!matches(pattern, name)) continue;
      chosen.emplace(name, tool);
      any = true;
    }
    if (any) continue;
    std::vector<std::string_view> names;
    for (const auto& [name, _] : tools_) names.emplace_back(name);
    return fail(ErrorCode::not_found,
                and_then(fmt::format("there is no tool '{}'{}", pattern, did_you_mean(pattern, names)), "`skein tools list` shows all"));
  }
  std::vector<ToolPtr> out;
  for (const auto& [_, tool] : chosen) out.push_back(tool);
  return out;
}

std::vector<std::string> misfits(const Spec& spec, const Json& arguments) {
  return schema_violations("arguments", spec.parameters, arguments);
}

}  // namespace skein::tool
