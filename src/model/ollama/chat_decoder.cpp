#include "model/ollama/chat_decoder.hpp"

#include <algorithm>
#include <utility>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "model/ollama/chat_codec.hpp"
#include "model/wire_value.hpp"

namespace skein::model::ollama {
namespace {

using wire::count_at;
using wire::list_at;
using wire::object_at;
using wire::tell;
using wire::text_at;

/// Ollama says what is wrong in words only.
Error reported_error(const Json& error) {
  auto words = error.is_string() ? std::string(error.get_string()) : std::string();
  if (const auto* object = error.if_object()) words = text_at(*object, "message");
  if (words.empty()) words = to_json(error);
  Error out;
  out.code = words.find("not found") != std::string::npos ? ErrorCode::not_found : ErrorCode::http_status;
  for (const auto* passing : {"overloaded", "busy", "timeout", "timed out", "unexpectedly stopped", "EOF"}) {
    out.retryable = out.retryable || words.find(passing) != std::string::npos;
  }
  out.message = "Ollama reports an error: " + shorten(words, 500);
  return out;
}

}  // namespace

Result<void> ChatDecoder::frame(std::string_view /*event*/, std::string_view data, const OnDelta& on_delta) {
  if (done_) return {};
  auto line = wire::event_object(data);
  if (!line) return std::unexpected(std::move(line.error()));
  return take(*line, on_delta);
}

Result<void> ChatDecoder::take(const JsonObject& line, const OnDelta& on_delta) {
  if (const auto* error = line.if_contains("error"); error != nullptr && !error->is_null()) return std::unexpected(reported_error(*error));
  if (const auto model = text_at(line, "model"); !model.empty()) model_ = model;
  if (const auto* message = object_at(line, "message")) {
    const auto thinking = text_at(*message, "thinking");
    thinking_ += thinking;
    tell(on_delta, Delta::Kind::reasoning, thinking);
    const auto text = text_at(*message, "content");
    text_ += text;
    tell(on_delta, Delta::Kind::text, text);
    if (auto taken = take_calls(*message, on_delta); !taken) return taken;
  }
  const auto* done = line.if_contains("done");
  if (done != nullptr && done->is_bool() && done->get_bool()) take_end(line);
  return {};
}

Result<void> ChatDecoder::take_calls(const JsonObject& message, const OnDelta& on_delta) {
  const auto* calls = list_at(message, "tool_calls");
  if (calls == nullptr) return {};
  for (const auto& value : *calls) {
    const auto* call = value.if_object();
    const auto* function = call == nullptr ? nullptr : object_at(*call, "function");
    if (function == nullptr) continue;
    if (calls_.size() >= wire::most_calls) return wire::too_many_calls();
    const auto number = calls_.size();
    auto& taken = calls_.emplace_back(ToolCall{.id = std::string(text_at(*call, "id")),
                                               .name = std::string(text_at(*function, "name")),
                                               .arguments = wire::arguments_text(function->if_contains("arguments")),
                                               .kept = nullptr});
    tell(on_delta, Delta::Kind::tool_name, taken.name, number);
    tell(on_delta, Delta::Kind::tool_arguments, taken.arguments, number);
  }
  return {};
}

void ChatDecoder::take_end(const JsonObject& line) {
  done_ = true;
  created_ = text_at(line, "created_at");
  reason_ = text_at(line, "done_reason");
  // The prompt's count is left out where all of it was still in the server's memory.
  if (line.contains("eval_count") || line.contains("prompt_eval_count")) {
    usage_ = Usage{.input = count_at(line, "prompt_eval_count"), .output = count_at(line, "eval_count")};
  }
}

Result<Response> ChatDecoder::finish() {
  if (!done_) return wire::broken_off();
  if (reason_ == "load" || reason_ == "unload") {
    return wire::bad_answer("Ollama has only " + reason_ + "ed the model and said nothing; are the messages empty?");
  }
  Response response;
  response.message.role = Role::assistant;
  response.model = std::move(model_);
  response.usage = usage_;
  auto& parts = response.message.parts;
  if (!thinking_.empty()) {
    JsonObject kept;
    kept.emplace("field", "thinking");
    parts.emplace_back(Reasoning{.text = std::move(thinking_), .provider = std::string(provider_name), .kept = std::move(kept)});
  }
  if (!text_.empty()) parts.emplace_back(Text{std::move(text_)});
  const bool cut_off = std::ranges::any_of(calls_, [](const ToolCall& call) { return wire::is_cut_off(call.arguments); });
  response.finish = reason_ == "length" || cut_off ? Finish::length : calls_.empty() ? Finish::stop : Finish::tool_calls;
  // Older servers name no call; the time of the answer, to the nanosecond, keeps the names of different answers apart.
  const auto answer = created_.empty() ? std::string() : "call_" + sha256_hex(created_).substr(0, 12);
  std::vector<std::string> taken;
  for (auto& call : calls_) {
    if (call.id.empty() || std::ranges::find(taken, call.id) != taken.end()) call.id = wire::made_up_id(answer, call, taken.size());
    taken.push_back(call.id);
    parts.emplace_back(std::move(call));
  }
  calls_.clear();
  return response;
}

}  // namespace skein::model::ollama
