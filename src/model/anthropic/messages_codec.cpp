#include "model/anthropic/messages_codec.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "model/anthropic/messages_answer.hpp"
#include "model/anthropic/messages_decoder.hpp"
#include "model/wire_value.hpp"

namespace skein::model::anthropic {
namespace {

using wire::of_type;

constexpr std::uint32_t least_thinking_budget = 1024;

/// Models that think by a budget of tokens and know no effort (https://platform.claude.com/docs/en/build-with-claude/extended-thinking).
constexpr std::array<std::string_view, 9> budget_thinkers{"claude-3-",         "claude-4-",         "claude-opus-4-0",
                                                          "claude-opus-4-1",   "claude-opus-4-2",   "claude-opus-4-5",
                                                          "claude-sonnet-4-0", "claude-sonnet-4-2", "claude-sonnet-4-5"};

bool thinks_by_budget(std::string_view model) {
  return model.find("claude-haiku-4-5") != std::string_view::npos ||
         std::any_of(budget_thinkers.begin(), budget_thinkers.end(), [&](auto name) { return model.find(name) != std::string_view::npos; });
}

/// The API takes letters, digits, '_' and '-' only; ids of calls that another provider's model made may hold others.
std::string call_id(std::string_view id) {
  std::string out(id);
  for (auto& c : out) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!fine) c = '_';
  }
  return out;
}

void mark_for_cache(JsonObject& block) { block["cache_control"] = of_type("ephemeral"); }

Result<JsonObject> image_block(const Image& image, const Profile& profile) {
  JsonObject source;
  if (const auto data = wire::inline_data(image)) {
    source = of_type("base64");
    source.emplace("media_type", data->media_type);
    source.emplace("data", data->data);
  } else if (profile.image_urls) {
    source = of_type("url");
    source.emplace("url", image.url);
  } else {
    return fail(ErrorCode::unsupported, "this model's server does not fetch pictures; send " + shorten(image.url, 120) + " as base64 data");
  }
  auto block = of_type("image");
  block.emplace("source", std::move(source));
  return block;
}

JsonObject call_block(const ToolCall& call) {
  auto block = of_type("tool_use");
  block.emplace("id", call_id(call.id));
  block.emplace("name", call.name);
  block.emplace("input", wire::arguments_object(call.arguments));
  return block;
}

JsonObject result_block(const ToolResult& result) {
  auto block = of_type("tool_result");
  block.emplace("tool_use_id", call_id(result.call_id));
  if (!result.text.empty()) block.emplace("content", result.text);
  if (result.failed) block.emplace("is_error", true);
  return block;
}

/// What must go back of a model's thoughts; empty where it is nothing, or another provider's.
JsonObject kept_block(const Reasoning& reasoning) {
  const auto* kept = reasoning.kept.if_object();
  if (reasoning.provider != provider_name || kept == nullptr) return {};
  if (kept->contains("type")) return *kept;
  auto block = of_type("thinking");
  block.emplace("thinking", reasoning.text);
  block.emplace("signature", wire::text_at(*kept, "signature"));
  return block;
}

/// An empty object where the part says nothing that the API would take.
Result<JsonObject> block_of(const Part& part, const Profile& profile) {
  if (const auto* image = std::get_if<Image>(&part)) return image_block(*image, profile);
  if (const auto* call = std::get_if<ToolCall>(&part)) return call_block(*call);
  if (const auto* result = std::get_if<ToolResult>(&part)) return result_block(*result);
  if (const auto* reasoning = std::get_if<Reasoning>(&part)) return kept_block(*reasoning);
  const auto& text = std::get<Text>(part).text;
  if (trim(text).empty()) return JsonObject();  // refused by the API
  auto block = of_type("text");
  block.emplace("text", text);
  return block;
}

/// Results come first: a turn that answers calls must begin with the answers.
struct Turn {
  Role role = Role::user;
  std::vector<JsonObject> results;
  std::vector<JsonObject> others;
};

/// Neighbours of one role become one turn.
Result<std::vector<Turn>> turns_of(const Request& request, const Profile& profile) {
  std::vector<Turn> turns;
  for (const auto& message : request.messages) {
    for (const auto& part : message.parts) {
      auto block = block_of(part, profile);
      if (!block) return std::unexpected(std::move(block.error()));
      if (block->empty()) continue;
      if (turns.empty() || turns.back().role != message.role) turns.push_back({.role = message.role, .results = {}, .others = {}});
      auto& blocks = std::holds_alternative<ToolResult>(part) ? turns.back().results : turns.back().others;
      blocks.push_back(std::move(*block));
    }
  }
  if (turns.empty()) return fail(ErrorCode::invalid_argument, "there is nothing to send to the model: every message is empty");
  return turns;
}

/// Thinking cannot carry a mark.
void mark_last(std::vector<Turn>& turns) {
  auto& [role, results, others] = turns.back();
  const auto last = std::find_if(others.rbegin(), others.rend(), [](const JsonObject& block) {
    const auto type = wire::text_at(block, "type");
    return type == "text" || type == "image" || type == "tool_use";
  });
  if (last != others.rend()) {
    mark_for_cache(*last);
  } else if (!results.empty()) {
    mark_for_cache(results.back());
  }
}

JsonArray messages_json(std::vector<Turn> turns) {
  JsonArray messages;
  for (auto& turn : turns) {
    JsonArray content;
    for (auto& block : turn.results) content.emplace_back(std::move(block));
    for (auto& block : turn.others) content.emplace_back(std::move(block));
    JsonObject message;
    message.emplace("role", turn.role == Role::user ? "user" : "assistant");
    message.emplace("content", std::move(content));
    messages.emplace_back(std::move(message));
  }
  return messages;
}

void write_system(JsonObject& body, const Request& request, const Profile& profile) {
  if (trim(request.instructions).empty()) return;
  if (!profile.prompt_cache) {
    body.emplace("system", request.instructions);
    return;
  }
  auto block = of_type("text");
  block.emplace("text", request.instructions);
  mark_for_cache(block);
  JsonArray system;
  system.emplace_back(std::move(block));
  body.emplace("system", std::move(system));
}

void write_tools(JsonObject& body, const Request& request, const Profile& profile) {
  if (request.tools.empty()) return;
  JsonArray tools;
  for (const auto* spec : wire::sorted_by_name(request.tools)) {
    JsonObject tool;
    tool.emplace("name", spec->name);
    if (!spec->description.empty()) tool.emplace("description", spec->description);
    tool.emplace("input_schema", spec->parameters.is_object() ? spec->parameters : Json(of_type("object")));
    if (profile.strict_tools) tool.emplace("strict", true);
    tools.emplace_back(std::move(tool));
  }
  // The system prompt comes after the tools, so that its mark covers them.
  if (profile.prompt_cache && !body.contains("system")) mark_for_cache(tools.back().get_object());
  body.emplace("tools", std::move(tools));
}

void write_tool_choice(JsonObject& body, const Request& request, const Profile& profile) {
  if (request.tools.empty() || !profile.tool_choice) return;
  if (request.tool_choice == ToolChoice::none) {
    body.emplace("tool_choice", of_type("none"));
    return;
  }
  const bool one_only = !request.parallel_tool_calls && profile.parallel_tool_calls;
  if (request.tool_choice == ToolChoice::automatic && !one_only) return;
  auto choice = of_type(request.tool_choice == ToolChoice::required ? "any" : "auto");
  if (one_only) choice.emplace("disable_parallel_tool_use", true);
  body.emplace("tool_choice", std::move(choice));
}

Result<JsonObject> budget_thinking(std::string_view effort, std::uint32_t max_tokens) {
  const std::uint64_t quarters = effort == "minimal" || effort == "low" ? 1 : effort == "medium" ? 2 : 3;
  const auto budget = std::max<std::uint64_t>(least_thinking_budget, max_tokens * quarters / 4);
  if (budget >= max_tokens) {
    return fail(ErrorCode::invalid_argument, "this model thinks with at least 1024 tokens of its output limit of " +
                                                 std::to_string(max_tokens) +
                                                 "; set max_output_tokens to 2048 or more, or leave reasoning_effort out");
  }
  auto thinking = of_type("enabled");
  thinking.emplace("budget_tokens", budget);
  return thinking;
}

/// `thinking` and `output_config`.
Result<void> write_output(JsonObject& body, const Request& request, std::uint32_t max_tokens) {
  JsonObject config;
  const auto& effort = request.reasoning_effort;
  if (effort == "none") {
    body.emplace("thinking", of_type("disabled"));
  } else if (!effort.empty() && thinks_by_budget(request.model)) {
    auto thinking = budget_thinking(effort, max_tokens);
    if (!thinking) return std::unexpected(std::move(thinking.error()));
    body.emplace("thinking", std::move(*thinking));
  } else if (!effort.empty()) {
    auto thinking = of_type("adaptive");
    thinking.emplace("display", "summarized");  // newer models keep their thoughts back unless asked
    body.emplace("thinking", std::move(thinking));
    config.emplace("effort", effort == "minimal" ? "low" : effort);
  }
  if (request.output) {
    auto format = of_type("json_schema");
    format.emplace("schema", request.output->schema);
    config.emplace("format", std::move(format));
  }
  if (!config.empty()) body.emplace("output_config", std::move(config));
  return {};
}

void write_sampling(JsonObject& body, const Request& request) {
  if (request.temperature) body.emplace("temperature", *request.temperature);
  if (request.top_p) body.emplace("top_p", *request.top_p);
  if (request.stop.empty()) return;
  JsonArray stop;
  for (const auto& text : request.stop) stop.emplace_back(text);
  body.emplace("stop_sequences", std::move(stop));
}

}  // namespace

Result<WireRequest> MessagesCodec::encode(const Request& request, const Profile& profile, Streaming streaming) const {
  if (request.seed) return fail(ErrorCode::unsupported, "Anthropic's Messages API has no seed; leave 'seed' out for this model");
  auto turns = turns_of(request, profile);
  if (!turns) return std::unexpected(std::move(turns.error()));
  if (profile.prompt_cache) mark_last(*turns);
  const auto max_tokens = request.max_output_tokens.value_or(default_max_tokens);

  WireRequest out{.path = "/v1/messages", .headers = {{"anthropic-version", std::string(api_version)}}, .body = {}};
  auto& body = out.body;
  body.emplace("model", request.model);
  body.emplace("max_tokens", max_tokens);
  write_system(body, request, profile);
  write_tools(body, request, profile);
  write_tool_choice(body, request, profile);
  body.emplace("messages", messages_json(std::move(*turns)));
  if (auto written = write_output(body, request, max_tokens); !written) return std::unexpected(std::move(written.error()));
  write_sampling(body, request);
  if (streaming == Streaming::on) body.emplace("stream", true);
  for (const auto& member : request.extra) body[member.key()] = member.value();
  return out;
}

Result<Response> MessagesCodec::decode(const Json& body) const {
  const auto* message = body.if_object();
  if (message == nullptr) return wire::bad_answer("the model's answer is not a JSON object");
  return read_message(*message);
}

std::unique_ptr<StreamDecoder> MessagesCodec::decoder() const { return std::make_unique<MessagesDecoder>(); }

}  // namespace skein::model::anthropic
