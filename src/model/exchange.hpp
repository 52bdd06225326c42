#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/message.hpp"

namespace skein::model {

/// A tool as a model is told of it.
struct ToolSpec {
  std::string name;
  std::string description;
  Json parameters;  ///< a JSON Schema of type object
};

/// Whether the model must call a tool.
enum class ToolChoice : std::uint8_t { automatic, none, required };

struct OutputSchema {
  std::string name = "answer";
  Json schema;  ///< JSON Schema of the text that the model answers with
  bool strict = true;
};

/// One request for the next message of a conversation. Codecs write only what is set.
struct Request {
  std::string model;  ///< as the provider calls it, without the provider's name
  std::string instructions;  ///< the system prompt; empty: none
  std::vector<Message> messages;
  std::vector<ToolSpec> tools;  ///< sorted by name by the codec, so that the prompt's head stays the same for caches
  ToolChoice tool_choice = ToolChoice::automatic;
  bool parallel_tool_calls = true;
  std::optional<OutputSchema> output;
  std::optional<std::uint32_t> max_output_tokens;
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::vector<std::string> stop;
  std::optional<std::int64_t> seed;
  std::string reasoning_effort;  ///< "low", "medium", "high", …; empty: the model's default
  JsonObject extra;              ///< further members of the body as the user wrote them; they win over what the codec writes
};

/// Tokens of one call, as the provider counted them.
struct Usage {
  std::uint64_t input = 0;         ///< all of the prompt, cached or not
  std::uint64_t cached_input = 0;  ///< of `input`: read from the provider's cache
  std::uint64_t cache_write = 0;   ///< of `input`: written to the provider's cache
  std::uint64_t output = 0;        ///< reasoning included
  std::uint64_t reasoning = 0;     ///< of `output`
  bool operator==(const Usage&) const = default;
};

/// Why the model stopped.
enum class Finish : std::uint8_t {
  stop,            ///< it had said what it wanted
  tool_calls,      ///< it waits for tools
  length,          ///< the output limit or the context window cut it off; a last tool call may be incomplete
  content_filter,  ///< the provider withheld it
  refusal,         ///< the model declines
  paused           ///< to be sent again as it is (Anthropic's pause_turn)
};
[[nodiscard]] std::string_view to_string(Finish finish);

struct Response {
  Message message;  ///< of role assistant
  Finish finish = Finish::stop;
  std::optional<Usage> usage;  ///< absent where the server did not say
  std::string model;           ///< that answered, as the server calls it
  std::string id;              ///< the provider's name for this answer
  std::string answered_by;     ///< the full name, provider/model, of the model that was asked; codecs leave it empty
  bool cached = false;         ///< answered before, to an identical request: it cost nothing now
};

/// A piece of an answer on its way. Views are valid during the call.
struct Delta {
  enum class Kind : std::uint8_t { text, reasoning, tool_name, tool_arguments };
  Kind kind = Kind::text;
  std::size_t index = 0;  ///< of the tool call within the answer
  std::string_view text;
};
using OnDelta = std::function<void(const Delta&)>;

}  // namespace skein::model
