#include <algorithm>
#include <array>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "config/shapes.hpp"
#include "config/validate.hpp"

namespace skein::config {
namespace {

using describe::add_error;
using describe::Path;

constexpr std::array<std::string_view, 5> parameters{"question", "answer", "to", "timeout", "default"};

bool is_literal(const Json& value) { return !to_json(value).contains("{{"); }

void check_question(const TaskSpec& task, const Path& at, describe::Problems& problems) {
  if (task.action != "ask" && !task.action.empty())
    add_error(problems, Path(at, "action"), fmt::format("an agent of type human has no action '{}'; its action is ask", task.action));
  const Path place(at, "parameters");
  const auto* given = task.parameters.source.if_object();
  if (given == nullptr || !given->contains("question"))
    add_error(problems, at, fmt::format("Task '{}' asks a person without saying what; add parameters.question", task.name));
  if (given == nullptr) return;
  for (const auto& [key, value] : *given) {
    const std::string_view name(key);
    if (std::ranges::find(parameters, name) != parameters.end()) continue;
    add_error(problems, Path(place, name),
              fmt::format("a question has no '{}'{} (it has question, answer, to, timeout and default)", name,
                          did_you_mean(name, std::span<const std::string_view>(parameters))),
              describe::Part::key);
  }
  const auto* answer = given->if_contains("answer");
  if (answer == nullptr || !is_literal(*answer)) return;
  SchemaNode node;
  const auto before = problems.size();
  describe::Shape<SchemaNode>::parse(node, *answer, {}, Path(place, "answer"), problems);
  const auto* otherwise = given->if_contains("default");
  if (problems.size() != before || otherwise == nullptr || !is_literal(*otherwise)) return;
  for (const auto& wrong : schema_violations("default", node.source, *otherwise)) add_error(problems, Path(place, "default"), wrong);
}

}  // namespace

void check_people(const WorkflowSpec& spec, const Names& names, describe::Problems& problems) {
  const Path root;
  const Path list(root, "tasks");
  for (std::size_t i = 0; i < spec.tasks.size(); ++i) {
    const auto agent = names.agents.find(spec.tasks[i].agent_name);
    if (agent == names.agents.end() || spec.agents[agent->second].type != AgentKind::human) continue;
    check_question(spec.tasks[i], Path(list, i), problems);
  }
}

}  // namespace skein::config
