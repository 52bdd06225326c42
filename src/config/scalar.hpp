#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace skein::config {

/// A plain (unquoted) scalar by the core schema of YAML 1.2: null, true, false, integers, floats, otherwise the text itself. Numbers with
/// leading zeros stay text, so that a postal code keeps its zeros. The error is a message: infinities and NaN are no JSON.
[[nodiscard]] std::expected<Json, std::string> resolve_plain(std::string_view text);

/// A scalar with the tag `tag` (as in "tag:yaml.org,2002:str"; "?" plain, "!" quoted).
[[nodiscard]] std::expected<Json, std::string> resolve_tagged(std::string_view tag, std::string_view text);

}  // namespace skein::config
