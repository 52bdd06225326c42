#include "cli/mermaid.hpp"

#include <algorithm>

#include <fmt/format.h>

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

}  // namespace

std::string to_mermaid(const workflow::Definition& definition) {
  std::string out = "flowchart TD\n";
  const auto& tasks = definition.tasks;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto& agent = definition.agents.at(tasks[i].agent);
    out +=
        fmt::format("  t{}[\"{}<br/><small>{}: {}</small>\"]\n", i, escaped(tasks[i].name), escaped(agent.name), escaped(tasks[i].action));
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    for (const auto need : tasks[i].depends_on) out += fmt::format("  t{} --> t{}\n", need, i);
    if (definition.parallel_execution || i == 0) continue;
    const auto& needs = tasks[i].depends_on;
    if (std::find(needs.begin(), needs.end(), i - 1) == needs.end()) out += fmt::format("  t{} -.-> t{}\n", i - 1, i);
  }
  return out;
}

}  // namespace skein::cli
