#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/validate.hpp"

namespace skein::config {
namespace {

using describe::add_error;
using describe::Path;
using describe::Problems;
using describe::Severity;

/// What stands at the head of a path in every expression.
constexpr std::array<std::string_view, 6> heads{"inputs", "tasks", "env", "secrets", "run", "workflow"};

/// What an expression of a task with `for_each` may also begin with.
constexpr std::array<std::string_view, 2> item_heads{"item", "index"};

template <class List>
std::unordered_map<std::string_view, std::size_t> index_of(const List& list) {
  std::unordered_map<std::string_view, std::size_t> out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].name.empty()) out.emplace(list[i].name, i);
  }
  return out;
}

template <class List>
void check_unique(const List& list, const std::unordered_map<std::string_view, std::size_t>& index, std::string_view key,
                  std::string_view what, Problems& problems) {
  const Path root;
  const Path place(root, key);
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].name.empty() || index.at(list[i].name) == i) continue;
    const Path item(place, i);
    add_error(problems, Path(item, "name"),
              fmt::format("duplicate {} name '{}'; rename it (the first is number {} of {})", what, list[i].name,
                          index.at(list[i].name) + 1, key));
  }
}

void warn_if_hiding(std::string_view name, std::string_view what, const Path& at, describe::Part part, Problems& problems) {
  if (std::ranges::find(heads, name) == heads.end()) return;
  problems.push_back({.pointer = at.pointer(),
                      .message = fmt::format("{} '{}' hides what '{}' means in expressions; rename it", what, name, name),
                      .severity = Severity::warning,
                      .part = part,
                      .offset = {}});
}

std::vector<std::string_view> keys_of(const auto& named) {
  std::vector<std::string_view> out;
  for (const auto& [name, value] : named) out.push_back(name);
  return out;
}

void check_agent_name(std::string_view task, const std::string& agent, const Names& names, const std::vector<std::string_view>& agents,
                      const Path& at, Problems& problems) {
  if (agent.empty() || agent == builtin_agent || names.agents.contains(agent)) return;
  auto advice = suggestion(agent, agents, problems);
  if (advice.empty()) advice = "; declare it under 'agents'";
  add_error(problems, Path(at, "agent_name"), fmt::format("Task '{}' references undefined agent '{}'{}", task, agent, advice));
}

void check_compensation(const WorkflowSpec& spec, Problems& problems) {
  const auto undoes = [](const TaskSpec& task) { return task.compensate.has_value(); };
  if (spec.on_failure != workflow::OnFailure::compensate || std::ranges::any_of(spec.tasks, undoes)) return;
  const Path root;
  add_error(problems, Path(root, "on_failure"),
            "'on_failure: compensate' has nothing to do: no task has 'compensate'; add it, or remove this");
}

void check_dependencies(const TaskSpec& task, const Names& names, const std::vector<std::string_view>& tasks, const Path& at,
                        Problems& problems) {
  const Path list(at, "depends_on");
  for (std::size_t i = 0; i < task.depends_on.size(); ++i) {
    const auto& needed = task.depends_on[i];
    const Path item(list, i);
    if (needed.empty()) continue;
    if (!names.tasks.contains(needed)) {
      auto advice = suggestion(needed, tasks, problems);
      if (advice.empty()) advice = "; add that task or remove it from 'depends_on'";
      add_error(problems, item, fmt::format("Task '{}' depends on undefined task '{}'{}", task.name, needed, advice));
    } else if (std::find(task.depends_on.begin(), task.depends_on.begin() + static_cast<std::ptrdiff_t>(i), needed) !=
               task.depends_on.begin() + static_cast<std::ptrdiff_t>(i)) {
      problems.push_back({.pointer = item.pointer(),
                          .message = fmt::format("Task '{}' lists '{}' twice in 'depends_on'; remove one", task.name, needed),
                          .severity = Severity::warning,
                          .part = describe::Part::value,
                          .offset = {}});
    }
  }
}

void check_items(const TaskSpec& task, const Names& names, const Path& at, Problems& problems) {
  if (task.for_each.source.is_null()) {
    if (!task.max_concurrency) return;
    add_error(problems, Path(at, "max_concurrency"),
              fmt::format("Task '{}' has 'max_concurrency' but no 'for_each'; add the list, or remove it", task.name), describe::Part::key);
    return;
  }
  for (const auto name : item_heads) {
    if (!names.tasks.contains(name) && !names.inputs.contains(name)) continue;
    problems.push_back({.pointer = Path(at, "for_each").pointer(),
                        .message = fmt::format("in this task '{}' means the item, not the {} of that name; rename the latter", name,
                                               names.tasks.contains(name) ? "task" : "input"),
                        .severity = Severity::warning,
                        .part = describe::Part::key,
                        .offset = {}});
  }
}

}  // namespace

void check_chosen_names(const Path& place, const std::vector<std::string_view>& names, Problems& problems) {
  for (const auto name : names) {
    const Path at(place, name);
    if (const auto wrong = check_name(name); !wrong.empty())
      add_error(problems, at, fmt::format("{} {}", at.label(), wrong), describe::Part::key);
  }
}

std::vector<std::string_view> names_in(const std::unordered_map<std::string_view, std::size_t>& index) {
  std::vector<std::string_view> out;
  out.reserve(index.size());
  for (const auto& [name, place] : index) out.push_back(name);
  std::ranges::sort(out);  // so that of several equally near names the same one is suggested every time
  return out;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates, const Problems& problems) {
  if (candidates.size() * (problems.size() + 1) > enough_suggestions) return {};
  return did_you_mean(word, candidates);
}

Names::Names(const WorkflowSpec& spec) : agents(index_of(spec.agents)), tasks(index_of(spec.tasks)) {
  for (std::size_t i = 0; i < spec.inputs.size(); ++i) inputs.emplace(spec.inputs[i].first, i);
}

void check_names(const WorkflowSpec& spec, const Names& names, Problems& problems) {
  const Path root;
  check_unique(spec.agents, names.agents, "agents", "agent", problems);
  check_unique(spec.tasks, names.tasks, "tasks", "task", problems);
  check_chosen_names(Path(root, "inputs"), keys_of(spec.inputs), problems);
  check_chosen_names(Path(root, "outputs"), keys_of(spec.outputs), problems);
  const Path inputs(root, "inputs");
  for (const auto& [name, schema] : spec.inputs) {
    const Path at(inputs, std::string_view(name));
    warn_if_hiding(name, "input", at, describe::Part::key, problems);
    if (names.tasks.contains(name)) {
      add_error(problems, at,
                fmt::format("'{}' is the name of an input and of a task, so expressions cannot tell them apart; rename one", name),
                describe::Part::key);
    }
  }
  check_compensation(spec, problems);
  auto agents = names_in(names.agents);
  agents.push_back(builtin_agent);
  const auto tasks = names_in(names.tasks);
  const Path list(root, "tasks");
  for (std::size_t i = 0; i < spec.tasks.size(); ++i) {
    const Path at(list, i);
    warn_if_hiding(spec.tasks[i].name, "task", Path(at, "name"), describe::Part::value, problems);
    check_agent_name(spec.tasks[i].name, spec.tasks[i].agent_name, names, agents, at, problems);
    if (const auto& undo = spec.tasks[i].compensate)
      check_agent_name(spec.tasks[i].name, undo->agent_name, names, agents, Path(at, "compensate"), problems);
    check_dependencies(spec.tasks[i], names, tasks, at, problems);
    check_items(spec.tasks[i], names, at, problems);
  }
}

}  // namespace skein::config
