#pragma once

#include "model/codec.hpp"

namespace skein::model::openai {

/// A conversation as `messages` of Chat Completions: the instructions as a system message, each tool result as a message of its own right
/// after the calls that it answers. Errors: unsupported (pictures that the server would have to fetch, or that the model would have said),
/// invalid_argument (nothing to send).
[[nodiscard]] Result<JsonArray> chat_messages(const Request& request, const Profile& profile);

}  // namespace skein::model::openai
