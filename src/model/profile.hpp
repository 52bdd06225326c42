#pragma once

#include "base/error.hpp"
#include "base/json.hpp"
#include "model/codec.hpp"

namespace skein::model {

/// {"output_limit": "max_tokens", "tool_choice": true, …}: every quirk by its name.
[[nodiscard]] JsonObject profile_to_json(const Profile& profile);
/// `base` with the quirks that `overrides` names. Errors (invalid_argument) name the quirk and suggest the nearest.
[[nodiscard]] Result<Profile> profile_from_json(const JsonObject& overrides, Profile base);

}  // namespace skein::model
