// Whatever a server of the Messages or the Responses API answers, whole or streamed, there is an answer or an error; what was understood
// can be stored, read back and sent again. The first byte chooses the API and the form; a stream has an event's data on each line.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "model/anthropic/messages_codec.hpp"
#include "model/message.hpp"
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
  const bool done = decoder->done();
  auto response = decoder->finish();
  require(done || !response);
  return response;
}

void check(const model::Codec& codec, const model::Response& response) {
  require(response.message.role == model::Role::assistant);
  for (const auto& call : model::calls_of(response.message)) require(!call.id.empty() && !call.arguments.empty());
  if (response.usage) {
    require(response.usage->cached_input + response.usage->cache_write <= response.usage->input);
    require(response.usage->reasoning <= response.usage->output);
  }
  const auto stored = parse_json(to_json(model::message_to_json(response.message)), max_record_depth);
  require(stored && model::message_from_json(*stored) == response.message);

  model::Request request;
  request.model = "m";
  request.messages = {model::user_says("x"), response.message, model::user_says("y")};
  const auto again = codec.encode(request, {}, model::Streaming::on);
  require(again && !to_json(Json(again->body)).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const model::anthropic::MessagesCodec messages;
  const model::openai::ResponsesCodec responses;
  const model::Codec& codec = (data[0] & 1) == 0 ? static_cast<const model::Codec&>(messages) : responses;
  const auto response = (data[0] & 2) == 0 ? whole(codec, text) : streamed(codec, text);
  if (response) {
    check(codec, *response);
  } else {
    require(!response.error().message.empty() && response.error().code != ErrorCode::internal);
  }
  return 0;
}
