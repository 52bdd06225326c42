#include "model/ollama/chat_codec.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "model/ollama/chat_decoder.hpp"
#include "model/wire_value.hpp"

namespace skein::model::ollama {
namespace {

JsonObject of_role(std::string_view role) {
  JsonObject out;
  out.emplace("role", role);
  return out;
}

/// The place of the last message in which the user speaks rather than tools.
std::size_t last_words(const std::vector<Message>& messages) {
  const auto said = [](const Part& part) { return std::holds_alternative<Text>(part) || std::holds_alternative<Image>(part); };
  for (auto i = messages.size(); i > 0; --i) {
    const auto& message = messages[i - 1];
    if (message.role == Role::user && std::ranges::any_of(message.parts, said)) return i - 1;
  }
  return 0;
}

JsonObject call_of(const ToolCall& call) {
  JsonObject function;
  function.emplace("name", call.name);
  function.emplace("arguments", wire::arguments_object(call.arguments));
  JsonObject out;
  if (!call.id.empty()) out.emplace("id", call.id);
  out.emplace("function", std::move(function));
  return out;
}

JsonObject result_of(const ToolResult& result) {
  auto out = of_role("tool");
  out.emplace("content", result.text);
  if (!result.name.empty()) out.emplace("tool_name", result.name);
  if (!result.call_id.empty()) out.emplace("tool_call_id", result.call_id);
  return out;
}

/// What one message says apart from results.
struct Said {
  std::string thinking;
  JsonArray images, calls;
};

Result<void> add_part(Said& said, JsonArray& messages, const Part& part) {
  if (const auto* result = std::get_if<ToolResult>(&part)) {
    messages.emplace_back(result_of(*result));
  } else if (const auto* call = std::get_if<ToolCall>(&part)) {
    said.calls.emplace_back(call_of(*call));
  } else if (const auto* reasoning = std::get_if<Reasoning>(&part)) {
    if (reasoning->provider == provider_name && !reasoning->kept.is_null()) said.thinking += reasoning->text;
  } else if (const auto* image = std::get_if<Image>(&part)) {
    const auto data = wire::inline_data(*image);
    if (!data) return fail(ErrorCode::unsupported, "Ollama does not fetch pictures; send " + shorten(image->url, 120) + " as base64 data");
    said.images.emplace_back(data->data);
  }
  return {};
}

Result<JsonArray> messages_of(const Request& request) {
  JsonArray messages;
  const auto spoken = last_words(request.messages);
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    const auto& message = request.messages[i];
    Said said;
    for (const auto& part : message.parts) {
      if (auto added = add_part(said, messages, part); !added) return std::unexpected(std::move(added.error()));
    }
    const auto text = text_of(message);
    if (text.empty() && said.images.empty() && said.calls.empty()) continue;
    auto out = of_role(message.role == Role::user ? "user" : "assistant");
    out.emplace("content", text);
    if (!said.images.empty()) out.emplace("images", std::move(said.images));
    if (!said.thinking.empty() && !said.calls.empty() && i > spoken) out.emplace("thinking", std::move(said.thinking));
    if (!said.calls.empty()) out.emplace("tool_calls", std::move(said.calls));
    messages.emplace_back(std::move(out));
  }
  if (messages.empty()) return fail(ErrorCode::invalid_argument, "there is nothing to send to the model: every message is empty");
  if (!trim(request.instructions).empty()) {
    auto system = of_role("system");
    system.emplace("content", request.instructions);
    messages.insert(messages.begin(), Json(std::move(system)));
  }
  return messages;
}

Result<void> write_tools(JsonObject& body, const Request& request) {
  if (request.tools.empty()) return {};
  if (request.tool_choice == ToolChoice::required) {
    return fail(ErrorCode::unsupported, "Ollama cannot be told that a tool must be called; leave the choice to the model");
  }
  if (request.tool_choice == ToolChoice::none) return {};  // the only way to say it
  JsonArray tools;
  for (const auto* spec : wire::sorted_by_name(request.tools)) {
    JsonObject function;
    function.emplace("name", spec->name);
    function.emplace("description", spec->description);
    function.emplace("parameters", spec->parameters.is_object() ? spec->parameters : Json(wire::of_type("object")));
    auto tool = wire::of_type("function");
    tool.emplace("function", std::move(function));
    tools.emplace_back(std::move(tool));
  }
  body.emplace("tools", std::move(tools));
  return {};
}

/// Only gpt-oss thinks more or less; the others do or do not, and refuse to be told how much.
Json think_of(const Request& request) {
  const auto& effort = request.reasoning_effort;
  if (effort == "none") return false;
  if (request.model.find("gpt-oss") == std::string::npos) return true;
  if (effort == "minimal" || effort == "low") return "low";
  return effort == "medium" ? "medium" : "high";
}

JsonObject options_of(const Request& request) {
  JsonObject options;
  if (request.max_output_tokens) options.emplace("num_predict", *request.max_output_tokens);
  if (request.temperature) options.emplace("temperature", *request.temperature);
  if (request.top_p) options.emplace("top_p", *request.top_p);
  if (request.seed) options.emplace("seed", *request.seed);
  if (!request.stop.empty()) {
    JsonArray stop;
    for (const auto& text : request.stop) stop.emplace_back(text);
    options.emplace("stop", std::move(stop));
  }
  if (const auto* more = wire::object_at(request.extra, "options")) {
    for (const auto& member : *more) options[member.key()] = member.value();
  }
  if (const auto* size = request.extra.if_contains("num_ctx")) options["num_ctx"] = *size;
  return options;
}

}  // namespace

Result<WireRequest> ChatCodec::encode(const Request& request, const Profile& /*profile*/, Streaming streaming) const {
  auto messages = messages_of(request);
  if (!messages) return std::unexpected(std::move(messages.error()));
  WireRequest out{.path = "/api/chat", .headers = {}, .body = {}};
  auto& body = out.body;
  body.emplace("model", request.model);
  if (auto written = write_tools(body, request); !written) return std::unexpected(std::move(written.error()));
  body.emplace("messages", std::move(*messages));
  if (request.output) body.emplace("format", request.output->schema);
  if (!request.reasoning_effort.empty()) body.emplace("think", think_of(request));
  if (auto options = options_of(request); !options.empty()) body.emplace("options", std::move(options));
  const Json streams(streaming == Streaming::on);
  body.emplace("stream", streams);  // it streams unless told not to
  for (const auto& [key, value] : request.extra) {
    if (key == "stream" && value != streams) {
      return fail(ErrorCode::invalid_argument, "whether an answer is streamed is not the model's settings to say; remove 'stream' there");
    }
    if (key == "num_ctx" || (key == "options" && value.is_object())) continue;
    body[key] = value;
  }
  return out;
}

Result<Response> ChatCodec::decode(const Json& body) const {
  const auto* object = body.if_object();
  if (object == nullptr) return wire::bad_answer("the model's answer is not a JSON object");
  if (!object->contains("error") && wire::object_at(*object, "message") == nullptr) {
    return wire::bad_answer("the model's answer has no 'message'; is this Ollama's /api/chat?");
  }
  ChatDecoder decoder;
  if (auto taken = decoder.take(*object, nullptr); !taken) return std::unexpected(std::move(taken.error()));
  return decoder.finish();
}

std::unique_ptr<StreamDecoder> ChatCodec::decoder() const { return std::make_unique<ChatDecoder>(); }

}  // namespace skein::model::ollama
