#pragma once

#include <cstdint>
#include <memory>

#include "model/codec.hpp"

namespace skein::model::anthropic {

/// The API demands a limit; this one stands where a request has none.
inline constexpr std::uint32_t default_max_tokens = 4096;
/// Version of the wire format, sent as the header `anthropic-version`.
inline constexpr std::string_view api_version = "2023-06-01";

/// Anthropic's Messages API (https://platform.claude.com/docs/en/api/messages). What has no place in it (a seed) is refused.
///
/// - Thinking goes back with its signature, blocks of other kinds (redacted thinking, server tools) word for word; both stand in
///   `Reasoning::kept` of provider "anthropic".
/// - `reasoning_effort` becomes adaptive thinking with an effort, on models from before that a share of the output limit as a budget.
/// - Prompt caching marks the end of what stays the same (system prompt, else tools) and the end of the conversation.
class MessagesCodec final : public Codec {
 public:
  [[nodiscard]] Result<WireRequest> encode(const Request& request, const Profile& profile, Streaming streaming) const override;
  [[nodiscard]] Result<Response> decode(const Json& body) const override;
  [[nodiscard]] std::unique_ptr<StreamDecoder> decoder() const override;
};

}  // namespace skein::model::anthropic
