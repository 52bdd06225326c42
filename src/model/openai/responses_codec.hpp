#pragma once

#include <memory>

#include "model/codec.hpp"

namespace skein::model::openai {

/// OpenAI's Responses API (https://platform.openai.com/docs/api-reference/responses), used without state on the server: nothing is stored
/// there, and what a model thought comes encrypted and goes back beside the calls that follow from it. What has no place in the API (stop
/// texts, a seed) is refused.
///
/// - `Reasoning::kept` of provider "openai_responses" is an item to send back word for word: reasoning, or one of a kind that Skein does
///   not know (a search on the server).
/// - `ToolCall::kept` is {"item_id"}: the call's own name beside its `call_id`, which ties it to the reasoning before it.
class ResponsesCodec final : public Codec {
 public:
  [[nodiscard]] Result<WireRequest> encode(const Request& request, const Profile& profile, Streaming streaming) const override;
  [[nodiscard]] Result<Response> decode(const Json& body) const override;
  [[nodiscard]] std::unique_ptr<StreamDecoder> decoder() const override;
};

}  // namespace skein::model::openai
