#pragma once

#include <optional>

#include "base/error_json.hpp"
#include "model/exchange.hpp"
#include "tool/tool.hpp"

// How the answers of models and tools stand in the journal.
namespace skein::agent {

/// As model::response_to_json wrote it. What a journal cannot have is read as nothing: an empty answer.
[[nodiscard]] model::Response response_in(const Json& answer);
/// The error of an answer that is one: {"error": …}.
[[nodiscard]] std::optional<Error> error_in(const Json& answer);

/// {"result", and where there are any "failed", "sources"}.
[[nodiscard]] Json outcome_to_json(const tool::Outcome& outcome);
[[nodiscard]] tool::Outcome outcome_in(const Json& answer);

/// As results show it: {"input_tokens", "output_tokens", and where there are any "cached_tokens", "cache_write_tokens",
/// "reasoning_tokens"}.
[[nodiscard]] JsonObject usage_to_json(const model::Usage& usage);

}  // namespace skein::agent
