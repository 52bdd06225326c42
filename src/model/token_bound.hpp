#pragma once

#include <cstdint>

#include "model/exchange.hpp"

namespace skein::model {

/// What a picture can cost at most: gpt-4o-mini counts 2833 tokens and 5667 for each of up to 8 tiles; others at most some 5000.
inline constexpr std::uint64_t most_tokens_of_image = 50'000;
/// What a picture usually costs.
inline constexpr std::uint64_t usual_tokens_of_image = 1'600;

/// At least as many tokens as the provider will count for the prompt, before it is sent; a budget reserves this much.
///
/// Why it is a bound: a tokenizer of byte-level BPE (OpenAI, Anthropic, Llama 3, Qwen, …) starts from one token for each byte of UTF-8
/// and only merges, so that a text has at most as many tokens as bytes. JSON that goes into the prompt (schemas, arguments) counts as long
/// as it gets when a template prints it indented by four with all but ASCII escaped. On top come what surrounds a prompt, each message,
/// tool and call in templates (markers, and the text that providers add where there are tools or a schema), as constants above those that
/// are documented, and pictures.
///
/// What it rests on: kept thoughts are encrypted without being compressed. Tokenizers that first normalise their input (NFKC) can
/// make more of some exotic characters.
[[nodiscard]] std::uint64_t prompt_token_bound(const Request& request);

/// What it will probably be: a token for every 3.5 bytes. For display and for keeping within a context window; not for budgets.
[[nodiscard]] std::uint64_t prompt_token_estimate(const Request& request);

}  // namespace skein::model
