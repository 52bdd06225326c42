#include "model/anthropic/messages_answer.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "model/wire_value.hpp"

namespace skein::model::anthropic {
namespace {

using wire::count_at;
using wire::list_at;
using wire::object_at;
using wire::text_at;

struct KnownError {
  std::string_view type;
  ErrorCode code;
  bool retryable;
};

/// https://platform.claude.com/docs/en/api/errors
constexpr std::array known_errors{
    KnownError{.type = "invalid_request_error", .code = ErrorCode::invalid_argument, .retryable = false},
    KnownError{.type = "authentication_error", .code = ErrorCode::unauthenticated, .retryable = false},
    KnownError{.type = "permission_error", .code = ErrorCode::permission_denied, .retryable = false},
    KnownError{.type = "not_found_error", .code = ErrorCode::not_found, .retryable = false},
    KnownError{.type = "request_too_large", .code = ErrorCode::too_large, .retryable = false},
    KnownError{.type = "rate_limit_error", .code = ErrorCode::rate_limited, .retryable = true},
    KnownError{.type = "api_error", .code = ErrorCode::http_status, .retryable = true},
    KnownError{.type = "timeout_error", .code = ErrorCode::http_status, .retryable = true},
    KnownError{.type = "overloaded_error", .code = ErrorCode::http_status, .retryable = true},
};

void add_thinking(Message& message, const JsonObject& block) {
  Reasoning part{.text = std::string(text_at(block, "thinking")), .provider = std::string(provider_name), .kept = nullptr};
  const auto signature = text_at(block, "signature");
  if (!signature.empty()) {
    JsonObject kept;
    kept.emplace("signature", signature);
    part.kept = std::move(kept);
  }
  if (!part.text.empty() || !part.kept.is_null()) message.parts.emplace_back(std::move(part));
}

void add_call(Message& message, const JsonObject& block, std::string_view answer_id, std::size_t number) {
  std::string id(text_at(block, "id"));
  if (id.empty()) id = std::string(answer_id.empty() ? "call" : answer_id) + "_" + std::to_string(number);
  message.parts.emplace_back(ToolCall{.id = std::move(id),
                                      .name = std::string(text_at(block, "name")),
                                      .arguments = wire::arguments_text(block.if_contains("input")),
                                      .kept = nullptr});
}

Message read_content(const JsonArray& content, std::string_view answer_id) {
  Message message{.role = Role::assistant, .parts = {}};
  std::size_t calls = 0;
  for (const auto& item : content) {
    const auto* block = item.if_object();
    if (block == nullptr) continue;
    const auto type = text_at(*block, "type");
    if (type == "text") {
      if (const auto text = text_at(*block, "text"); !text.empty()) message.parts.emplace_back(Text{std::string(text)});
    } else if (type == "thinking") {
      add_thinking(message, *block);
    } else if (type == "tool_use") {
      add_call(message, *block, answer_id, calls++);
    } else if (!type.empty()) {
      message.parts.emplace_back(Reasoning{.text = {}, .provider = std::string(provider_name), .kept = *block});
    }
  }
  return message;
}

Finish read_finish(std::string_view reason, bool calls) {
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") return Finish::length;
  if (reason == "pause_turn") return Finish::paused;
  if (reason == "refusal") return Finish::refusal;
  return calls ? Finish::tool_calls : Finish::stop;  // whatever else it says, nobody but us can answer the calls
}

std::optional<Usage> read_usage(const JsonObject& message) {
  const auto* counted = object_at(message, "usage");
  if (counted == nullptr) return std::nullopt;
  Usage usage;
  usage.cached_input = count_at(*counted, "cache_read_input_tokens");
  usage.cache_write = count_at(*counted, "cache_creation_input_tokens");
  usage.input = count_at(*counted, "input_tokens") + usage.cached_input + usage.cache_write;
  usage.output = count_at(*counted, "output_tokens");
  if (const auto* details = object_at(*counted, "output_tokens_details")) {
    usage.reasoning = std::min(count_at(*details, "thinking_tokens"), usage.output);
  }
  return usage;
}

}  // namespace

Error reported_error(const JsonObject& error) {
  const auto type = text_at(error, "type");
  const auto message = shorten(text_at(error, "message"), 500);
  const auto* known = std::find_if(known_errors.begin(), known_errors.end(), [&](const KnownError& one) { return one.type == type; });
  Error out;
  out.code = known == known_errors.end() ? ErrorCode::http_status : known->code;
  out.retryable = known != known_errors.end() && known->retryable;
  out.message = "the model's server reports " + (type.empty() ? std::string("an error") : shorten(type, 80));
  if (!message.empty()) out.message += ": " + message;
  return out;
}

Result<Response> read_message(const JsonObject& message) {
  if (text_at(message, "type") == "error" || object_at(message, "error") != nullptr) {
    const auto* error = object_at(message, "error");
    return std::unexpected(reported_error(error == nullptr ? message : *error));
  }
  const auto* content = list_at(message, "content");
  if (content == nullptr) return wire::bad_answer("the model's answer has no list 'content'; is this a server of the Messages API?");
  Response response;
  response.id = text_at(message, "id");
  response.model = text_at(message, "model");
  response.message = read_content(*content, response.id);
  const bool calls = std::any_of(response.message.parts.begin(), response.message.parts.end(),
                                 [](const Part& part) { return std::holds_alternative<ToolCall>(part); });
  response.finish = read_finish(text_at(message, "stop_reason"), calls);
  response.usage = read_usage(message);
  return response;
}

}  // namespace skein::model::anthropic
