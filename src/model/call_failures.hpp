#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "http/message.hpp"

namespace skein::model {

/// Which model, where: for messages.
struct Asked {
  std::string model;  ///< "openai/gpt-4o"
  std::string where;  ///< its URL without credentials
};

/// What an answer with a status of 4xx or 5xx means. `complaint` is what the server says (`Codec::complaint`), possibly nothing.
[[nodiscard]] Error status_failure(const Asked& asked, const http::Response& response, std::string_view complaint, Instant now);

/// An error from below (connection, codec) with the model's name in front, recognised as a context overflow where it is one.
[[nodiscard]] Error call_failure(const Asked& asked, Error error);

/// Whether a server's words say that the conversation does not fit into the model's context window.
[[nodiscard]] bool says_context_overflow(std::string_view complaint);
/// Whether a failed call failed for that reason: less of the conversation may succeed.
[[nodiscard]] bool is_context_overflow(const Error& error);

/// Whether a call that failed so may have cost something: it was sent, and no refusal came back.
[[nodiscard]] bool may_have_cost(const Error& error);

}  // namespace skein::model
