#pragma once

#include <memory>

#include "model/codec.hpp"

namespace skein::model::ollama {

/// Reasoning of this format ({"field": "thinking"}) goes back beside the calls that followed from it, until the user speaks again.
inline constexpr std::string_view provider_name = "ollama";

/// Ollama's own API (https://docs.ollama.com/api/chat), which can set the size of the context where its OpenAI route cannot: `num_ctx` in
/// `Request::extra` becomes `options.num_ctx`, and an object `options` there is merged into the options.
///
/// It takes pictures as base64 only, and knows neither tool_choice nor parallel_tool_calls. It reads the arguments of calls itself, so they
/// are never cut off.
class ChatCodec final : public Codec {
 public:
  [[nodiscard]] Result<WireRequest> encode(const Request& request, const Profile& profile, Streaming streaming) const override;
  [[nodiscard]] Result<Response> decode(const Json& body) const override;
  [[nodiscard]] Framing framing() const override { return Framing::lines; }
  [[nodiscard]] std::unique_ptr<StreamDecoder> decoder() const override;
};

}  // namespace skein::model::ollama
