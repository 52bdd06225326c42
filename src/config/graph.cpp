#include <algorithm>
#include <functional>
#include <queue>

#include <fmt/format.h>

#include "config/validate.hpp"

namespace skein::config {
namespace {

using describe::Path;
using describe::Problems;

constexpr std::size_t longest_path = 20;  // tasks shown of a circle
constexpr std::size_t unplaced = static_cast<std::size_t>(-1);

/// A circle through `start` along `waits`, `start` first and last, among tasks that no order could place.
std::vector<std::size_t> circle_from(std::size_t start, const Graph& graph, const std::vector<bool>& placed) {
  std::vector<std::size_t> path;
  std::vector<std::size_t> place(graph.waits.size(), unplaced);
  std::size_t task = start;
  while (place[task] == unplaced) {
    place[task] = path.size();
    path.push_back(task);
    // Of a task without a place at least one need has none either.
    task = *std::ranges::find_if(graph.waits[task], [&](std::size_t needed) { return !placed[needed]; });
  }
  path.erase(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(place[task]));
  const auto smallest = std::ranges::min_element(path);
  std::rotate(path.begin(), smallest, path.end());
  path.push_back(path.front());
  return path;
}

}  // namespace

Graph::Graph(const WorkflowSpec& spec, const Names& names, const EdgeGraphs& edges) : needs(spec.tasks.size()) {
  const auto sort = [](std::vector<std::size_t>& list) {
    std::ranges::sort(list);
    const auto twice = std::ranges::unique(list);
    list.erase(twice.begin(), twice.end());
  };
  for (std::size_t i = 0; i < spec.tasks.size(); ++i) {
    for (const auto& name : spec.tasks[i].depends_on) {
      const auto it = names.tasks.find(name);
      if (it != names.tasks.end()) needs[i].push_back(it->second);
    }
    sort(needs[i]);
  }
  waits = needs;
  for (std::size_t i = 0; i < waits.size(); ++i) {
    const auto own = edges.graph_of[i];
    if (own && edges.entered[i]) waits[i] = edges.graphs[*own].entries;
    for (const auto needed : needs[i]) {
      const auto graph = edges.graph_of[needed];
      if (!graph || graph == own) continue;
      waits[i].insert(waits[i].end(), edges.graphs[*graph].entries.begin(), edges.graphs[*graph].entries.end());
    }
    sort(waits[i]);
  }
  std::vector<std::vector<std::size_t>> dependents(spec.tasks.size());
  std::vector<std::size_t> open(spec.tasks.size());
  for (std::size_t i = 0; i < waits.size(); ++i) {
    open[i] = waits[i].size();
    for (const auto needed : waits[i]) dependents[needed].push_back(i);
  }
  // Always the first task in file order whose needs are done.
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (open[i] == 0) ready.push(i);
  }
  std::vector<std::size_t> places(spec.tasks.size(), unplaced);
  std::size_t next = 0;
  while (!ready.empty()) {
    const auto task = ready.top();
    ready.pop();
    places[task] = next++;
    for (const auto dependent : dependents[task]) {
      if (--open[dependent] == 0) ready.push(dependent);
    }
  }
  if (next == places.size()) order = std::move(places);
}

void check_cycles(const WorkflowSpec& spec, const Graph& graph, Problems& problems) {
  if (!graph.order.empty() || spec.tasks.empty()) return;
  // Peel off what can be ordered; every task that is left leads into a circle.
  const auto count = graph.waits.size();
  std::vector<bool> placed(count);
  std::vector<std::size_t> open(count);
  std::vector<std::vector<std::size_t>> dependents(count);
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < count; ++i) {
    open[i] = graph.waits[i].size();
    if (open[i] == 0) ready.push_back(i);
    for (const auto needed : graph.waits[i]) dependents[needed].push_back(i);
  }
  const auto place = [&](std::size_t task) {
    placed[task] = true;
    for (const auto dependent : dependents[task]) {
      if (--open[dependent] == 0) ready.push_back(dependent);
    }
  };
  const auto drain = [&] {
    while (!ready.empty()) {
      const auto task = ready.back();
      ready.pop_back();
      if (!placed[task]) place(task);
    }
  };
  drain();
  const Path root;
  const Path list(root, "tasks");
  for (std::size_t i = 0; i < count && problems.size() < max_reported_cycles; ++i) {
    if (placed[i]) continue;
    const auto circle = circle_from(i, graph, placed);
    std::string path = spec.tasks[circle.front()].name;
    for (std::size_t step = 1; step < circle.size(); ++step) {
      const bool skipped = circle.size() > longest_path && step > longest_path / 2 && step + 1 < circle.size();
      if (!skipped) path += " → " + spec.tasks[circle[step]].name;
      if (skipped && step + 2 == circle.size()) path += fmt::format(" → … ({} more)", circle.size() - 2 - longest_path / 2);
    }
    const Path at(list, circle.front());
    add_error(problems, Path(at, "depends_on"),
              fmt::format("Circular dependency detected in tasks: {}; remove one of these from 'depends_on'", path));
    // Taken as broken, so that other circles are found too.
    for (const auto task : circle) {
      if (!placed[task]) place(task);
    }
    drain();
  }
}

}  // namespace skein::config
