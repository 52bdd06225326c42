#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace skein::cli {

/// A variable of this process's environment, as `model::Lookup` wants it.
[[nodiscard]] inline std::optional<std::string> environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());  // NOLINT(concurrency-mt-unsafe): nothing sets the environment
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace skein::cli
