// Whatever a model's server answers, whole or streamed, there is an answer or an error; what was understood can be stored, read back and
// sent again. The first byte chooses the API (bits 1 and 4) and the form (bit 2); a stream has an event's data on each line.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "model/anthropic/messages_codec.hpp"
#include "model/message.hpp"
#include "model/ollama/chat_codec.hpp"
#include "model/openai/chat_codec.hpp"
#include "model/openai/responses_codec.hpp"

namespace {

using namespace skein;

void require(bool holds) {
  if (!holds) std::abort();
}

Result<model::Response> whole(const model::Codec& codec, std::string_view text) {
  const auto body = parse_json(text);
  if (!body) return std::unexpected(body.error());
  (void)codec.complaint(*body);
  return codec.decode(*body);
}

Result<model::Response> streamed(const model::Codec& codec, std::string_view text) {
  auto decoder = codec.decoder();
  const auto lines = split(text, '\n');
  const auto on_delta = [&](const model::Delta& delta) {
    require(!delta.text.empty() && is_utf8(delta.text));
    require(delta.index < text.size());  // listeners keep a place for each
  };
  for (const auto line : lines) {
    if (auto taken = decoder->frame({}, line, on_delta); !taken) return std::unexpected(std::move(taken.error()));
  }
  return decoder->finish();
}

void check(const model::Codec& codec, const model::Response& response) {
  require(response.message.role == model::Role::assistant);
  const auto calls = model::calls_of(response.message);
  for (const auto& call : calls) require(!call.id.empty() && (!call.arguments.empty() || response.finish == model::Finish::length));
  require(response.finish != model::Finish::tool_calls || !calls.empty());
  if (response.usage) {
    require(response.usage->cached_input + response.usage->cache_write <= response.usage->input);
    require(response.usage->reasoning <= response.usage->output);
  }
  const auto stored = parse_json(to_json(model::message_to_json(response.message)), max_record_depth);
  require(stored && model::message_from_json(*stored) == response.message);

  model::Request request;
  request.model = "m";
  request.messages = {model::user_says("x"), response.message, model::user_says("y")};
  model::Profile profile;
  for (const bool replay : {false, true}) {
    profile.reasoning_replay = replay;
    const auto again = codec.encode(request, profile, model::Streaming::on);
    require(again && !to_json(Json(again->body)).empty());
  }
}

const model::Codec& codec_of(std::uint8_t selector) {
  static const model::anthropic::MessagesCodec messages;
  static const model::openai::ResponsesCodec responses;
  static const model::openai::ChatCodec chat;
  static const model::ollama::ChatCodec ollama;
  switch (selector & 5) {
    case 0: return messages;
    case 1: return responses;
    case 4: return chat;
    default: return ollama;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto& codec = codec_of(data[0]);
  const auto response = (data[0] & 2) == 0 ? whole(codec, text) : streamed(codec, text);
  if (response) {
    check(codec, *response);
  } else {
    require(!response.error().message.empty() && response.error().code != ErrorCode::internal);
  }
  return 0;
}
