#include "model/codecs.hpp"

#include "model/anthropic/messages_codec.hpp"
#include "model/ollama/chat_codec.hpp"
#include "model/openai/chat_codec.hpp"
#include "model/openai/responses_codec.hpp"

namespace skein::model {

std::unique_ptr<const Codec> make_codec(Api api) {
  switch (api) {
    case Api::openai_responses: return std::make_unique<const openai::ResponsesCodec>();
    case Api::anthropic_messages: return std::make_unique<const anthropic::MessagesCodec>();
    case Api::ollama_chat: return std::make_unique<const ollama::ChatCodec>();
    case Api::openai_chat: break;
  }
  return std::make_unique<const openai::ChatCodec>();
}

}  // namespace skein::model
