#include "config/inner_workflows.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "config/validate.hpp"

// Workflows inside workflows: a file that an agent names becomes a part of the document, so a run never depends on it again.
namespace skein::config {
namespace {

using describe::add_error;
using describe::Path;

std::vector<Problem> one_problem(std::string message) {
  std::vector<Problem> out(1);
  out.front().message = std::move(message);
  return out;
}

std::string circle(const FileChain& chain, const std::filesystem::path& again) {
  std::string out;
  const auto first = std::ranges::find(chain, again);
  for (auto it = first; it != chain.end(); ++it) out += it->filename().string() + " → ";
  return out + again.filename().string();
}

std::vector<Problem> embed(Json& value, const FileChain& chain) {
  const std::string_view name(value.get_string().data(), value.get_string().size());
  if (name.empty() || name.contains("{{"))
    return one_problem("'workflow' must be the path of a file, without expressions: which workflow runs is fixed when the file is read");
  const auto path = (chain.back().parent_path() / name).lexically_normal();
  if (std::ranges::find(chain, path) != chain.end())
    return one_problem(fmt::format("workflows run each other in a circle: {}; break it", circle(chain, path)));
  if (chain.size() >= most_nested_files)
    return one_problem(fmt::format("more than {} workflows inside each other; make it flatter", most_nested_files));
  auto loaded = load_inner_workflow(path, chain);
  if (!loaded) {
    auto& problems = loaded.error();
    // About the file as a whole: that belongs to where it is named.
    if (problems.size() == 1 && problems.front().line == 0) return one_problem(fmt::format("{}: {}", name, problems.front().message));
    return std::move(problems);
  }
  value = loaded->definition->document;
  return {};
}

void check_parameters(const workflow::Definition& inner, const TaskSpec& task, const Path& at, describe::Problems& problems) {
  const Path parameters(at, "parameters");
  static const JsonObject none;
  const auto* given = task.parameters.source.if_object();
  if (given == nullptr) given = &none;
  std::vector<std::string_view> names;
  for (const auto& input : inner.inputs) names.push_back(input.name);
  for (const auto& [key, value] : *given) {
    const auto input = std::ranges::find(inner.inputs, std::string_view(key), &workflow::InputDefinition::name);
    const Path place(parameters, std::string_view(key));
    if (input == inner.inputs.end()) {
      auto advice = suggestion(key, names, problems);
      if (advice.empty())
        advice = names.empty() ? "; it has no inputs" : "; it has " + list_of(std::vector<std::string>(names.begin(), names.end()));
      add_error(problems, place, fmt::format("workflow '{}' has no input '{}'{}", inner.name, std::string_view(key), advice),
                describe::Part::key);
    } else if (const auto text = workflow::Template::compile(value); text && text->references().empty() && !to_json(value).contains("{{")) {
      for (const auto& wrong : schema_violations(key, input->schema, value)) {
        add_error(problems, place, fmt::format("input of workflow '{}': {}", inner.name, wrong));
      }
    }
  }
  for (const auto& input : inner.inputs) {
    if (input.required && !given->contains(input.name)) {
      add_error(
          problems, at,
          fmt::format("Task '{}' runs workflow '{}' without its input '{}'; give it in 'parameters'", task.name, inner.name, input.name));
    }
  }
}

std::string_view literal_key(const workflow::Definition& definition) {
  const auto& key = definition.concurrency->key;
  return key.source().is_string() ? std::string_view(key.source().get_string()) : std::string_view();
}

/// A workflow inside of `inner`, or that itself, whose runs need the place that a run of `outer` certainly holds. Keys over inputs are
/// compared when a run begins.
const workflow::Definition* waits_for(const workflow::Definition& inner, std::string_view name,
                                      std::string_view key) {  // NOLINT(misc-no-recursion)
  const auto& limit = inner.concurrency;
  if (limit && limit->key.is_literal() && inner.name == name && literal_key(inner) == key) return &inner;
  for (const auto& agent : inner.agents) {
    const auto* found = agent.workflow ? waits_for(*agent.workflow, name, key) : nullptr;
    if (found != nullptr) return found;
  }
  return nullptr;
}

void check_turns(const WorkflowSpec& spec, const workflow::Definition& definition, describe::Problems& problems) {
  if (!definition.concurrency || !definition.concurrency->key.is_literal()) return;
  const Path root;
  const Path agents(root, "agents");
  for (std::size_t i = 0; i < spec.agents.size(); ++i) {
    const auto& inner = definition.agents[i].workflow;
    if (!inner || waits_for(*inner, definition.name, literal_key(definition)) == nullptr) continue;
    const Path agent(agents, i);
    const bool itself = inner->name == definition.name;
    add_error(
        problems, Path(agent, "workflow"),
        fmt::format("its runs would wait for ever: {} has the name '{}' and the concurrency key of this workflow, whose runs hold the "
                    "place until they have ended; give one of them another name or another 'concurrency.key'",
                    itself ? "it" : "a workflow in it", definition.name));
  }
}

}  // namespace

std::vector<UnreadInner> embed_inner_workflows(JsonObject& document, const FileChain& chain) {
  std::vector<UnreadInner> unread;
  auto* agents = document.if_contains("agents");
  if (agents == nullptr || !agents->is_array()) return unread;
  auto& list = agents->get_array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto* value = list[i].is_object() ? list[i].get_object().if_contains("workflow") : nullptr;
    if (value == nullptr || !value->is_string()) continue;
    auto problems = embed(*value, chain);
    if (!problems.empty()) unread.push_back({.pointer = fmt::format("/agents/{}/workflow", i), .problems = std::move(problems)});
  }
  return unread;
}

workflow::DefinitionPtr inner_workflow(const Json& document, const Path& at, describe::Problems& problems) {
  auto loaded = load_workflow_document(document);
  if (loaded) return loaded->definition;
  for (const auto& problem : loaded.error()) add_error(problems, at, fmt::format("in this workflow: {}", to_string(problem)));
  return nullptr;
}

void check_inner_workflows(const WorkflowSpec& spec, const workflow::Definition& definition, describe::Problems& problems) {
  check_turns(spec, definition, problems);
  const Path root;
  const Path list(root, "tasks");
  for (std::size_t i = 0; i < spec.tasks.size() && !definition.agents.empty(); ++i) {
    const auto& agent = definition.agents[definition.tasks[i].agent];
    if (agent.name != spec.tasks[i].agent_name || !agent.workflow) continue;
    const Path at(list, i);
    if (spec.tasks[i].action != "run" && !spec.tasks[i].action.empty())
      add_error(problems, Path(at, "action"),
                fmt::format("an agent of type workflow has no action '{}'; its action is run", spec.tasks[i].action));
    check_parameters(*agent.workflow, spec.tasks[i], at, problems);
  }
}

}  // namespace skein::config
