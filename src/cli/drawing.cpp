#include "cli/drawing.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/json.hpp"

namespace skein::cli {
namespace {

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

std::string about(const workflow::Definition& definition, const workflow::TaskDefinition& task) {
  std::string out = fmt::format("{}: {}", definition.agents.at(task.agent).name, task.action);
  if (task.approval) out += ", after approval";
  if (task.when) out += ", if " + condition_of(*task.when);
  if (task.undo) out += ", can be undone";
  return out;
}

std::string progress_of(const workflow::RunState& state, workflow::TaskIndex index) {
  const auto& task = state.tasks()[index];
  std::string out;
  const auto add = [&](std::string part) { out += (out.empty() ? "" : ", ") + part; };
  if (task.attempt > 1) add(fmt::format("attempt {}", task.attempt));
  if (task.activation > 1) add(fmt::format("round {}", task.activation));
  if (const auto* items = state.fan_out(index))
    add(fmt::format("{} of {} items", items->items.size() - items->unfinished, items->items.size()));
  return out;
}

void add_arrows(const workflow::Definition& definition, const workflow::RunState* state, Drawing& out) {
  const auto& tasks = definition.tasks;
  for (std::size_t i = 0; i < definition.own_tasks; ++i) {
    for (const auto need : tasks[i].depends_on) out.arrows.push_back({.from = need, .to = i, .kind = Drawing::Kind::needs, .label = {}});
    if (definition.parallel_execution || i == 0 || tasks[i].graph || tasks[i - 1].graph) continue;
    const auto& needs = tasks[i].depends_on;
    if (std::find(needs.begin(), needs.end(), i - 1) == needs.end())
      out.arrows.push_back({.from = i - 1, .to = i, .kind = Drawing::Kind::order, .label = {}});
  }
  for (workflow::EdgeIndex i = 0; i < definition.edges.size(); ++i) {
    const auto& edge = definition.edges[i];
    std::string label = edge.when ? condition_of(*edge.when) : "";
    if (edge.max_iterations) label += fmt::format("{}at most {} times", label.empty() ? "" : ", ", *edge.max_iterations);
    if (state != nullptr && state->fired(i) > 0) label += fmt::format("{}taken {}×", label.empty() ? "" : ", ", state->fired(i));
    out.arrows.push_back({.from = edge.from, .to = edge.to, .kind = Drawing::Kind::edge, .label = std::move(label)});
  }
}

}  // namespace

Drawing draw(const workflow::Definition& definition, const workflow::RunState* state) {
  Drawing out{.title = definition.name, .boxes = {}, .arrows = {}};
  for (workflow::TaskIndex i = 0; i < definition.own_tasks; ++i) {
    const auto& task = definition.tasks[i];
    Drawing::Box box{
        .name = task.name + (task.for_each ? " (for each)" : ""), .about = about(definition, task), .status = {}, .progress = {}};
    if (state != nullptr) {
      box.status = state->tasks()[i].status;
      box.progress = progress_of(*state, i);
    }
    out.boxes.push_back(std::move(box));
  }
  add_arrows(definition, state, out);
  return out;
}

}  // namespace skein::cli
