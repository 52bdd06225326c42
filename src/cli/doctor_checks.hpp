#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"

namespace skein::cli {

enum class Health : unsigned char { ok, warn, fail };

struct Check {
  std::string name;
  Health health = Health::ok;
  std::string finding;
  std::string advice;  ///< what to do; empty where all is well
};

/// Looks at what this installation stands on. Makes no store where there is none.
[[nodiscard]] std::vector<Check> examine(const Session& session, const CommonOptions& options);

}  // namespace skein::cli
