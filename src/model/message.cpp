#include "model/message.hpp"

#include <type_traits>

namespace skein::model {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

JsonObject of_type(std::string_view type) {
  JsonObject out;
  out.emplace("type", type);
  return out;
}

void add(JsonObject& out, std::string_view key, const std::string& value) {
  if (!value.empty()) out.emplace(key, value);
}

JsonObject part_to_json(const Part& part) {
  return std::visit(Overloaded{[](const Text& text) {
                                 auto out = of_type("text");
                                 out.emplace("text", text.text);
                                 return out;
                               },
                               [](const Image& image) {
                                 auto out = of_type("image");
                                 add(out, "media_type", image.media_type);
                                 add(out, "data", image.data);
                                 add(out, "url", image.url);
                                 return out;
                               },
                               [](const Reasoning& reasoning) {
                                 auto out = of_type("reasoning");
                                 add(out, "text", reasoning.text);
                                 add(out, "provider", reasoning.provider);
                                 if (!reasoning.kept.is_null()) out.emplace("kept", reasoning.kept);
                                 return out;
                               },
                               [](const ToolCall& call) {
                                 auto out = of_type("tool_call");
                                 out.emplace("id", call.id);
                                 out.emplace("name", call.name);
                                 out.emplace("arguments", call.arguments);
                                 if (!call.kept.is_null()) out.emplace("kept", call.kept);
                                 return out;
                               },
                               [](const ToolResult& result) {
                                 auto out = of_type("tool_result");
                                 out.emplace("call_id", result.call_id);
                                 out.emplace("name", result.name);
                                 out.emplace("text", result.text);
                                 if (result.failed) out.emplace("failed", true);
                                 return out;
                               }},
                    part);
}

std::string text_at(const JsonObject& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Json value_at(const JsonObject& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? Json() : *value;
}

std::optional<Part> part_from_json(const JsonObject& part) {
  const auto type = text_at(part, "type");
  if (type == "text") return Text{text_at(part, "text")};
  if (type == "image") return Image{.media_type = text_at(part, "media_type"), .data = text_at(part, "data"), .url = text_at(part, "url")};
  if (type == "reasoning") {
    return Reasoning{.text = text_at(part, "text"), .provider = text_at(part, "provider"), .kept = value_at(part, "kept")};
  }
  if (type == "tool_call") {
    return ToolCall{
        .id = text_at(part, "id"), .name = text_at(part, "name"), .arguments = text_at(part, "arguments"), .kept = value_at(part, "kept")};
  }
  if (type == "tool_result") {
    const auto* failed = part.if_contains("failed");
    return ToolResult{.call_id = text_at(part, "call_id"),
                      .name = text_at(part, "name"),
                      .text = text_at(part, "text"),
                      .failed = failed != nullptr && failed->is_bool() && failed->get_bool()};
  }
  return std::nullopt;
}

}  // namespace

std::string text_of(const Message& message) {
  std::string text;
  for (const auto& part : message.parts) {
    if (const auto* words = std::get_if<Text>(&part)) text += words->text;
  }
  return text;
}

std::vector<ToolCall> calls_of(const Message& message) {
  std::vector<ToolCall> calls;
  for (const auto& part : message.parts) {
    if (const auto* call = std::get_if<ToolCall>(&part)) calls.push_back(*call);
  }
  return calls;
}

Json message_to_json(const Message& message) {
  JsonArray parts;
  for (const auto& part : message.parts) parts.emplace_back(part_to_json(part));
  JsonObject out;
  out.emplace("role", message.role == Role::user ? "user" : "assistant");
  out.emplace("parts", std::move(parts));
  return out;
}

Result<Message> message_from_json(const Json& value) {
  const auto damaged = [](std::string_view what) {
    return fail(ErrorCode::invalid_argument,
                "a stored message " + std::string(what) + "; it must look like {\"role\": \"user\", \"parts\": [{\"type\": \"text\", …}]}");
  };
  const auto* object = value.if_object();
  if (object == nullptr) return damaged("is not an object");
  const auto role = text_at(*object, "role");
  if (role != "user" && role != "assistant") return damaged("has no role 'user' or 'assistant'");
  Message message{.role = role == "user" ? Role::user : Role::assistant, .parts = {}};
  const auto* parts = object->if_contains("parts");
  if (parts == nullptr || !parts->is_array()) return damaged("has no list of parts");
  for (const auto& item : parts->get_array()) {
    auto part = item.is_object() ? part_from_json(item.get_object()) : std::nullopt;
    if (!part) return damaged("has a part of no known type");
    message.parts.push_back(std::move(*part));
  }
  return message;
}

}  // namespace skein::model
