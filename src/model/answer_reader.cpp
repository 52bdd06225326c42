#include "model/answer_reader.hpp"

#include <utility>

#include "base/text.hpp"

namespace skein::model {
namespace {

constexpr std::size_t shown = 120;

using Parser = std::variant<http::SseParser, http::LineParser>;

Parser parser_for(Framing framing) {
  if (framing == Framing::lines) return Parser(std::in_place_type<http::LineParser>);
  return Parser(std::in_place_type<http::SseParser>);
}

}  // namespace

Result<Response> read_body(const Codec& codec, std::string_view body) {
  const auto value = parse_json(body);
  if (value) return codec.decode(*value);
  const auto start = trim(body);
  Error error{.code = ErrorCode::bad_response, .message = {}, .context = {}, .retryable = true, .retry_after = {}};
  error.message =
      start.empty() ? "the answer is empty" : "the answer is no JSON: " + shorten(to_valid_utf8(start.substr(0, 4 * shown)), shown);
  return std::unexpected(std::move(error));
}

void tell(const Response& response, const OnDelta& on_delta) {
  if (!on_delta) return;
  const auto say = [&](Delta::Kind kind, std::string_view text, std::size_t index = 0) {
    if (!text.empty()) on_delta(Delta{.kind = kind, .index = index, .text = text});
  };
  std::size_t calls = 0;
  for (const auto& part : response.message.parts) {
    if (const auto* text = std::get_if<Text>(&part)) {
      say(Delta::Kind::text, text->text);
    } else if (const auto* reasoning = std::get_if<Reasoning>(&part)) {
      say(Delta::Kind::reasoning, reasoning->text);
    } else if (const auto* call = std::get_if<ToolCall>(&part)) {
      say(Delta::Kind::tool_name, call->name, calls);
      say(Delta::Kind::tool_arguments, call->arguments, calls++);
    }
  }
}

AnswerReader::AnswerReader(const Codec& codec, OnDelta on_delta)
    : codec_(codec), on_delta_(std::move(on_delta)), decoder_(codec.decoder()), parser_(parser_for(codec.framing())) {}

bool AnswerReader::frame(std::string_view event, std::string_view data) {
  auto taken = decoder_->frame(event, data, on_delta_);
  if (!taken) error_ = std::move(taken.error());
  return taken && !decoder_->done();
}

bool AnswerReader::take(const http::Response& head, std::string_view chunk) {
  if (!begun_) {
    begun_ = true;
    const auto type = head.headers.get("content-type");
    if (codec_.framing() == Framing::server_sent_events && type && http::is_json_type(*type)) whole_.emplace();
  }
  if (whole_) {
    *whole_ += chunk;
    return true;
  }
  if (error_) return false;
  if (decoder_->done()) return true;
  Result<void> cut;
  if (auto* events = std::get_if<http::SseParser>(&parser_)) {
    cut = events->push(chunk, [this](const http::SseEvent& event) { return frame(event.name, event.data); });
  } else {
    cut = std::get<http::LineParser>(parser_).push(chunk, [this](std::string_view line) { return frame("", line); });
  }
  if (!cut) error_ = std::move(cut.error());
  return !error_;
}

Result<Response> AnswerReader::finish() {
  if (auto* lines = std::get_if<http::LineParser>(&parser_); lines != nullptr && !error_ && !decoder_->done()) {
    lines->finish([this](std::string_view line) { return frame("", line); });
  }
  if (error_) return std::unexpected(*error_);
  if (!whole_) return decoder_->finish();
  auto response = read_body(codec_, *whole_);
  if (response) tell(*response, on_delta_);
  return response;
}

}  // namespace skein::model
