#pragma once

#include <memory>

#include "model/codec.hpp"

namespace skein::model::openai {

/// OpenAI's Chat Completions (https://platform.openai.com/docs/api-reference/chat), which most servers speak: llama-server, vLLM, Ollama,
/// LM Studio, DeepSeek, OpenRouter, Gemini and others. Where they differ from it when asked is in the `Profile`; where they differ when
/// they answer is in `ChatAnswer`. Only the first choice is read.
///
/// - `Reasoning::kept` of provider "openai_chat" is {"field"}: the member that the thoughts came in and go back in, beside the calls that
///   followed from them, until the user speaks again; only to servers whose profile says `reasoning_replay`.
/// - `ToolCall::kept` is {"extra_content"}, which Gemini demands back.
class ChatCodec final : public Codec {
 public:
  [[nodiscard]] Result<WireRequest> encode(const Request& request, const Profile& profile, Streaming streaming) const override;
  [[nodiscard]] Result<Response> decode(const Json& body) const override;
  [[nodiscard]] std::unique_ptr<StreamDecoder> decoder() const override;
};

}  // namespace skein::model::openai
