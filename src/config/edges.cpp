#include <algorithm>
#include <functional>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "config/validate.hpp"

namespace skein::config {
namespace {

using describe::Part;
using describe::Path;
using describe::Problems;

std::optional<std::size_t> task_named(std::string_view name, const Names& names) {
  const auto it = names.tasks.find(name);
  if (it == names.tasks.end()) return std::nullopt;
  return it->second;
}

enum class Holds : std::uint8_t { always, never, sometimes };

Holds holds(const EdgeSpec& edge) {
  const auto& when = edge.when.source;
  if (when.is_null()) return Holds::always;
  if (!when.is_bool()) return Holds::sometimes;
  return when.get_bool() ? Holds::always : Holds::never;
}

class Check {
 public:
  Check(const WorkflowSpec& spec, const Names& names, const EdgeGraphs& edges, Problems& problems)
      : spec_(spec), names_(names), edges_(edges), problems_(problems), tasks_(names_in(names.tasks)) {}

  void run() {
    for (std::size_t i = 0; i < spec_.edges.size(); ++i) ends(i);
    never_fire();
    reachable();
    bounded();
    tasks();
  }

 private:
  /// An error at one edge, or at one of its keys.
  void edge_error(std::size_t edge, std::string_view key, std::string message, Part part = Part::value) {
    const Path root;
    const Path list(root, "edges");
    const Path at(list, edge);
    if (key.empty()) {
      add_error(problems_, at, std::move(message), part);
    } else {
      add_error(problems_, Path(at, key), std::move(message), part);
    }
  }
  void task_error(std::size_t task, std::string_view key, std::string message, Part part = Part::value) {
    const Path root;
    const Path list(root, "tasks");
    const Path at(list, task);
    add_error(problems_, Path(at, key), std::move(message), part);
  }

  void ends(std::size_t i) {
    const auto& edge = spec_.edges[i];
    const auto known = [&](std::string_view key, const std::string& name, std::string_view reserved) {
      if (name.empty() || name == reserved || names_.tasks.contains(name)) return;
      auto advice = suggestion(name, tasks_, problems_);
      if (advice.empty()) advice = fmt::format("; name a task, or '{}'", reserved);
      edge_error(i, key, fmt::format("Edge references undefined task '{}'{}", name, advice));
    };
    known("from", edge.from, start_name);
    known("to", edge.to, end_name);
    if (edge.from != start_name) return;
    if (edge.to == end_name) edge_error(i, "to", "an edge from 'start' must lead to a task; name the first one");
    if (!edge.when.source.is_null()) {
      edge_error(i, "when", "an edge from 'start' cannot have a condition; begin with a task and put the condition on its edges",
                 Part::key);
    }
    if (edge.max_iterations) edge_error(i, "max_iterations", "an edge from 'start' fires once; remove 'max_iterations'", Part::key);
  }

  /// After an edge that always holds and has no limit no other edge of the same task can fire.
  void never_fire() {
    std::map<std::string_view, std::size_t> certain;
    for (std::size_t i = 0; i < spec_.edges.size(); ++i) {
      const auto& edge = spec_.edges[i];
      if (edge.from.empty() || edge.from == start_name) continue;
      if (const auto first = certain.find(edge.from); first != certain.end()) {
        edge_error(
            i, "",
            fmt::format("this edge can never fire: edge {} from '{}' always holds and comes first; move this one before it or remove it",
                        first->second + 1, edge.from));
      } else if (holds(edge) == Holds::never) {
        edge_error(i, "when", "this edge can never fire: its condition is false; remove the edge");
      } else if (holds(edge) == Holds::always && !edge.max_iterations) {
        certain.emplace(edge.from, i);
      }
    }
  }

  [[nodiscard]] std::vector<std::vector<std::size_t>> followers(bool unbounded_only) const {
    std::vector<std::vector<std::size_t>> out(spec_.tasks.size());
    for (const auto& edge : spec_.edges) {
      const auto from = task_named(edge.from, names_);
      const auto to = task_named(edge.to, names_);
      if (from && to && !(unbounded_only && edge.max_iterations)) out[*from].push_back(*to);
    }
    return out;
  }

  void reachable() {
    const auto next = followers(false);
    std::vector<bool> seen(spec_.tasks.size());
    std::vector<std::size_t> open;
    const auto visit = [&](std::size_t task) {
      if (seen[task]) return;
      seen[task] = true;
      open.push_back(task);
    };
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (!edges_.entered[i]) visit(i);
    }
    for (const auto& edge : spec_.edges) {
      if (edge.from != start_name) continue;
      if (const auto to = task_named(edge.to, names_)) visit(*to);
    }
    while (!open.empty()) {
      const auto task = open.back();
      open.pop_back();
      for (const auto to : next[task]) visit(to);
    }
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (seen[i]) continue;
      task_error(i, "name",
                 fmt::format("Task '{}' can never be reached: edges lead to it only from tasks that are not reached either; add an edge "
                             "{{from: start, to: {}}}",
                             spec_.tasks[i].name, spec_.tasks[i].name));
    }
  }

  /// Every circle needs an edge with max_iterations. A circle of edges without one is shown as a path.
  void bounded() {
    const auto next = followers(true);
    enum class Mark : std::uint8_t { fresh, open, done };
    std::vector<Mark> marks(spec_.tasks.size(), Mark::fresh);
    std::vector<std::pair<std::size_t, std::size_t>> path;  // a task and the next of its followers to look at
    for (std::size_t start = 0; start < marks.size(); ++start) {
      if (marks[start] != Mark::fresh) continue;
      path.assign(1, {start, 0});
      marks[start] = Mark::open;
      while (!path.empty()) {
        auto& [task, at] = path.back();
        if (at == next[task].size()) {
          marks[task] = Mark::done;
          path.pop_back();
          continue;
        }
        const auto to = next[task][at++];
        if (marks[to] == Mark::open) {
          unbounded(path, to);
        } else if (marks[to] == Mark::fresh) {
          marks[to] = Mark::open;
          path.emplace_back(to, 0);
        }
      }
    }
  }

  void unbounded(const std::vector<std::pair<std::size_t, std::size_t>>& path, std::size_t to) {
    if (++loops_ > max_reported_cycles) return;
    std::string text;
    bool inside = false;
    for (const auto& [task, at] : path) {
      inside = inside || task == to;
      if (inside) text += spec_.tasks[task].name + " → ";
    }
    const auto& last = spec_.tasks[path.back().first].name;
    const auto edge = std::ranges::find_if(spec_.edges, [&](const EdgeSpec& e) { return e.from == last && e.to == spec_.tasks[to].name; });
    edge_error(static_cast<std::size_t>(edge - spec_.edges.begin()), "",
               fmt::format("Loop without a bound: {}{}; give one of its edges 'max_iterations'", text, spec_.tasks[to].name));
  }

  void tasks() {
    for (std::size_t i = 0; i < spec_.tasks.size(); ++i) {
      const auto& task = spec_.tasks[i];
      if (!spec_.edges.empty() && (task.name == start_name || task.name == end_name)) {
        task_error(i, "name",
                   fmt::format("'{}' means the {} of the run in edges; rename the task", task.name,
                               task.name == start_name ? "beginning" : "end"));
      }
      if (edges_.entered[i] && !task.depends_on.empty()) {
        task_error(
            i, "depends_on",
            fmt::format("Task '{}' is entered by edges, so it cannot have 'depends_on'; remove it, or the edges to the task", task.name),
            Part::key);
      }
      if (edges_.entered[i] && !task.when.source.is_null()) {
        task_error(i, "when",
                   fmt::format("Task '{}' is entered by edges, so it cannot have 'when'; put the condition on the edges", task.name),
                   Part::key);
      }
      if (!edges_.graph_of[i] || edges_.entered[i]) continue;
      for (const auto& name : task.depends_on) {
        const auto needed = task_named(name, names_);
        if (!needed || edges_.graph_of[*needed] != edges_.graph_of[i] || *needed == i) continue;
        task_error(
            i, "depends_on",
            fmt::format(
                "Task '{}' waits for '{}', which ends only when the edges that leave '{}' have been followed; remove it from 'depends_on'",
                task.name, name, task.name));
      }
    }
  }

  const WorkflowSpec& spec_;
  const Names& names_;
  const EdgeGraphs& edges_;
  Problems& problems_;
  std::vector<std::string_view> tasks_;
  std::size_t loops_ = 0;
};

}  // namespace

EdgeGraphs::EdgeGraphs(const WorkflowSpec& spec, const Names& names) : graph_of(spec.tasks.size()), entered(spec.tasks.size()) {
  std::vector<std::size_t> leader(spec.tasks.size());
  std::iota(leader.begin(), leader.end(), std::size_t{0});
  const auto leader_of = [&](std::size_t task) {
    while (leader[task] != task) task = leader[task] = leader[leader[task]];
    return task;
  };
  std::vector<bool> touched(spec.tasks.size());
  std::vector<bool> started(spec.tasks.size());
  for (const auto& edge : spec.edges) {
    const auto from = task_named(edge.from, names);
    const auto to = task_named(edge.to, names);
    if (from) touched[*from] = true;
    if (to) touched[*to] = entered[*to] = true;
    if (to && edge.from == start_name) started[*to] = true;
    if (from && to) leader[leader_of(*from)] = leader_of(*to);
  }
  std::map<std::size_t, std::size_t> places;
  for (std::size_t i = 0; i < leader.size(); ++i) {
    if (!touched[i]) continue;
    const auto [it, added] = places.try_emplace(leader_of(i), graphs.size());
    if (added) graphs.emplace_back();
    auto& graph = graphs[it->second];
    graph_of[i] = it->second;
    graph.tasks.push_back(i);
    graph.has_start = graph.has_start || started[i];
    if (!entered[i]) graph.entries.push_back(i);
  }
}

void check_edges(const WorkflowSpec& spec, const Names& names, const EdgeGraphs& edges, Problems& problems) {
  Check(spec, names, edges, problems).run();
}

}  // namespace skein::config
