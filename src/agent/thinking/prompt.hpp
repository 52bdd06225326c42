#pragma once

#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "model/message.hpp"

namespace skein::agent {

/// What a task's parameters say to a model: `prompt` is the text, `messages` an earlier conversation as a list of {role, content}, `images`
/// a list of addresses or data URLs; everything else follows the prompt as JSON. A task without a prompt says its action and parameters.
/// Errors (invalid_argument) name the parameter.
[[nodiscard]] Result<std::vector<model::Message>> prompt_of(std::string_view action, const JsonObject& parameters);

}  // namespace skein::agent
