#include "model/openai/chat_answer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "model/openai/responses_answer.hpp"
#include "model/wire_value.hpp"

namespace skein::model::openai {
namespace {

using wire::count_at;
using wire::list_at;
using wire::object_at;
using wire::tell;
using wire::text_at;

bool has_number(const JsonObject& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_number();
}

/// As the model wrote them; an object, which some servers send, compactly.
std::string arguments_at(const JsonObject& function) {
  const auto* value = function.if_contains("arguments");
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? std::string(value->get_string()) : to_json(*value);
}

}  // namespace

void ChatAnswer::ObjectEnd::read(std::string_view text) {
  for (const char c : text) {
    if (in_text_) {
      if (!escaped_ && c == '"') in_text_ = false;
      escaped_ = !escaped_ && c == '\\';
    } else if (c == '{' || c == '[') {
      begun_ = begun_ || c == '{';
      ++depth_;
    } else if (c == '"') {
      in_text_ = true;
    } else if ((c == '}' || c == ']') && depth_ > 0) {
      --depth_;
    }
  }
}

void ChatAnswer::take_frame(const JsonObject& body) {
  if (const auto id = text_at(body, "id"); !id.empty() && id_.empty()) id_ = id;
  if (const auto model = text_at(body, "model"); !model.empty() && model_.empty()) model_ = model;
  if (const auto* usage = object_at(body, "usage")) usage_ = *usage;
  if (const auto* timings = object_at(body, "timings")) timings_ = *timings;
}

Result<void> ChatAnswer::take_message(const JsonObject& message, const OnDelta& on_delta) {
  take_words(message, on_delta);
  return take_calls(message, true, on_delta);
}

Result<void> ChatAnswer::take_delta(const JsonObject& delta, const OnDelta& on_delta) {
  take_words(delta, on_delta);
  return take_calls(delta, false, on_delta);
}

void ChatAnswer::say(std::string_view text, const OnDelta& on_delta) {
  text_ += text;
  tell(on_delta, Delta::Kind::text, text);
}

void ChatAnswer::think(std::string_view text, std::string_view field, const OnDelta& on_delta) {
  if (text.empty()) return;
  reasoning_ += text;
  if (reasoning_field_.empty()) reasoning_field_ = field;
  tell(on_delta, Delta::Kind::reasoning, text);
}

void ChatAnswer::take_words(const JsonObject& piece, const OnDelta& on_delta) {
  // A server that is changing from one name to the other sends both, with the same text.
  for (const auto* field : {"reasoning_content", "reasoning"}) {
    if (const auto text = text_at(piece, field); !text.empty()) {
      think(text, field, on_delta);
      break;
    }
  }
  say(text_at(piece, "content"), on_delta);
  if (const auto* parts = list_at(piece, "content")) {
    for (const auto& value : *parts) {
      const auto* part = value.if_object();
      if (part == nullptr) continue;
      const auto type = text_at(*part, "type");
      if (type == "text") say(text_at(*part, "text"), on_delta);
      const auto* thoughts = type == "thinking" ? list_at(*part, "thinking") : nullptr;
      if (thoughts == nullptr) continue;
      for (const auto& thought : *thoughts) {
        if (thought.is_object()) think(text_at(thought.get_object(), "text"), "", on_delta);
      }
    }
  }
  const auto refusal = text_at(piece, "refusal");
  refusal_ += refusal;
  tell(on_delta, Delta::Kind::text, refusal);
}

Result<void> ChatAnswer::take_calls(const JsonObject& piece, bool whole, const OnDelta& on_delta) {
  if (const auto* calls = list_at(piece, "tool_calls")) {
    for (const auto& call : *calls) {
      if (!call.is_object()) continue;
      if (auto taken = take_call(call.get_object(), whole, on_delta); !taken) return taken;
    }
  }
  const auto* function = object_at(piece, "function_call");  // what came before tool_calls
  if (function == nullptr || text_at(*function, "name").empty() == calls_.empty()) return {};
  JsonObject call;
  call.emplace("index", 0);
  call.emplace("function", *function);
  return take_call(call, whole, on_delta);
}

ChatAnswer::Call* ChatAnswer::begun_call(const JsonObject& piece, std::string_view name, std::string_view arguments) {
  const bool placed = has_number(piece, "index");
  const auto index = count_at(piece, "index");
  const auto id = text_at(piece, "id");
  const auto here = [&](const Call& call) { return !placed || call.index == index; };
  if (!id.empty()) {
    const auto same = std::ranges::find_if(calls_, [&](const Call& call) { return call.id == id && here(call); });
    if (same != calls_.end()) return &*same;
  }
  const auto latest = std::find_if(calls_.rbegin(), calls_.rend(), here);
  if (latest == calls_.rend()) return nullptr;
  if (!id.empty()) return latest->id.empty() && !latest->end.closed() ? &*latest : nullptr;
  const bool another = latest->end.closed() && !name.empty() && (name != latest->name || !trim(arguments).empty());
  return another ? nullptr : &*latest;
}

Result<void> ChatAnswer::take_call(const JsonObject& piece, bool whole, const OnDelta& on_delta) {
  static const JsonObject nothing;
  const auto* found = object_at(piece, "function");
  const auto& function = found == nullptr ? nothing : *found;
  const auto name = text_at(function, "name");
  const auto arguments = arguments_at(function);
  auto* call = whole ? nullptr : begun_call(piece, name, arguments);
  if (call == nullptr) {
    if (calls_.size() >= wire::most_calls) return wire::too_many_calls();
    call = &calls_.emplace_back();
    call->index = has_number(piece, "index") ? count_at(piece, "index") : calls_.size() - 1;
  }
  const auto number = static_cast<std::size_t>(call - calls_.data());
  if (call->id.empty()) call->id = text_at(piece, "id");
  // A name may come again with each piece; while there are no arguments, another is the rest of it.
  if (name != call->name && call->arguments.empty()) {
    call->name += name;
    tell(on_delta, Delta::Kind::tool_name, name, number);
  }
  call->arguments += arguments;
  call->end.read(arguments);
  tell(on_delta, Delta::Kind::tool_arguments, arguments, number);
  if (const auto* more = object_at(piece, "extra_content")) {  // Gemini's thought signature
    JsonObject kept;
    kept.emplace("extra_content", *more);
    call->kept = std::move(kept);
  }
  return {};
}

bool ChatAnswer::cut_off() const {
  return std::ranges::any_of(calls_, [](const Call& call) { return wire::is_cut_off(call.arguments); });
}

Finish ChatAnswer::finish_of() const {
  if (reason_ == "length" || reason_ == "max_tokens" || reason_ == "model_length") return Finish::length;
  if (reason_ == "content_filter") return Finish::content_filter;
  if (!calls_.empty()) return cut_off() ? Finish::length : Finish::tool_calls;
  return refusal_.empty() ? Finish::stop : Finish::refusal;
}

std::optional<Usage> ChatAnswer::usage() const {
  Usage usage;
  if (usage_.empty()) {
    if (timings_.empty()) return std::nullopt;
    usage.cached_input = count_at(timings_, "cache_n");
    usage.input = count_at(timings_, "prompt_n") + usage.cached_input;
    usage.output = count_at(timings_, "predicted_n");
    return usage;
  }
  usage.input = count_at(usage_, "prompt_tokens");
  // Some servers leave reasoning out of completion_tokens and count it in the total.
  const auto total = count_at(usage_, "total_tokens");
  usage.output = std::max(count_at(usage_, "completion_tokens"), total > usage.input ? total - usage.input : 0);
  usage.cached_input = count_at(usage_, "prompt_cache_hit_tokens");  // DeepSeek
  if (const auto* details = object_at(usage_, "prompt_tokens_details")) {
    usage.cached_input = std::max(usage.cached_input, count_at(*details, "cached_tokens"));
    usage.cache_write = count_at(*details, "cache_write_tokens");
  }
  usage.cached_input = std::min(usage.cached_input, usage.input);
  usage.cache_write = std::min(usage.cache_write, usage.input - usage.cached_input);
  if (const auto* details = object_at(usage_, "completion_tokens_details")) {
    usage.reasoning = std::min(count_at(*details, "reasoning_tokens"), usage.output);
  }
  return usage;
}

Result<Response> ChatAnswer::finish() {
  if (reason_ == "error") return wire::bad_answer("the model's server gave the answer up; try again");
  Response response;
  response.finish = finish_of();
  response.usage = usage();
  response.model = std::move(model_);
  auto& parts = response.message.parts;
  response.message.role = Role::assistant;
  if (!reasoning_.empty()) {
    Reasoning thought{.text = std::move(reasoning_), .provider = std::string(chat_name), .kept = nullptr};
    if (!reasoning_field_.empty()) {
      JsonObject kept;
      kept.emplace("field", reasoning_field_);
      thought.kept = std::move(kept);
    }
    parts.emplace_back(std::move(thought));
  }
  if (!text_.empty()) parts.emplace_back(Text{std::move(text_)});
  if (!refusal_.empty()) parts.emplace_back(Text{std::move(refusal_)});
  std::vector<std::string> taken;
  for (auto& call : calls_) {
    // A call without arguments is one whose arguments are empty, unless the answer was cut off before they came.
    if (trim(call.arguments).empty() && response.finish != Finish::length) call.arguments = "{}";
    ToolCall out{
        .id = std::move(call.id), .name = std::move(call.name), .arguments = std::move(call.arguments), .kept = std::move(call.kept)};
    if (out.id.empty() || std::ranges::find(taken, out.id) != taken.end()) out.id = wire::made_up_id(id_, out, taken.size());
    taken.push_back(out.id);
    parts.emplace_back(std::move(out));
  }
  calls_.clear();
  response.id = std::move(id_);
  return response;
}

const Json* chat_error_in(const Json& body) {
  const auto* object = body.if_object();
  if (object == nullptr) return nullptr;
  const auto* error = object->if_contains("error");
  if (error != nullptr && !error->is_null()) return error;
  return text_at(*object, "object") == "error" ? &body : nullptr;  // older vLLM
}

Error reported_chat_error(const Json& error) {
  const auto* object = error.if_object();
  if (object == nullptr) {
    JsonObject made;
    made.emplace("message", error.is_string() ? std::string(error.get_string()) : shorten(to_json(error), 300));
    return reported_response_error(made);
  }
  auto out = reported_response_error(*object);
  const auto status = count_at(*object, "code");  // llama-server and vLLM number their errors as HTTP does
  constexpr std::array waits{408U, 409U, 425U, 429U};
  if (status == 429) out.code = ErrorCode::rate_limited;
  if (status == 401) out.code = ErrorCode::unauthenticated;
  if (status == 403) out.code = ErrorCode::permission_denied;
  if (status == 404) out.code = ErrorCode::not_found;
  if (status == 400 || status == 422) out.code = ErrorCode::invalid_argument;
  if (status >= 400) out.retryable = status >= 500 || std::ranges::find(waits, status) != waits.end();
  return out;
}

}  // namespace skein::model::openai
