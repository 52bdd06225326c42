#pragma once

#include <optional>
#include <string>
#include <vector>

#include "workflow/run_state.hpp"

namespace skein::cli {

/// A workflow, or a run of it, as boxes and arrows; the writers of the formats turn it into text.
struct Drawing {
  struct Box {
    std::string name;
    std::string about;                 ///< agent and action, and what happens before or around it
    std::optional<TaskStatus> status;  ///< of a run
    std::string progress;              ///< of a run: attempts, rounds, items
  };
  enum class Kind : std::uint8_t { needs, order, edge };
  struct Arrow {
    std::optional<std::size_t> from;   ///< absent: the beginning
    std::optional<std::size_t> to;     ///< absent: the end
    Kind kind = Kind::needs;
    std::string label;
  };
  std::string title;
  std::vector<Box> boxes;              ///< in file order
  std::vector<Arrow> arrows;
};

/// `state`: a run whose progress is drawn too; null: only the workflow.
[[nodiscard]] Drawing draw(const workflow::Definition& definition, const workflow::RunState* state = nullptr);

/// The source of a Mermaid flowchart.
[[nodiscard]] std::string to_mermaid(const Drawing& drawing);
/// A graph in the language of Graphviz.
[[nodiscard]] std::string to_dot(const Drawing& drawing);

}  // namespace skein::cli
