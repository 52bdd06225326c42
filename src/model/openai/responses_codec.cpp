#include "model/openai/responses_codec.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "model/openai/responses_answer.hpp"
#include "model/openai/responses_decoder.hpp"
#include "model/wire_value.hpp"

namespace skein::model::openai {
namespace {

using wire::of_type;

/// These do not think, and the API refuses to be asked for their encrypted thoughts.
bool cannot_reason(std::string_view model) {
  return model.starts_with("gpt-3") || model.starts_with("gpt-4") || model.starts_with("chatgpt-");
}

Result<JsonObject> image_part(const Image& image, const Profile& profile) {
  auto part = of_type("input_image");
  if (const auto data = wire::inline_data(image)) {
    part.emplace("image_url", "data:" + std::string(data->media_type) + ";base64," + std::string(data->data));
  } else if (profile.image_urls) {
    part.emplace("image_url", image.url);
  } else {
    return fail(ErrorCode::unsupported, "this model's server does not fetch pictures; send " + shorten(image.url, 120) + " as base64 data");
  }
  return part;
}

JsonObject text_part(std::string_view text, Role role) {
  auto part = of_type(role == Role::user ? "input_text" : "output_text");
  part.emplace("text", text);
  return part;
}

JsonObject call_item(const ToolCall& call) {
  auto item = of_type("function_call");
  const auto* kept = call.kept.if_object();
  const auto id = kept == nullptr ? std::string_view() : wire::text_at(*kept, "item_id");
  if (id.starts_with("fc")) item.emplace("id", id);  // others are refused
  item.emplace("call_id", call.id);
  item.emplace("name", call.name);
  item.emplace("arguments", trim(call.arguments).empty() ? std::string("{}") : call.arguments);
  return item;
}

JsonObject result_item(const ToolResult& result) {
  auto item = of_type("function_call_output");
  item.emplace("call_id", result.call_id);
  item.emplace("output", result.text);
  return item;
}

bool is_reasoning(const Json& item) { return wire::text_at(item.get_object(), "type") == "reasoning"; }

/// The list `input`, one message after another.
class Input {
 public:
  explicit Input(const Profile& profile) : profile_(profile) {}

  Result<void> add(const Message& message) {
    role_ = message.role;
    const auto before = items_.size();
    for (const auto& part : message.parts) {
      if (auto added = add_part(part); !added) return added;
    }
    end_content();
    // Reasoning that nothing follows is refused; it happens where the output limit cut an answer off.
    while (items_.size() > before && is_reasoning(items_.back())) items_.pop_back();
    return {};
  }

  JsonArray take() && { return std::move(items_); }

 private:
  Result<void> add_part(const Part& part) {
    if (const auto* text = std::get_if<Text>(&part)) {
      if (!text->text.empty()) content_.emplace_back(text_part(text->text, role_));
      return {};
    }
    if (const auto* image = std::get_if<Image>(&part)) {
      auto picture = image_part(*image, profile_);
      if (!picture) return std::unexpected(std::move(picture.error()));
      content_.emplace_back(std::move(*picture));
      return {};
    }
    end_content();
    if (const auto* call = std::get_if<ToolCall>(&part)) {
      items_.emplace_back(call_item(*call));
    } else if (const auto* result = std::get_if<ToolResult>(&part)) {
      items_.emplace_back(result_item(*result));
    } else {
      const auto& reasoning = std::get<Reasoning>(part);
      if (reasoning.provider == responses_name && reasoning.kept.is_object()) items_.emplace_back(reasoning.kept);
    }
    return {};
  }

  /// Texts and pictures that stand side by side are one item.
  void end_content() {
    if (content_.empty()) return;
    auto item = of_type("message");
    item.emplace("role", role_ == Role::user ? "user" : "assistant");
    item.emplace("content", std::exchange(content_, JsonArray()));
    items_.emplace_back(std::move(item));
  }

  const Profile& profile_;
  Role role_ = Role::user;
  JsonArray items_;
  JsonArray content_;
};

Result<JsonArray> input_of(const Request& request, const Profile& profile) {
  Input input(profile);
  for (const auto& message : request.messages) {
    if (auto added = input.add(message); !added) return std::unexpected(std::move(added.error()));
  }
  auto items = std::move(input).take();
  if (items.empty()) return fail(ErrorCode::invalid_argument, "there is nothing to send to the model: every message is empty");
  return items;
}

void write_tools(JsonObject& body, const Request& request, const Profile& profile) {
  if (request.tools.empty()) return;
  JsonArray tools;
  for (const auto* spec : wire::sorted_by_name(request.tools)) {
    auto tool = of_type("function");
    tool.emplace("name", spec->name);
    if (!spec->description.empty()) tool.emplace("description", spec->description);
    tool.emplace("parameters", spec->parameters.is_object() ? spec->parameters : Json(of_type("object")));
    tool.emplace("strict", profile.strict_tools);  // said always: the API's default is true, which refuses most schemas
    tools.emplace_back(std::move(tool));
  }
  body.emplace("tools", std::move(tools));
  if (profile.tool_choice && request.tool_choice != ToolChoice::automatic) {
    body.emplace("tool_choice", request.tool_choice == ToolChoice::none ? "none" : "required");
  }
  if (profile.parallel_tool_calls && !request.parallel_tool_calls) body.emplace("parallel_tool_calls", false);
}

void write_output(JsonObject& body, const Request& request) {
  if (!request.output) return;
  auto format = of_type("json_schema");
  format.emplace("name", request.output->name);
  format.emplace("schema", request.output->schema);
  format.emplace("strict", request.output->strict);
  JsonObject text;
  text.emplace("format", std::move(format));
  body.emplace("text", std::move(text));
}

void write_reasoning(JsonObject& body, const Request& request) {
  if (!request.reasoning_effort.empty()) {
    JsonObject reasoning;
    reasoning.emplace("effort", request.reasoning_effort);
    body.emplace("reasoning", std::move(reasoning));
  }
  body.emplace("store", false);
  if (cannot_reason(request.model)) return;
  JsonArray include;
  include.emplace_back("reasoning.encrypted_content");
  body.emplace("include", std::move(include));
}

Result<void> check(const Request& request) {
  if (request.seed) return fail(ErrorCode::unsupported, "OpenAI's Responses API has no seed; leave 'seed' out or use Chat Completions");
  if (!request.stop.empty()) {
    return fail(ErrorCode::unsupported, "OpenAI's Responses API has no stop texts; leave 'stop' out or use Chat Completions");
  }
  return {};
}

}  // namespace

Result<WireRequest> ResponsesCodec::encode(const Request& request, const Profile& profile, Streaming streaming) const {
  if (auto checked = check(request); !checked) return std::unexpected(std::move(checked.error()));
  auto input = input_of(request, profile);
  if (!input) return std::unexpected(std::move(input.error()));

  WireRequest out{.path = "/responses", .headers = {}, .body = {}};
  auto& body = out.body;
  body.emplace("model", request.model);
  if (!request.instructions.empty()) body.emplace("instructions", request.instructions);
  write_tools(body, request, profile);
  body.emplace("input", std::move(*input));
  write_output(body, request);
  write_reasoning(body, request);
  if (request.max_output_tokens) body.emplace("max_output_tokens", *request.max_output_tokens);
  if (request.temperature) body.emplace("temperature", *request.temperature);
  if (request.top_p) body.emplace("top_p", *request.top_p);
  if (streaming == Streaming::on) body.emplace("stream", true);
  for (const auto& member : request.extra) body[member.key()] = member.value();
  return out;
}

Result<Response> ResponsesCodec::decode(const Json& body) const {
  const auto* response = body.if_object();
  if (response == nullptr) return wire::bad_answer("the model's answer is not a JSON object");
  return read_response(*response);
}

std::unique_ptr<StreamDecoder> ResponsesCodec::decoder() const { return std::make_unique<ResponsesDecoder>(); }

}  // namespace skein::model::openai
