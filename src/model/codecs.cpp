#include "model/codecs.hpp"

#include <string>

#include "model/anthropic/messages_codec.hpp"
#include "model/openai/chat_codec.hpp"
#include "model/openai/responses_codec.hpp"

namespace skein::model {

Result<std::unique_ptr<const Codec>> make_codec(Api api) {
  switch (api) {
    case Api::openai_chat: return std::make_unique<const openai::ChatCodec>();
    case Api::openai_responses: return std::make_unique<const openai::ResponsesCodec>();
    case Api::anthropic_messages: return std::make_unique<const anthropic::MessagesCodec>();
    case Api::ollama_chat: break;
  }
  return fail(ErrorCode::unsupported, "this program does not speak " + std::string(to_string(api)));
}

}  // namespace skein::model
