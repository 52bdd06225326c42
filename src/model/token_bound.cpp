#include "model/token_bound.hpp"

#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

namespace skein::model {
namespace {

// Tokens that a template or a provider adds. Documented are up to 4 a message (OpenAI), some 20 a tool, and up to 804 for the system
// prompt that Anthropic adds where there are tools.
constexpr std::uint64_t around_prompt = 64;
constexpr std::uint64_t around_message = 16;
constexpr std::uint64_t around_call = 64;
constexpr std::uint64_t around_tool = 64;
constexpr std::uint64_t where_tools = 1024;
constexpr std::uint64_t where_schema = 512;

constexpr std::uint64_t usual_around_message = 4;

/// Bytes of a JSON string with quotes, all but ASCII escaped.
std::uint64_t escaped_size(std::string_view text) {
  std::uint64_t size = 2;
  for (const auto c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) {
      size += 3;  // two bytes become \uXXXX, four become two of these
    } else if (byte < 0x20 || byte == 0x7f) {
      size += 6;
    } else {
      size += byte == '"' || byte == '\\' ? 2 : 1;
    }
  }
  return size;
}

/// Bytes of a value printed with an indentation of four, at a depth.
std::uint64_t printed_size(const Json& value, std::uint64_t depth = 0) {
  constexpr std::uint64_t longest_number = 32;
  const auto line = 2 + 4 * (depth + 1);  // line feed, comma, indentation
  if (const auto* text = value.if_string()) return escaped_size(*text);
  if (const auto* list = value.if_array()) {
    std::uint64_t size = 3 + 4 * depth;
    for (const auto& item : *list) size += line + printed_size(item, depth + 1);
    return size;
  }
  if (const auto* object = value.if_object()) {
    std::uint64_t size = 3 + 4 * depth;
    for (const auto& member : *object) size += line + escaped_size(member.key()) + 2 + printed_size(member.value(), depth + 1);
    return size;
  }
  return longest_number;
}

std::uint64_t bound_of(const Part& part) {
  if (const auto* text = std::get_if<Text>(&part)) return text->text.size();
  if (std::holds_alternative<Image>(part)) return most_tokens_of_image;
  if (const auto* reasoning = std::get_if<Reasoning>(&part)) return reasoning->text.size() + printed_size(reasoning->kept);
  if (const auto* call = std::get_if<ToolCall>(&part)) {
    return around_call + escaped_size(call->id) + escaped_size(call->name) + escaped_size(call->arguments);
  }
  const auto& result = std::get<ToolResult>(part);
  return around_call + escaped_size(result.call_id) + escaped_size(result.name) + escaped_size(result.text);
}

struct Estimate {
  std::uint64_t bytes = 0;
  std::uint64_t tokens = 0;
};

void add(Estimate& sum, const Part& part) {
  if (const auto* text = std::get_if<Text>(&part)) {
    sum.bytes += text->text.size();
  } else if (std::holds_alternative<Image>(part)) {
    sum.tokens += usual_tokens_of_image;
  } else if (const auto* reasoning = std::get_if<Reasoning>(&part)) {
    sum.bytes += reasoning->text.size();
  } else if (const auto* call = std::get_if<ToolCall>(&part)) {
    sum.bytes += call->name.size() + call->arguments.size();
  } else {
    sum.bytes += std::get<ToolResult>(part).text.size();
  }
}

}  // namespace

std::uint64_t prompt_token_bound(const Request& request) {
  auto bound = around_prompt + request.instructions.size();
  for (const auto& message : request.messages) {
    bound += around_message;
    for (const auto& part : message.parts) bound += bound_of(part);
  }
  if (!request.tools.empty()) bound += where_tools;
  for (const auto& tool : request.tools) {
    bound += around_tool + escaped_size(tool.name) + escaped_size(tool.description) + printed_size(tool.parameters);
  }
  if (request.output) bound += where_schema + escaped_size(request.output->name) + printed_size(request.output->schema);
  if (!request.extra.empty()) bound += printed_size(Json(request.extra));
  return bound;
}

std::uint64_t prompt_token_estimate(const Request& request) {
  Estimate sum{.bytes = request.instructions.size()};
  for (const auto& message : request.messages) {
    sum.tokens += usual_around_message;
    for (const auto& part : message.parts) add(sum, part);
  }
  for (const auto& tool : request.tools) sum.bytes += tool.name.size() + tool.description.size() + to_json(tool.parameters).size();
  if (request.output) sum.bytes += to_json(request.output->schema).size();
  return sum.tokens + (sum.bytes * 2 + 6) / 7;
}

}  // namespace skein::model
