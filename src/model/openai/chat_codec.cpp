#include "model/openai/chat_codec.hpp"

#include <utility>

#include "base/text.hpp"
#include "model/openai/chat_answer.hpp"
#include "model/openai/chat_decoder.hpp"
#include "model/openai/chat_messages.hpp"
#include "model/wire_value.hpp"

namespace skein::model::openai {
namespace {

using wire::of_type;

Result<void> write_tools(JsonObject& body, const Request& request, const Profile& profile) {
  if (request.tools.empty()) return {};
  if (!profile.tool_choice) {
    if (request.tool_choice == ToolChoice::required) {
      return fail(ErrorCode::unsupported, "this model's server cannot be told that a tool must be called; leave the choice to the model");
    }
    if (request.tool_choice == ToolChoice::none) return {};  // the only way to say it
  }
  JsonArray tools;
  for (const auto* spec : wire::sorted_by_name(request.tools)) {
    JsonObject function;
    function.emplace("name", spec->name);
    if (!spec->description.empty()) function.emplace("description", spec->description);
    function.emplace("parameters", spec->parameters.is_object() ? spec->parameters : Json(of_type("object")));
    if (profile.strict_tools) function.emplace("strict", true);
    auto tool = of_type("function");
    tool.emplace("function", std::move(function));
    tools.emplace_back(std::move(tool));
  }
  body.emplace("tools", std::move(tools));
  if (request.tool_choice == ToolChoice::required) body.emplace("tool_choice", "required");
  if (request.tool_choice == ToolChoice::none) body.emplace("tool_choice", "none");
  if (!request.parallel_tool_calls && profile.parallel_tool_calls) body.emplace("parallel_tool_calls", false);
  return {};
}

void write_output(JsonObject& body, const Request& request, const Profile& profile) {
  if (!request.output) return;
  auto format = of_type("json_schema");
  if (profile.nested_json_schema) {
    JsonObject named;
    named.emplace("name", request.output->name);
    named.emplace("schema", request.output->schema);
    named.emplace("strict", request.output->strict);
    format.emplace("json_schema", std::move(named));
  } else {
    format.emplace("schema", request.output->schema);
  }
  body.emplace("response_format", std::move(format));
}

void write_sampling(JsonObject& body, const Request& request, const Profile& profile) {
  if (request.max_output_tokens) {
    const bool older = profile.output_limit == Profile::OutputLimit::max_tokens;
    body.emplace(older ? "max_tokens" : "max_completion_tokens", *request.max_output_tokens);
  }
  if (request.temperature) body.emplace("temperature", *request.temperature);
  if (request.top_p) body.emplace("top_p", *request.top_p);
  if (!request.stop.empty()) {
    JsonArray stop;
    for (const auto& text : request.stop) stop.emplace_back(text);
    body.emplace("stop", std::move(stop));
  }
  if (request.seed) body.emplace("seed", *request.seed);
  if (!request.reasoning_effort.empty()) body.emplace("reasoning_effort", request.reasoning_effort);
}

void write_streaming(JsonObject& body, const Profile& profile) {
  body.emplace("stream", true);
  if (!profile.stream_usage) return;
  JsonObject options;
  options.emplace("include_usage", true);
  body.emplace("stream_options", std::move(options));
}

Result<void> write_extra(JsonObject& body, const JsonObject& extra, Streaming streaming) {
  for (const auto& [key, value] : extra) {
    if (key == "stream" && value != Json(streaming == Streaming::on)) {
      return fail(ErrorCode::invalid_argument, "whether an answer is streamed is not the model's settings to say; remove 'stream' there");
    }
    if (key == "n" && value != Json(1)) {
      return fail(ErrorCode::invalid_argument, "only one answer is read; remove 'n' from the model's settings");
    }
    body[key] = value;
  }
  return {};
}

}  // namespace

Result<WireRequest> ChatCodec::encode(const Request& request, const Profile& profile, Streaming streaming) const {
  auto messages = chat_messages(request, profile);
  if (!messages) return std::unexpected(std::move(messages.error()));
  WireRequest out{.path = "/chat/completions", .headers = {}, .body = {}};
  auto& body = out.body;
  body.emplace("model", request.model);
  if (auto written = write_tools(body, request, profile); !written) return std::unexpected(std::move(written.error()));
  body.emplace("messages", std::move(*messages));
  write_output(body, request, profile);
  write_sampling(body, request, profile);
  if (streaming == Streaming::on) write_streaming(body, profile);
  if (auto written = write_extra(body, request.extra, streaming); !written) return std::unexpected(std::move(written.error()));
  return out;
}

Result<Response> ChatCodec::decode(const Json& body) const {
  const auto* object = body.if_object();
  if (object == nullptr) return wire::bad_answer("the model's answer is not a JSON object");
  if (const auto* error = chat_error_in(body)) return std::unexpected(reported_chat_error(*error));
  const auto* choices = wire::list_at(*object, "choices");
  if (choices == nullptr || choices->empty() || !choices->front().is_object()) {
    return wire::bad_answer("the model's answer has no list 'choices' with an answer in it; is this a server of Chat Completions?");
  }
  const auto& choice = choices->front().get_object();
  const auto* message = wire::object_at(choice, "message");
  if (message == nullptr) return wire::bad_answer("the model's answer has no 'message' in its first choice");
  ChatAnswer answer;
  answer.take_frame(*object);
  answer.take_finish_reason(wire::text_at(choice, "finish_reason"));
  if (auto taken = answer.take_message(*message, nullptr); !taken) return std::unexpected(std::move(taken.error()));
  return answer.finish();
}

std::unique_ptr<StreamDecoder> ChatCodec::decoder() const { return std::make_unique<ChatDecoder>(); }

}  // namespace skein::model::openai
