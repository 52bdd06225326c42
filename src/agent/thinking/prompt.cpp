#include "agent/thinking/prompt.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"

namespace skein::agent {
namespace {

using model::Message;
using model::Role;

std::string text_of(const Json& value) { return value.is_string() ? std::string(value.get_string()) : to_pretty_json(value); }

std::unexpected<Error> wrong(std::string_view parameter, std::string_view wanted, const Json& got) {
  return fail(ErrorCode::invalid_argument, fmt::format("parameters.{} must be {}, got {}", parameter, wanted, shorten(to_json(got), 60)));
}

Result<Message> earlier(const Json& item, std::size_t place) {
  const auto where = fmt::format("messages[{}]", place);
  const auto* role = at_pointer(item, "/role");
  const auto* content = at_pointer(item, "/content");
  if (role == nullptr || content == nullptr || (*role != Json("user") && *role != Json("assistant")))
    return wrong(where, "{role: user or assistant, content: a text}", item);
  return Message{.role = *role == Json("user") ? Role::user : Role::assistant, .parts = {model::Text{text_of(*content)}}};
}

/// "data:image/png;base64,…" or an address.
Result<model::Image> image_in(const Json& item, std::size_t place) {
  const auto where = fmt::format("images[{}]", place);
  if (!item.is_string()) return wrong(where, "an address or a data URL", item);
  const std::string_view text(item.get_string());
  if (!text.starts_with("data:")) {
    if (!text.starts_with("https://") && !text.starts_with("http://")) return wrong(where, "an http address or a data URL", item);
    return model::Image{.media_type = {}, .data = {}, .url = std::string(text)};
  }
  const auto comma = text.find(";base64,");
  if (comma == std::string_view::npos) return wrong(where, "a data URL in base64", item);
  return model::Image{.media_type = std::string(text.substr(5, comma - 5)), .data = std::string(text.substr(comma + 8)), .url = {}};
}

}  // namespace

Result<std::vector<Message>> prompt_of(std::string_view action, const JsonObject& parameters) {
  std::vector<Message> out;
  JsonObject rest;
  Message last{.role = Role::user, .parts = {}};
  const Json* prompt = nullptr;
  for (const auto& member : parameters) {
    const auto key = std::string_view(member.key());
    const auto& value = member.value();
    if (key == "prompt") {
      prompt = &value;
    } else if (key == "messages" || key == "images") {
      const auto* list = value.if_array();
      if (list == nullptr) return wrong(key, "a list", value);
      for (std::size_t i = 0; i < list->size(); ++i) {
        if (key == "messages") {
          auto message = earlier((*list)[i], i);
          if (!message) return std::unexpected(message.error());
          out.push_back(std::move(*message));
        } else {
          auto image = image_in((*list)[i], i);
          if (!image) return std::unexpected(image.error());
          last.parts.emplace_back(std::move(*image));
        }
      }
    } else {
      rest[member.key()] = value;
    }
  }
  std::string text;
  if (prompt != nullptr) {
    text = text_of(*prompt);
    if (!rest.empty()) text += "\n\n" + to_pretty_json(rest);
  } else if (out.empty() || !rest.empty()) {
    text = std::string(action);
    if (!rest.empty()) text += "\n\n" + to_pretty_json(rest);
  }
  if (!text.empty()) last.parts.emplace_back(model::Text{std::move(text)});
  if (!last.parts.empty()) out.push_back(std::move(last));
  if (out.empty() || out.back().role != Role::user)
    return fail(ErrorCode::invalid_argument, "a task of an ai_agent must end with something that the user says; add parameters.prompt");
  return out;
}

}  // namespace skein::agent
