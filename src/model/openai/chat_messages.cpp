#include "model/openai/chat_messages.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/text.hpp"
#include "model/openai/chat_answer.hpp"
#include "model/wire_value.hpp"

namespace skein::model::openai {
namespace {

using wire::of_type;

JsonObject of_role(std::string_view role) {
  JsonObject out;
  out.emplace("role", role);
  return out;
}

bool is_said(const Part& part) { return std::holds_alternative<Text>(part) || std::holds_alternative<Image>(part); }

/// The place of the last message in which the user speaks rather than tools.
std::size_t last_words(const std::vector<Message>& messages) {
  for (auto i = messages.size(); i > 0; --i) {
    const auto& message = messages[i - 1];
    if (message.role == Role::user && std::ranges::any_of(message.parts, is_said)) return i - 1;
  }
  return 0;
}

/// Servers parse the arguments when they get them back, and some fail on what is no object.
std::string sendable(const std::string& arguments) {
  const auto parsed = parse_json(arguments);
  return parsed && parsed->is_object() ? arguments : to_json(Json(wire::arguments_object(arguments)));
}

class Writer {
 public:
  Writer(const Request& request, const Profile& profile)
      : request_(request), profile_(profile), last_words_(last_words(request.messages)) {}

  Result<JsonArray> write() && {
    for (std::size_t i = 0; i < request_.messages.size(); ++i) {
      const auto& message = request_.messages[i];
      auto written = message.role == Role::assistant ? write_answer(message, i) : write_turn(message);
      if (!written) return std::unexpected(std::move(written.error()));
    }
    if (messages_.empty()) return fail(ErrorCode::invalid_argument, "there is nothing to send to the model: every message is empty");
    if (!trim(request_.instructions).empty()) {
      auto system = of_role("system");
      system.emplace("content", request_.instructions);
      messages_.insert(messages_.begin(), Json(std::move(system)));
    }
    return std::move(messages_);
  }

 private:
  Result<void> write_turn(const Message& message) {
    JsonArray said;
    bool pictures = false;
    for (const auto& part : message.parts) {
      if (const auto* result = std::get_if<ToolResult>(&part)) {
        write_result(*result);
      } else if (const auto* text = std::get_if<Text>(&part)) {
        auto words = of_type("text");
        words.emplace("text", text->text);
        said.emplace_back(std::move(words));
      } else if (const auto* image = std::get_if<Image>(&part)) {
        auto picture = picture_of(*image);
        if (!picture) return std::unexpected(std::move(picture.error()));
        said.emplace_back(std::move(*picture));
        pictures = true;
      }
    }
    if (said.empty()) return {};
    auto out = of_role("user");
    // A plain text where it can be one: not every server takes a list.
    out.emplace("content", pictures ? Json(std::move(said)) : Json(text_of(message)));
    messages_.emplace_back(std::move(out));
    return {};
  }

  void write_result(const ToolResult& result) {
    auto out = of_role("tool");
    auto id = result.call_id;
    if (id.empty() && !nameless_.empty()) id = nameless_.front();
    if (std::erase(nameless_, id) == 0 && id.empty()) id = "call";  // llama-server fails on a null
    out.emplace("tool_call_id", id);
    out.emplace("content", result.text);
    messages_.emplace_back(std::move(out));
  }

  Result<JsonObject> picture_of(const Image& image) const {
    std::string url = image.url;
    if (!image.data.empty()) {
      url = "data:" + image.media_type + ";base64," + image.data;
    } else if (!profile_.image_urls && !wire::inline_data(image)) {
      return fail(ErrorCode::unsupported,
                  "this model's server does not fetch pictures; send " + shorten(image.url, 120) + " as base64 data");
    }
    JsonObject where;
    where.emplace("url", std::move(url));
    auto out = of_type("image_url");
    out.emplace("image_url", std::move(where));
    return out;
  }

  Result<void> write_answer(const Message& message, std::size_t place) {
    JsonArray calls;
    for (const auto& part : message.parts) {
      if (std::holds_alternative<Image>(part)) {
        return fail(ErrorCode::unsupported, "Chat Completions takes no picture in a model's own turn; move it to the user's");
      }
      if (const auto* call = std::get_if<ToolCall>(&part)) calls.emplace_back(call_of(*call, place, calls.size()));
    }
    const auto text = text_of(message);
    if (text.empty() && calls.empty()) return {};
    auto out = of_role("assistant");
    out.emplace("content", text.empty() ? Json(nullptr) : Json(text));
    if (!calls.empty()) {
      if (place > last_words_) write_thoughts(out, message);
      out.emplace("tool_calls", std::move(calls));
    }
    messages_.emplace_back(std::move(out));
    return {};
  }

  JsonObject call_of(const ToolCall& call, std::size_t place, std::size_t number) {
    auto id = call.id;
    if (id.empty()) {
      id = "call_" + std::to_string(place) + "_" + std::to_string(number);
      nameless_.push_back(id);
    }
    JsonObject function;
    function.emplace("name", call.name);
    function.emplace("arguments", sendable(call.arguments));
    auto out = of_type("function");
    out.emplace("id", std::move(id));
    out.emplace("function", std::move(function));
    const auto* kept = call.kept.if_object();
    const auto* more = kept == nullptr ? nullptr : wire::object_at(*kept, "extra_content");
    if (more != nullptr && profile_.reasoning_replay) out.emplace("extra_content", *more);
    return out;
  }

  void write_thoughts(JsonObject& out, const Message& message) const {
    if (!profile_.reasoning_replay) return;
    for (const auto& part : message.parts) {
      const auto* reasoning = std::get_if<Reasoning>(&part);
      if (reasoning == nullptr || reasoning->provider != chat_name || !reasoning->kept.is_object()) continue;
      const auto field = wire::text_at(reasoning->kept.get_object(), "field");
      if (field == "reasoning_content" || field == "reasoning") out.emplace(field, reasoning->text);
    }
  }

  const Request& request_;
  const Profile& profile_;
  std::size_t last_words_;
  std::deque<std::string> nameless_;  ///< made-up names of calls that await their results
  JsonArray messages_;
};

}  // namespace

Result<JsonArray> chat_messages(const Request& request, const Profile& profile) { return Writer(request, profile).write(); }

}  // namespace skein::model::openai
