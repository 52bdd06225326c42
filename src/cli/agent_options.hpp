#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "cli/arguments.hpp"

namespace skein::cli {

/// What an agent is to be and to do, as the command line says it.
struct AgentOptions {
  std::string model;                   ///< empty: the file's, else SKEIN_MODEL
  std::vector<std::string> tools;
  std::string instructions;
  std::string system_file;
  std::string role;
  std::uint32_t max_turns = 0;         ///< 0: as usual
  std::string budget_cost;             ///< US dollars
  std::uint32_t budget_tokens = 0;     ///< 0: any
  std::string output_schema;           ///< a file
  std::vector<std::string> images;     ///< files and addresses
};

void add_agent_options(Command& command, AgentOptions& options);

/// An agent as a workflow file would have it: `base`, which may be empty, with what the options say laid over it. `usual_model` is taken
/// where neither names one. `around`: the workflow that `base` is from, which may have models of its own; may be null. Texts are taken as
/// they are: nothing in them is a template.
[[nodiscard]] Result<JsonObject> agent_of(const AgentOptions& options, JsonObject base, std::string_view usual_model,
                                          const Json& around = {});

/// The one of these agents that is meant: that of the name, or where none is given the only one that thinks.
[[nodiscard]] Result<JsonObject> choose_agent(const Json& document, std::string_view name, std::string_view file);

/// A workflow of one task, `answer`, that this agent does: its inputs are `task` and, where there are any, `images`; its output is
/// `answer`. `around`: the workflow that the agent is from, for what it refers to: inputs, models; may be null.
[[nodiscard]] JsonObject workflow_of(JsonObject agent, bool with_images, const Json& around);

/// Pictures as the task's parameter wants them: addresses as they are, files as data URLs.
[[nodiscard]] Result<JsonArray> read_images(const std::vector<std::string>& images);

}  // namespace skein::cli
