// Whatever a model writes, the ReAct reader finds a call or an answer in it; a call that can be run is read the same from what is said of
// it in the next turn.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/react.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace {

using namespace skein;

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<model::ToolSpec> make_tools() {
  return {
      {.name = "search", .description = "Searches", .parameters = parse_json(R"({"properties":{"query":{"type":"string"}}})").value()},
      {.name = "add", .description = "Adds", .parameters = parse_json(R"({"properties":{"a":{},"b":{}},"required":["a","b"]})").value()}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto tools = make_tools();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto step = agent::parse_react(text, tools);
  require(step.thought.size() <= size && step.answer.size() <= size);
  if (!step.call) return 0;
  require(step.answer.empty() && !step.call->arguments.empty());
  const auto arguments = parse_json(step.call->arguments);
  if ((step.call->tool != "search" && step.call->tool != "add") || !arguments || !arguments->is_object()) return 0;

  model::Request next;
  next.messages = {{.role = model::Role::assistant,
                    .parts = {model::ToolCall{.id = "c", .name = step.call->tool, .arguments = step.call->arguments, .kept = nullptr}}}};
  const auto said = model::text_of(agent::to_react(next).messages.front());
  require(agent::parse_react(said, tools).call == step.call);
  return 0;
}
