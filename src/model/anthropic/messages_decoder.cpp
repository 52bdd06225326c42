#include "model/anthropic/messages_decoder.hpp"

#include <utility>

#include "model/anthropic/messages_answer.hpp"
#include "model/wire_value.hpp"

namespace skein::model::anthropic {
namespace {

using wire::object_at;
using wire::tell;
using wire::text_at;

bool is_call(const JsonObject& block) { return text_at(block, "type") == "tool_use"; }

}  // namespace

Result<void> MessagesDecoder::frame(std::string_view event, std::string_view data, const OnDelta& on_delta) {
  if (done_) return {};
  auto body = wire::event_object(data);
  if (!body) return std::unexpected(std::move(body.error()));
  auto type = text_at(*body, "type");
  if (type.empty()) type = event;
  if (type == "error") {
    const auto* error = object_at(*body, "error");
    return std::unexpected(reported_error(error == nullptr ? *body : *error));
  }
  if (type == "message_start") {
    begun_ = true;
    if (const auto* message = object_at(*body, "message")) {
      for (const auto* key : {"id", "model"}) message_[key] = text_at(*message, key);
      take_usage(*message);
    }
  } else if (type == "content_block_start") {
    return start_block(*body, on_delta);
  } else if (type == "content_block_delta") {
    return extend_block(*body, on_delta);
  } else if (type == "content_block_stop") {
    stop_block(*body, on_delta);
  } else if (type == "message_delta") {
    if (const auto* delta = object_at(*body, "delta")) {
      if (const auto reason = text_at(*delta, "stop_reason"); !reason.empty()) message_["stop_reason"] = reason;
    }
    take_usage(*body);
  } else if (type == "message_stop") {
    done_ = begun_;
  }
  return {};  // pings, and kinds that later versions may add
}

Result<void> MessagesDecoder::start_block(const JsonObject& event, const OnDelta& on_delta) {
  const auto* start = object_at(event, "content_block");
  if (start == nullptr) return wire::bad_answer("the model's server began a block without saying of what kind");
  const auto [place, fresh] = blocks_.try_emplace(wire::count_at(event, "index"));
  if (!fresh) return wire::bad_answer("the model's server began block " + std::to_string(place->first) + " twice");
  auto& block = place->second;
  block.start = *start;
  const auto type = text_at(block.start, "type");
  if (type == "text") {
    block.text = text_at(block.start, "text");
    tell(on_delta, Delta::Kind::text, block.text);
  } else if (type == "thinking") {
    block.text = text_at(block.start, "thinking");
    block.signature = text_at(block.start, "signature");
    tell(on_delta, Delta::Kind::reasoning, block.text);
  } else if (type == "tool_use") {
    block.call = calls_++;
    tell(on_delta, Delta::Kind::tool_name, text_at(block.start, "name"), block.call);
  }
  return {};
}

Result<void> MessagesDecoder::extend_block(const JsonObject& event, const OnDelta& on_delta) {
  const auto index = wire::count_at(event, "index");
  const auto place = blocks_.find(index);
  if (place == blocks_.end())
    return wire::bad_answer("the model's server went on with block " + std::to_string(index) + ", which it had not begun");
  const auto* delta = object_at(event, "delta");
  if (delta == nullptr) return {};
  auto& block = place->second;
  const auto type = text_at(*delta, "type");
  if (type == "text_delta") {
    block.text += text_at(*delta, "text");
    tell(on_delta, Delta::Kind::text, text_at(*delta, "text"));
  } else if (type == "thinking_delta") {
    block.text += text_at(*delta, "thinking");
    tell(on_delta, Delta::Kind::reasoning, text_at(*delta, "thinking"));
  } else if (type == "signature_delta") {
    block.signature = text_at(*delta, "signature");
  } else if (type == "input_json_delta") {
    block.input += text_at(*delta, "partial_json");
    if (is_call(block.start)) tell(on_delta, Delta::Kind::tool_arguments, text_at(*delta, "partial_json"), block.call);
  }
  return {};
}

/// Some servers announce a call with all of its arguments and send no pieces.
void MessagesDecoder::stop_block(const JsonObject& event, const OnDelta& on_delta) {
  const auto place = blocks_.find(wire::count_at(event, "index"));
  if (place == blocks_.end()) return;
  const auto& block = place->second;
  if (is_call(block.start) && block.input.empty()) {
    tell(on_delta, Delta::Kind::tool_arguments, wire::arguments_text(block.start.if_contains("input")), block.call);
  }
}

/// Later counts are cumulative and replace earlier ones; a null says nothing.
void MessagesDecoder::take_usage(const JsonObject& holder) {
  const auto* usage = object_at(holder, "usage");
  if (usage == nullptr) return;
  for (const auto& member : *usage) {
    if (!member.value().is_null()) usage_[member.key()] = member.value();
  }
}

Result<Response> MessagesDecoder::finish() {
  if (!done_) return wire::broken_off();
  JsonArray content;
  for (auto& [index, block] : blocks_) {
    auto whole = std::move(block.start);
    const auto type = std::string(text_at(whole, "type"));
    if (type == "text") {
      whole["text"] = block.text;
    } else if (type == "thinking") {
      whole["thinking"] = block.text;
      whole["signature"] = block.signature;
    }
    if (!block.input.empty()) {
      auto input = parse_json(block.input);
      whole["input"] = input ? std::move(*input) : Json(block.input);
    }
    content.emplace_back(std::move(whole));
  }
  blocks_.clear();
  message_["content"] = std::move(content);
  if (!usage_.empty()) message_["usage"] = std::move(usage_);
  return read_message(message_);
}

}  // namespace skein::model::anthropic
