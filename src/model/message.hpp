#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace skein::model {

enum class Role : std::uint8_t { user, assistant };

struct Text {
  std::string text;
  bool operator==(const Text&) const = default;
};

/// A picture for the model: inline, or by reference where the provider fetches it.
struct Image {
  std::string media_type;  ///< "image/png"; of inline data
  std::string data;        ///< base64; empty: `url`
  std::string url;
  bool operator==(const Image&) const = default;
};

/// What a model thought before it answered. `kept` goes back to the same provider exactly as it came; to others it does not go at all.
struct Reasoning {
  std::string text;      ///< what may be shown; may be empty
  std::string provider;  ///< the wire format that `kept` belongs to: "anthropic", "openai_responses", …
  Json kept;             ///< signature, encrypted content, id: as that format demands; null: nothing must go back
  bool operator==(const Reasoning&) const = default;
};

/// A model wants a tool called.
struct ToolCall {
  std::string id;         ///< unique within the conversation; made up by the codec where the server gave none
  std::string name;
  std::string arguments;  ///< JSON text as the model wrote it; not checked
  Json kept;              ///< as `Reasoning::kept`, where the format has more to it than this (item id, thought signature); else null
  bool operator==(const ToolCall&) const = default;
};

/// What the call brought, as the model is told.
struct ToolResult {
  std::string call_id;
  std::string name;
  std::string text;
  bool failed = false;
  bool operator==(const ToolResult&) const = default;
};

using Part = std::variant<Text, Image, Reasoning, ToolCall, ToolResult>;

/// One turn. Tool results stand in a message of role `user`; every call of the turn before is answered there.
struct Message {
  Role role = Role::user;
  std::vector<Part> parts;
  bool operator==(const Message&) const = default;
};

[[nodiscard]] inline Message user_says(std::string text) { return {.role = Role::user, .parts = {Text{std::move(text)}}}; }
/// All text parts, joined.
[[nodiscard]] std::string text_of(const Message& message);
[[nodiscard]] std::vector<ToolCall> calls_of(const Message& message);

/// As sessions and journals keep it: {"role", "parts": [{"type", …}]}. `message_from_json(message_to_json(m)) == m`.
[[nodiscard]] Json message_to_json(const Message& message);
[[nodiscard]] Result<Message> message_from_json(const Json& value);

}  // namespace skein::model
