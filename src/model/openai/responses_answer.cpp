#include "model/openai/responses_answer.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "model/codec.hpp"
#include "model/wire_value.hpp"

namespace skein::model::openai {
namespace {

using wire::count_at;
using wire::list_at;
using wire::object_at;
using wire::text_at;

/// What of an answer's items has no place in a message's parts.
struct Findings {
  std::size_t calls = 0;
  bool refused = false;
  bool lost_reasoning = false;  ///< some came without its encrypted form and cannot go back
};

void add_text(Message& message, std::string_view text) {
  if (!text.empty()) message.parts.emplace_back(Text{std::string(text)});
}

void read_text_item(Message& message, Findings& findings, const JsonObject& item) {
  const auto* content = list_at(item, "content");
  if (content == nullptr) return add_text(message, text_at(item, "content"));
  for (const auto& value : *content) {
    const auto* part = value.if_object();
    if (part == nullptr) continue;
    const auto type = text_at(*part, "type");
    if (type == "output_text" || type == "text") add_text(message, text_at(*part, "text"));
    if (type != "refusal") continue;
    findings.refused = true;
    add_text(message, text_at(*part, "refusal"));
  }
}

void read_reasoning(Message& message, Findings& findings, const JsonObject& item) {
  Reasoning part{.text = reasoning_text(item), .provider = std::string(responses_name), .kept = nullptr};
  const auto encrypted = text_at(item, "encrypted_content");
  if (encrypted.empty()) {
    findings.lost_reasoning = true;
  } else {
    // Of the item only what the API takes back: it refuses a `status`.
    auto kept = wire::of_type("reasoning");
    kept.emplace("id", text_at(item, "id"));
    const auto* summary = list_at(item, "summary");
    kept.emplace("summary", summary == nullptr ? JsonArray() : *summary);
    if (const auto* content = list_at(item, "content"); content != nullptr && !content->empty()) kept.emplace("content", *content);
    kept.emplace("encrypted_content", encrypted);
    part.kept = std::move(kept);
  }
  if (!part.text.empty() || !part.kept.is_null()) message.parts.emplace_back(std::move(part));
}

/// As the model wrote them, so that what goes back is what the server has in its cache.
std::string call_arguments(const JsonObject& item) {
  const auto text = text_at(item, "arguments");
  return trim(text).empty() ? wire::arguments_text(item.if_contains("arguments")) : std::string(text);
}

void read_call(Message& message, Findings& findings, const JsonObject& item, std::string_view answer_id) {
  ToolCall call{.id = std::string(text_at(item, "call_id")),
                .name = std::string(text_at(item, "name")),
                .arguments = call_arguments(item),
                .kept = nullptr};
  const auto item_id = text_at(item, "id");
  if (call.id.empty()) call.id = item_id;
  if (call.id.empty()) call.id = std::string(answer_id.empty() ? "call" : answer_id) + "_" + std::to_string(findings.calls);
  if (!item_id.empty()) {
    JsonObject kept;
    kept.emplace("item_id", item_id);
    call.kept = std::move(kept);
  }
  message.parts.emplace_back(std::move(call));
  ++findings.calls;
}

/// A call that names the item it came from must stand beside the reasoning it came from.
void untie_calls(Message& message) {
  for (auto& part : message.parts) {
    if (auto* call = std::get_if<ToolCall>(&part)) call->kept = nullptr;
  }
}

Message read_output(const JsonArray& output, std::string_view answer_id, Findings& findings) {
  Message message{.role = Role::assistant, .parts = {}};
  for (const auto& value : output) {
    const auto* item = value.if_object();
    if (item == nullptr) continue;
    const auto type = text_at(*item, "type");
    if (type == "message") {
      read_text_item(message, findings, *item);
    } else if (type == "reasoning") {
      read_reasoning(message, findings, *item);
    } else if (type == "function_call") {
      read_call(message, findings, *item, answer_id);
    } else if (!type.empty()) {
      message.parts.emplace_back(Reasoning{.text = {}, .provider = std::string(responses_name), .kept = *item});
    }
  }
  if (findings.lost_reasoning) untie_calls(message);
  return message;
}

Finish read_finish(const JsonObject& response, const Findings& findings) {
  if (text_at(response, "status") == "incomplete") {
    const auto* details = object_at(response, "incomplete_details");
    const bool withheld = details != nullptr && text_at(*details, "reason") == "content_filter";
    return withheld ? Finish::content_filter : Finish::length;
  }
  if (findings.calls > 0) return Finish::tool_calls;
  return findings.refused ? Finish::refusal : Finish::stop;
}

std::optional<Usage> read_usage(const JsonObject& response) {
  const auto* counted = object_at(response, "usage");
  if (counted == nullptr) return std::nullopt;
  Usage usage;
  usage.input = count_at(*counted, "input_tokens");
  usage.output = count_at(*counted, "output_tokens");
  if (const auto* details = object_at(*counted, "input_tokens_details")) {
    usage.cached_input = std::min(count_at(*details, "cached_tokens"), usage.input);
    usage.cache_write = std::min(count_at(*details, "cache_write_tokens"), usage.input - usage.cached_input);
  }
  if (const auto* details = object_at(*counted, "output_tokens_details")) {
    usage.reasoning = std::min(count_at(*details, "reasoning_tokens"), usage.output);
  }
  return usage;
}

std::string joined_texts(const JsonArray* parts) {
  std::string text;
  if (parts == nullptr) return text;
  for (const auto& value : *parts) {
    const auto* part = value.if_object();
    const auto words = part == nullptr ? std::string_view() : text_at(*part, "text");
    if (!text.empty() && !words.empty()) text += "\n\n";
    text += words;
  }
  return text;
}

}  // namespace

std::string reasoning_text(const JsonObject& item) {
  auto text = joined_texts(list_at(item, "summary"));
  return text.empty() ? joined_texts(list_at(item, "content")) : text;
}

Error reported_response_error(const JsonObject& error) {
  auto code = text_at(error, "code");
  if (code.empty()) code = text_at(error, "type");
  const auto message = shorten(text_at(error, "message"), 500);
  Error out;
  out.code = ErrorCode::http_status;
  if (code == "rate_limit_exceeded" || is_out_of_credit(code)) {
    out.code = ErrorCode::rate_limited;
    out.retryable = !is_out_of_credit(code);
  } else if (code == "server_error" || code.find("overloaded") != std::string_view::npos ||
             code.find("timeout") != std::string_view::npos) {
    out.retryable = true;
  } else if (code == "context_length_exceeded") {
    out.code = ErrorCode::too_large;
  } else if (code.starts_with("invalid_")) {
    out.code = ErrorCode::invalid_argument;
  }
  out.message = "the model's server reports " + (code.empty() || code == "error" ? std::string("an error") : shorten(code, 80));
  if (!message.empty()) out.message += ": " + message;
  return out;
}

Result<Response> read_response(const JsonObject& response) {
  if (const auto* error = object_at(response, "error")) return std::unexpected(reported_response_error(*error));
  const auto status = text_at(response, "status");
  if (status == "failed" || status == "cancelled") {
    return fail(ErrorCode::http_status,
                "the model's server reports that the answer " + std::string(status == "failed" ? "failed" : "was cancelled"));
  }
  if (status == "queued" || status == "in_progress") {
    return wire::bad_answer("the model's server answered before the model did (status '" + std::string(status) + "')");
  }
  const auto* output = list_at(response, "output");
  if (output == nullptr) return wire::bad_answer("the model's answer has no list 'output'; is this a server of the Responses API?");
  Response out;
  out.id = text_at(response, "id");
  out.model = text_at(response, "model");
  Findings findings;
  out.message = read_output(*output, out.id, findings);
  out.finish = read_finish(response, findings);
  out.usage = read_usage(response);
  return out;
}

}  // namespace skein::model::openai
