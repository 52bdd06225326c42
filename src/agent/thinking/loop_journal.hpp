#pragma once

#include <optional>

#include "base/error_json.hpp"
#include "model/exchange.hpp"
#include "tool/tool.hpp"

// How the answers of models and tools stand in the journal.
namespace skein::agent {

/// {"message", "finish", and where there are any "usage", "model", "id"}.
[[nodiscard]] Json response_to_json(const model::Response& response);
/// What a journal cannot have is read as nothing: an empty answer.
[[nodiscard]] model::Response response_in(const Json& answer);
/// The error of an answer that is one: {"error": …}.
[[nodiscard]] std::optional<Error> error_in(const Json& answer);

/// {"result", and where there are any "failed", "sources"}.
[[nodiscard]] Json outcome_to_json(const tool::Outcome& outcome);
[[nodiscard]] tool::Outcome outcome_in(const Json& answer);

[[nodiscard]] JsonObject usage_to_json(const model::Usage& usage);

}  // namespace skein::agent
