#include <algorithm>
#include <array>
#include <vector>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "config/validate.hpp"

namespace skein::config {
namespace {

using describe::add_error;
using describe::Path;

struct LocalAction {
  std::string_view name;
  std::vector<std::string_view> parameters;  ///< all that it knows; empty: any
  std::vector<std::string_view> needs;       ///< one of these must be there
};

const std::array<LocalAction, 5>& local_actions() {
  static const std::array<LocalAction, 5> all{{{"transform", {}, {}},
                                               {"wait", {"seconds", "until"}, {"seconds", "until"}},
                                               {"signal", {"name", "timeout"}, {}},
                                               {"emit", {"name", "data"}, {"name"}},
                                               {"fail", {"message", "code", "retryable"}, {}}}};
  return all;
}

void check_parameters(const TaskSpec& task, const LocalAction& action, const Path& at, describe::Problems& problems) {
  static const JsonObject none;
  if (task.parameters.source.is_string()) return;  // made by an expression
  const auto* object = task.parameters.source.if_object();
  const auto& given = object == nullptr ? none : *object;
  const Path place(at, "parameters");
  for (const auto& [key, value] : given) {
    const std::string_view name(key);
    if (action.parameters.empty() || std::ranges::find(action.parameters, name) != action.parameters.end()) continue;
    const std::vector<std::string> known(action.parameters.begin(), action.parameters.end());
    add_error(
        problems, Path(place, name),
        fmt::format("the action '{}' has no parameter '{}'{} (it has {})", action.name, name, did_you_mean(name, known), list_of(known)),
        describe::Part::key);
  }
  const auto is_given = [&](std::string_view name) { return given.contains(name); };
  if (action.needs.empty() || std::ranges::any_of(action.needs, is_given)) return;
  const std::vector<std::string> needed(action.needs.begin(), action.needs.end());
  add_error(
      problems, at,
      fmt::format("Task '{}' needs parameters.{} for the action '{}'; add it", task.name, list_of(needed, " or parameters."), action.name));
}

void check_task(const TaskSpec& task, const Path& at, describe::Problems& problems) {
  if (task.action.empty()) return;  // said already
  const auto& actions = local_actions();
  const auto action = std::ranges::find(actions, task.action, &LocalAction::name);
  if (action != actions.end()) return check_parameters(task, *action, at, problems);
  std::vector<std::string> known;
  for (const auto& one : actions) known.emplace_back(one.name);
  const auto advice = did_you_mean(task.action, known);
  if (advice.empty()) return;  // a program may have put a kind of its own in the place of `local`
  add_error(problems, Path(at, "action"),
            fmt::format("an agent of type local has no action '{}'{} (it has {})", task.action, advice, list_of(known)));
}

}  // namespace

void check_local(const WorkflowSpec& spec, const Names& names, describe::Problems& problems) {
  const Path root;
  const Path list(root, "tasks");
  for (std::size_t i = 0; i < spec.tasks.size(); ++i) {
    const auto& name = spec.tasks[i].agent_name;
    const auto agent = names.agents.find(name);
    const bool declared = agent != names.agents.end();
    const bool local = declared ? spec.agents[agent->second].type == AgentKind::local : name == builtin_agent;
    if (local) check_task(spec.tasks[i], Path(list, i), problems);
  }
}

}  // namespace skein::config
