#include "agent/react.hpp"

#include <algorithm>
#include <utility>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "model/wire_value.hpp"

namespace skein::agent {
namespace {

constexpr std::string_view made_up = "\nObservation:";

void write_call(std::string& text, const model::ToolCall& call) {
  text += fmt::format("Action: {}\nAction Input: {}\n", call.name, trim(call.arguments).empty() ? std::string("{}") : call.arguments);
}

/// One turn as the text that the protocol has for it; pictures and what must be kept stay parts.
model::Message as_text(const model::Message& message) {
  model::Message out{.role = message.role, .parts = {}};
  std::string text;
  for (const auto& part : message.parts) {
    if (const auto* words = std::get_if<model::Text>(&part)) {
      text += words->text + "\n";
    } else if (const auto* call = std::get_if<model::ToolCall>(&part)) {
      write_call(text, *call);
    } else if (const auto* result = std::get_if<model::ToolResult>(&part)) {
      text += fmt::format("Observation: {}{}\n", result->failed ? "Error: " : "", result->text);
    } else if (const auto* reasoning = std::get_if<model::Reasoning>(&part); reasoning != nullptr && reasoning->provider == "react") {
      text += fmt::format("Thought: {}\n", reasoning->text);
    } else {
      out.parts.push_back(part);
    }
  }
  while (text.ends_with('\n')) text.pop_back();
  if (!text.empty()) out.parts.emplace_back(model::Text{std::move(text)});
  return out;
}

}  // namespace

std::string react_instructions(const std::vector<model::ToolSpec>& tools) {
  if (tools.empty()) return {};
  std::string text = "You can use these tools:\n\n";
  std::string names;
  for (const auto* tool : model::wire::sorted_by_name(tools)) {
    text += fmt::format("- {}: {}\n  Arguments, as JSON Schema: {}\n", tool->name, tool->description, to_json(tool->parameters));
    names += (names.empty() ? "" : ", ") + tool->name;
  }
  text += fmt::format(
      "\nTo use a tool, write exactly these lines and then stop:\n\n"
      "Thought: what you need to find out\n"
      "Action: the name of one tool, out of: {}\n"
      "Action Input: its arguments, as one JSON object\n\n"
      "You are then told what it brought in a line that begins with \"Observation:\". Never write such a line yourself, and use one tool "
      "at a time. Repeat this until you know the answer, then write:\n\n"
      "Thought: I know the answer\n"
      "Final Answer: the answer\n",
      names);
  return text;
}

model::Request to_react(model::Request request) {
  if (request.tools.empty() && request.messages.empty()) return request;
  for (auto& message : request.messages) message = as_text(message);
  if (request.tools.empty()) return request;
  const auto more = [&](std::string_view text) {
    if (!request.instructions.empty()) request.instructions += "\n\n";
    request.instructions += text;
  };
  if (request.tool_choice != model::ToolChoice::none) {
    more(react_instructions(request.tools));
    request.stop.emplace_back(made_up);
  }
  if (request.tool_choice == model::ToolChoice::required) more("Use a tool now; do not give a Final Answer yet.");
  if (request.output) {
    more("The Final Answer must be JSON, without any text around it, that fits this JSON Schema: " + to_json(request.output->schema));
    request.output.reset();
  }
  request.tools.clear();
  request.tool_choice = model::ToolChoice::automatic;
  request.parallel_tool_calls = true;
  return request;
}

model::Response from_react(model::Response response, const std::vector<model::ToolSpec>& tools, std::string call_id) {
  auto& parts = response.message.parts;
  const auto is_call = [](const model::Part& part) { return std::holds_alternative<model::ToolCall>(part); };
  if (tools.empty() || std::any_of(parts.begin(), parts.end(), is_call)) return response;
  auto step = parse_react(model::text_of(response.message), tools);
  std::erase_if(parts, [](const model::Part& part) { return std::holds_alternative<model::Text>(part); });
  if (!step.thought.empty()) parts.emplace_back(model::Reasoning{.text = std::move(step.thought), .provider = "react", .kept = nullptr});
  if (step.call) {
    parts.emplace_back(model::ToolCall{
        .id = std::move(call_id), .name = std::move(step.call->tool), .arguments = std::move(step.call->arguments), .kept = nullptr});
    if (response.finish == model::Finish::stop) response.finish = model::Finish::tool_calls;
  } else if (!step.answer.empty()) {
    parts.emplace_back(model::Text{std::move(step.answer)});
  }
  return response;
}

}  // namespace skein::agent
