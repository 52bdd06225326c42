#include "agent/kinds/ai_protocol.hpp"

#include <utility>

#include "base/text.hpp"

namespace skein::agent {
namespace {

constexpr std::int64_t default_max_tokens = 4096;

JsonObject user_message(const Json& content) {
  JsonObject message;
  message.emplace("role", "user");
  message.emplace("content", content);
  return message;
}

/// Whether `value` is there and is this string.
bool is_text(const Json* value, std::string_view text) {
  return value != nullptr && value->is_string() && std::string_view(value->get_string()) == text;
}

/// Removes and returns a member.
std::optional<Json> take(JsonObject& object, std::string_view key) {
  auto* found = object.if_contains(key);
  if (found == nullptr) return std::nullopt;
  Json value = std::move(*found);
  object.erase(key);
  return value;
}

void use_shorthand(JsonObject& body) {
  if (body.contains("messages")) return;
  for (const auto* key : {"prompt", "input"}) {
    const auto* text = body.if_contains(key);
    if (text == nullptr) continue;
    // `input` may be a list of messages already, as for the Responses API.
    const auto value = *take(body, key);
    if (value.is_array()) {
      body.emplace("messages", value);
    } else {
      JsonArray messages;
      messages.emplace_back(user_message(value.is_string() ? value : Json(to_json(value))));
      body.emplace("messages", std::move(messages));
    }
    return;
  }
}

Result<void> need_messages(const JsonObject& body) {
  const auto* messages = body.if_contains("messages");
  if (messages == nullptr) {
    return fail(ErrorCode::invalid_argument,
                "a task of an ai_agent needs parameters.messages (a list of {role, content}) or parameters.prompt (a text)");
  }
  if (!messages->is_array() || messages->get_array().empty()) {
    return fail(ErrorCode::invalid_argument, "parameters.messages must be a list of {role, content} with at least one entry");
  }
  return {};
}

/// Chat Completions has no `system` parameter: it becomes the first message.
void system_to_message(JsonObject& body) {
  const auto system = take(body, "system");
  auto* messages = body.if_contains("messages");
  if (!system || messages == nullptr || !messages->is_array()) return;
  JsonObject message;
  message.emplace("role", "system");
  message.emplace("content", *system);
  auto& list = messages->get_array();
  list.insert(list.begin(), Json(std::move(message)));
}

/// Messages takes no role "system" in the list: leading system texts become the `system` parameter.
void messages_to_system(JsonObject& body) {
  auto* messages = body.if_contains("messages");
  if (messages == nullptr || !messages->is_array() || body.contains("system")) return;
  std::string system;
  auto& list = messages->get_array();
  while (!list.empty()) {
    const auto* role = at_pointer(list.front(), "/role");
    const auto* content = at_pointer(list.front(), "/content");
    if (!is_text(role, "system") || content == nullptr || !content->is_string()) break;
    if (!system.empty()) system += "\n\n";
    system += content->get_string();
    list.erase(list.begin());
  }
  if (!system.empty()) body.emplace("system", std::move(system));
}

std::string text_of_parts(const Json* parts, std::string_view type) {
  std::string text;
  if (parts == nullptr) return text;
  if (parts->is_string()) return std::string(parts->get_string());
  if (const auto* list = parts->if_array()) {
    for (const auto& part : *list) {
      const auto* kind = at_pointer(part, "/type");
      const auto* words = at_pointer(part, "/text");
      if (is_text(kind, type) && words != nullptr && words->is_string()) text += words->get_string();
    }
  }
  return text;
}

std::int64_t tokens(const Json& answer, std::string_view pointer) {
  const auto* value = at_pointer(answer, pointer);
  boost::system::error_code not_a_number;
  const auto n = value == nullptr ? 0 : value->to_number<std::int64_t>(not_a_number);
  return not_a_number || n < 0 ? 0 : n;
}

void add_text(JsonObject& metadata, std::string_view key, const Json* value) {
  if (value != nullptr && value->is_string()) metadata.emplace(key, *value);
}

JsonObject usage_of(AiProtocol protocol, const Json& answer) {
  JsonObject usage;
  switch (protocol) {
    case AiProtocol::chat_completions:
      usage.emplace("input_tokens", tokens(answer, "/usage/prompt_tokens"));
      usage.emplace("output_tokens", tokens(answer, "/usage/completion_tokens"));
      usage.emplace("cached_tokens", tokens(answer, "/usage/prompt_tokens_details/cached_tokens"));
      break;
    case AiProtocol::responses:
      usage.emplace("input_tokens", tokens(answer, "/usage/input_tokens"));
      usage.emplace("output_tokens", tokens(answer, "/usage/output_tokens"));
      usage.emplace("cached_tokens", tokens(answer, "/usage/input_tokens_details/cached_tokens"));
      break;
    case AiProtocol::messages: {
      // Here input_tokens counts only what was neither read from nor written to the cache.
      const auto read = tokens(answer, "/usage/cache_read_input_tokens");
      usage.emplace("input_tokens", tokens(answer, "/usage/input_tokens") + tokens(answer, "/usage/cache_creation_input_tokens") + read);
      usage.emplace("output_tokens", tokens(answer, "/usage/output_tokens"));
      usage.emplace("cached_tokens", read);
      break;
    }
    case AiProtocol::generic: break;
  }
  return usage;
}

std::string text_of(AiProtocol protocol, const Json& answer) {
  switch (protocol) {
    case AiProtocol::chat_completions: return text_of_parts(at_pointer(answer, "/choices/0/message/content"), "text");
    case AiProtocol::messages: return text_of_parts(at_pointer(answer, "/content"), "text");
    case AiProtocol::responses: {
      std::string text;
      const auto* output = at_pointer(answer, "/output");
      if (output == nullptr || !output->is_array()) return text;
      for (const auto& item : output->get_array()) {
        const auto* type = at_pointer(item, "/type");
        if (is_text(type, "message")) text += text_of_parts(at_pointer(item, "/content"), "output_text");
      }
      return text;
    }
    case AiProtocol::generic: return {};
  }
  return {};
}

}  // namespace

AiProtocol ai_protocol_of(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.ends_with("/chat/completions")) return AiProtocol::chat_completions;
  if (path.ends_with("/responses")) return AiProtocol::responses;
  if (path.ends_with("/messages")) return AiProtocol::messages;
  return AiProtocol::generic;
}

Result<JsonObject> ai_request_body(AiProtocol protocol, std::string_view action, const JsonObject& parameters, const Json& custom_params) {
  JsonObject body;
  if (protocol == AiProtocol::generic) {
    body.emplace("action", action);
    body.emplace("parameters", parameters);
  } else {
    body = parameters;
  }
  if (const auto* custom = custom_params.if_object()) {
    for (const auto& [key, value] : *custom) {
      if (key != "user_agent" && key != "headers") body.emplace(key, value);  // does not replace
    }
  }
  if (protocol == AiProtocol::generic) return body;

  if (const auto* stream = body.if_contains("stream"); stream != nullptr && *stream != false && !stream->is_null()) {
    return fail(ErrorCode::unsupported, "a task of an ai_agent waits for the whole answer; remove parameters.stream");
  }
  if (protocol == AiProtocol::responses) {
    if (!body.contains("input")) {
      if (auto messages = take(body, "messages")) {
        body.emplace("input", std::move(*messages));
      } else if (const auto* prompt = body.if_contains("prompt"); prompt != nullptr && prompt->is_string()) {
        body.emplace("input", *take(body, "prompt"));
      }
    }
    if (auto system = take(body, "system"); system && !body.contains("instructions")) body.emplace("instructions", std::move(*system));
    if (!body.contains("input") && !body.contains("prompt") && !body.contains("previous_response_id")) {
      return fail(ErrorCode::invalid_argument, "a task of an ai_agent needs parameters.input, parameters.messages or parameters.prompt");
    }
    return body;
  }
  use_shorthand(body);
  if (auto ok = need_messages(body); !ok) return std::unexpected(std::move(ok.error()));
  if (protocol == AiProtocol::chat_completions) {
    system_to_message(body);
  } else {
    messages_to_system(body);
    if (!body.contains("max_tokens")) body.emplace("max_tokens", default_max_tokens);
  }
  return body;
}

JsonObject ai_answer_metadata(AiProtocol protocol, const Json& answer) {
  JsonObject metadata;
  if (protocol == AiProtocol::generic) return metadata;
  add_text(metadata, "model", at_pointer(answer, "/model"));
  const auto reason = protocol == AiProtocol::chat_completions ? "/choices/0/finish_reason"
                      : protocol == AiProtocol::messages       ? "/stop_reason"
                                                               : "/incomplete_details/reason";
  add_text(metadata, "finish_reason", at_pointer(answer, reason));
  if (protocol == AiProtocol::responses && !metadata.contains("finish_reason"))
    add_text(metadata, "finish_reason", at_pointer(answer, "/status"));
  if (auto text = text_of(protocol, answer); !text.empty()) metadata.emplace("text", std::move(text));
  if (const auto* usage = at_pointer(answer, "/usage"); usage != nullptr && usage->is_object())
    metadata.emplace("usage", usage_of(protocol, answer));
  return metadata;
}

std::optional<std::string> ai_error_in(AiProtocol protocol, const Json& answer) {
  if (protocol == AiProtocol::generic) return std::nullopt;
  const auto* error = at_pointer(answer, "/error");
  if (error == nullptr || error->is_null()) return std::nullopt;
  const auto* message = at_pointer(*error, "/message");
  if (message != nullptr && message->is_string()) return std::string(message->get_string());
  return error->is_string() ? std::string(error->get_string()) : shorten(to_json(*error), 300);
}

}  // namespace skein::agent
