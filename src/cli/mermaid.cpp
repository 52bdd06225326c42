#include "cli/mermaid.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/json.hpp"
#include "cli/screen_text.hpp"

namespace skein::cli {
namespace {

/// In a quoted label Mermaid takes everything but quotes as it is, once HTML's signs are written as entities.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) {
    switch (c) {
      case '"': out += "#quot;"; break;
      case '<': out += "#lt;"; break;
      case '>': out += "#gt;"; break;
      case '#': out += "#35;"; break;
      case '&': out += "#amp;"; break;
      default: out += c;
    }
  }
  return out;
}

/// A condition as its author wrote it, without the braces.
std::string condition_of(const workflow::Template& when) {
  auto text = when.source().is_string() ? std::string(when.source().get_string()) : to_json(when.source());
  const auto trim = [&](std::string_view what) {
    const auto at = text.find(what);
    if (at != std::string::npos) text.erase(at, what.size());
  };
  trim("{{");
  trim("}}");
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? text : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

void append_edges(std::string& out, const workflow::Definition& definition) {
  const auto node = [](const std::optional<workflow::TaskIndex>& task, std::string_view otherwise) {
    return task ? fmt::format("t{}", *task) : std::string(otherwise);
  };
  for (const auto& edge : definition.edges) {
    std::string label = edge.when ? condition_of(*edge.when) : "";
    if (edge.max_iterations) label += fmt::format("{}at most {} times", label.empty() ? "" : ", ", *edge.max_iterations);
    out += fmt::format("  {} -->{} {}\n", node(edge.from, "begin((start))"), label.empty() ? "" : fmt::format("|\"{}\"|", escaped(label)),
                       node(edge.to, "finish((end))"));
  }
}

}  // namespace

std::string to_mermaid(const workflow::Definition& definition) {
  std::string out = "flowchart TD\n";
  const auto& tasks = definition.tasks;
  for (std::size_t i = 0; i < definition.own_tasks; ++i) {
    const auto& agent = definition.agents.at(tasks[i].agent);
    const auto* each = tasks[i].for_each ? " (for each)" : "";
    out += fmt::format("  t{}[\"{}{}<br/><small>{}: {}</small>\"]\n", i, escaped(tasks[i].name), each, escaped(agent.name),
                       escaped(tasks[i].action));
  }
  for (std::size_t i = 0; i < definition.own_tasks; ++i) {
    for (const auto need : tasks[i].depends_on) out += fmt::format("  t{} --> t{}\n", need, i);
    if (definition.parallel_execution || i == 0 || tasks[i].graph || tasks[i - 1].graph) continue;
    const auto& needs = tasks[i].depends_on;
    if (std::find(needs.begin(), needs.end(), i - 1) == needs.end()) out += fmt::format("  t{} -.-> t{}\n", i - 1, i);
  }
  append_edges(out, definition);
  return out;
}

}  // namespace skein::cli
