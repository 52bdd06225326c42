#pragma once

#include <string>
#include <vector>

#include "base/describe.hpp"
#include "config/config.hpp"
#include "config/inner_workflows.hpp"

// Prompts in files of their own: a text in which `{{ parameters.NAME }}` stands for what is chosen where the file is named. Before it,
// between two lines of `---`, the file may say which parameters it has: name → type or schema, as an included file does.
namespace skein::config {

inline constexpr std::size_t max_prompt_bytes = std::size_t{1} << 20;

/// What is wrong about the prompt of an agent, by the pointer of its `instructions`.
struct EmbeddedPrompt {
  std::string pointer;
  std::vector<Problem> in_file;     ///< of the prompt's file, each with its place
  describe::Problems here;          ///< of the place that names it
};

/// Puts the texts of files into the `instructions` of agents that name them, so that a run never depends on the files again. `chain` ends
/// with the document's own file; without one nothing is done. Where there is a problem some text stands for the real one.
[[nodiscard]] std::vector<EmbeddedPrompt> embed_prompts(Json& document, const FileChain& chain);

}  // namespace skein::config
