#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/exchange.hpp"

namespace skein::agent {

/// The ReAct text protocol (Yao et al. 2022, https://arxiv.org/abs/2210.03629) for models that cannot call tools natively: the model is
/// told of the tools in its instructions, asks for one in lines "Action:" and "Action Input:", gets "Observation:" back, and ends with
/// "Final Answer:". Pure.

/// What a model's text says.
struct ReactStep {
  struct Call {
    std::string tool;       ///< may be empty or unknown: the loop tells the model
    std::string arguments;  ///< a JSON object, or what the model wrote where that is none
    bool operator==(const Call&) const = default;
  };
  std::string thought;
  std::optional<Call> call;
  std::string answer;  ///< of a step without a call
  bool operator==(const ReactStep&) const = default;
};

/// Reads an answer as tolerantly as can be done without a guess about what is run:
/// - the first action counts; an observation that the model makes up ends the text, and so does a further step;
/// - code fences, Markdown around labels and names, numbered labels and a leading <think> block are looked through;
/// - `name(…)`, `name[…]` and {"action", "action_input"} are read as actions too;
/// - an input that is no JSON object becomes the argument of a tool that takes exactly one;
/// - a text without action and without "Final Answer:" is the answer.
[[nodiscard]] ReactStep parse_react(std::string_view text, const std::vector<model::ToolSpec>& tools);

/// What a model must know to use the tools; empty without tools.
[[nodiscard]] std::string react_instructions(const std::vector<model::ToolSpec>& tools);

/// The same request in this protocol: without tools, calls and results, but with texts that say the same. A schema of the output
/// becomes an instruction too, since a server that enforced it would not let an action through.
[[nodiscard]] model::Request to_react(model::Request request);

/// The answer to such a request as if the model had called natively: a call has `call_id`, the thought is reasoning. Answers that the
/// server cut off stay so, and those with native calls stay as they are.
[[nodiscard]] model::Response from_react(model::Response response, const std::vector<model::ToolSpec>& tools, std::string call_id);

}  // namespace skein::agent
