#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/validate.hpp"
#include "workflow/expression/builtin.hpp"

namespace skein::config {
namespace {

using describe::Path;

constexpr std::array<std::string_view, 6> heads{"inputs", "tasks", "env", "secrets", "run", "workflow"};
constexpr std::array<std::string_view, 6> task_members{"result", "status", "error", "attempts", "metadata", "activations"};
constexpr std::array<std::string_view, 2> run_members{"id", "created"};
constexpr std::array<std::string_view, 2> workflow_members{"name", "version"};

/// After so many wrong references the rest is not looked at: they are counted, and nobody reads more.
constexpr std::size_t most_errors = 1000;

}  // namespace

struct TemplateChecker::Use {
  std::string_view head;
  std::string_view field;
  std::size_t offset;
  std::string_view pointer;  ///< of the string, below `at`
  TemplatePlace place;
  const Path& at;
  std::size_t task;
};

TemplateChecker::TemplateChecker(const WorkflowSpec& spec, const Names& names, const Graph& graph, const EdgeGraphs& edges,
                                 describe::Problems& problems)
    : spec_(spec),
      names_(names),
      graph_(graph),
      edges_(edges),
      problems_(problems),
      task_names_(names_in(names.tasks)),
      input_names_(names_in(names.inputs)) {
  known_heads_ = task_names_;
  known_heads_.insert(known_heads_.end(), input_names_.begin(), input_names_.end());
  known_heads_.insert(known_heads_.end(), heads.begin(), heads.end());
}

workflow::Template TemplateChecker::compile(Json source, TemplatePlace place, const Path& at, std::size_t task) {
  if (auto compiled = workflow::Template::compile(source)) {
    for (const auto& [reference, pointer] : compiled->references()) {
      if (errors_ > most_errors) break;
      check({.head = reference.head,
             .field = reference.field,
             .offset = reference.offset,
             .pointer = pointer,
             .place = place,
             .at = at,
             .task = task});
    }
    return *std::move(compiled);
  } else if (source.is_string()) {
    const std::string_view text = source.get_string();
    for (const auto& wrong : compiled.error()) not_understood(text, wrong, at);
  } else {
    compile_parts(source, place, at, task);
  }
  return {};
}

/// What is right beside an expression that cannot be understood is checked too.
void TemplateChecker::compile_parts(const Json& source, TemplatePlace place, const Path& at,
                                    std::size_t task) {  // NOLINT(misc-no-recursion)
  if (source.is_string()) {
    (void)compile(source, place, at, task);
  } else if (const auto* array = source.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) compile_parts((*array)[i], place, Path(at, i), task);
  } else if (const auto* object = source.if_object()) {
    for (const auto& member : *object) compile_parts(member.value(), place, Path(at, std::string_view(member.key())), task);
  }
}

void TemplateChecker::not_understood(std::string_view text, const workflow::ExpressionError& wrong, const Path& at) {
  if (++errors_ > most_errors) return;
  auto message = wrong.message;
  const auto begin = std::min(wrong.offset, text.size());
  const auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", begin);
  const auto word = text.substr(begin, end - begin);  // to the end of the text where there is none
  // A name that means something else in the language.
  if (names_.tasks.contains(word)) message += fmt::format("; the task of this name is tasks.{}", word);
  if (names_.inputs.contains(word)) message += fmt::format("; the input of this name is inputs.{}", word);
  problems_.push_back({.pointer = at.pointer(),
                       .message = std::move(message),
                       .severity = describe::Severity::error,
                       .part = describe::Part::value,
                       .offset = wrong.offset});
}

void TemplateChecker::error(const Use& use, std::string message) {
  ++errors_;
  problems_.push_back({.pointer = use.at.pointer() + std::string(use.pointer),
                       .message = std::move(message),
                       .severity = describe::Severity::error,
                       .part = describe::Part::value,
                       .offset = use.offset});
}

void TemplateChecker::check(const Use& use) {
  // The same order in which a run looks names up: the item, tasks, inputs, then what is built in.
  if (use.head == "item" || use.head == "index") {
    const bool known = names_.tasks.contains(use.head) || names_.inputs.contains(use.head);
    const bool in_task = use.place == TemplatePlace::parameters;
    if (in_task && !spec_.tasks[use.task].for_each.source.is_null()) return;
    if (!known) {
      return error(use, fmt::format("'{}' has a meaning only in the parameters of a task with 'for_each'{}", use.head,
                                    in_task ? "; add 'for_each' to the task" : ""));
    }
  }
  if (const auto task = names_.tasks.find(use.head); task != names_.tasks.end()) return check_task(use, task->second, use.field);
  if (names_.inputs.contains(use.head)) return;
  if (use.head == "inputs") {
    if (use.field.empty() || names_.inputs.contains(use.field)) return;
    auto advice = suggestion(use.field, input_names_, problems_);
    return error(use, fmt::format("there is no input '{}'{}", use.field, advice.empty() ? "; declare it under 'inputs'" : advice));
  }
  if (use.head == "tasks") {
    if (use.field.empty()) {
      if (use.place == TemplatePlace::output || use.place == TemplatePlace::undo) return;
      return error(use, "'tasks' needs the name of one task here; write tasks.NAME or tasks[\"my-task\"]");
    }
    if (const auto task = names_.tasks.find(use.field); task != names_.tasks.end()) return check_task(use, task->second, {});
    auto advice = suggestion(use.field, task_names_, problems_);
    return error(use, fmt::format("there is no task '{}'{}", use.field, advice.empty() ? "; check its name" : advice));
  }
  if (use.head == "env" || use.head == "secrets") return check_outside(use);
  if (use.head == "run" || use.head == "workflow") {
    if (use.place == TemplatePlace::agent || use.place == TemplatePlace::command) {
      return error(use, fmt::format("an agent may refer only to inputs, env and secrets, not to '{}'; move this to the task's parameters",
                                    use.head));
    }
    if (use.head == "run") return check_member(use, run_members, "a run");
    return check_member(use, workflow_members, "a workflow");
  }
  unknown(use);
}

void TemplateChecker::unknown(const Use& use) {
  if (use.head == "parameters") {
    return error(use,
                 "there are no parameters here: only a file that others include has them, under its own key 'parameters'; a workflow has "
                 "inputs");
  }
  auto advice = suggestion(use.head, known_heads_, problems_);
  // A misspelt function without arguments looks like the head of a path.
  if (advice.empty() && use.field.empty()) {
    if (const auto function = nearest(use.head, workflow::expression::builtin_names()); !function.empty())
      advice = fmt::format("; did you mean the function '{}'?", function);
  }
  error(use, fmt::format("there is no task or input '{}'{}", shorten(use.head, 60),
                         advice.empty() ? "; declare it, or put text in quotes" : advice));
}

void TemplateChecker::check_member(const Use& use, std::span<const std::string_view> members, std::string_view what) {
  if (use.field.empty() || std::ranges::find(members, use.field) != members.end()) return;
  auto advice = did_you_mean(use.field, members);
  if (advice.empty()) advice = "; it has " + list_of(std::vector<std::string>(members.begin(), members.end()));
  error(use, fmt::format("{} has no '{}'{}", what, shorten(use.field, 60), advice));
}

void TemplateChecker::check_outside(const Use& use) {
  if (use.place == TemplatePlace::parameters && use.head == "secrets" && runs_workflow(use.task)) {
    return error(use,
                 "'secrets' cannot be given to another workflow: its inputs are stored with its run; let it refer to the secret itself");
  }
  if (use.place == TemplatePlace::output) {
    return error(use,
                 fmt::format("'{}' cannot be used in outputs: they are stored with the run; use it in parameters or an agent", use.head));
  }
  if (use.place == TemplatePlace::question) {
    return error(use, fmt::format("'{}' cannot be used in a question: people see it, and it is stored with the run", use.head));
  }
  if (use.place == TemplatePlace::condition || use.place == TemplatePlace::list || use.place == TemplatePlace::edge ||
      use.place == TemplatePlace::key || use.place == TemplatePlace::session) {
    return error(use, fmt::format("'{}' cannot be used here: what a run decides must not depend on it; pass it as an input", use.head));
  }
  if (use.place == TemplatePlace::command && use.head == "secrets") {
    return error(use, "'secrets' cannot be used in a command: anybody on the machine sees it; pass it through 'env'");
  }
  if (use.field.empty()) error(use, fmt::format("'{}' needs the name of one value; write {}.NAME", use.head, use.head));
}

bool TemplateChecker::runs_workflow(std::size_t task) const {
  const auto agent = names_.agents.find(spec_.tasks[task].agent_name);
  return agent != names_.agents.end() && spec_.agents[agent->second].type == AgentKind::workflow;
}

void TemplateChecker::check_task(const Use& use, std::size_t target, std::string_view field) {
  const auto& name = spec_.tasks[target].name;
  if (use.place == TemplatePlace::key) {
    return error(use, fmt::format("a concurrency key may refer only to inputs, not to task '{}': it is asked before anything runs", name));
  }
  if (use.place == TemplatePlace::session) {
    return error(use, fmt::format("a session may refer only to inputs, not to task '{}'", name));
  }
  if (use.place == TemplatePlace::agent || use.place == TemplatePlace::command) {
    return error(
        use, fmt::format("an agent may refer only to inputs, env and secrets, not to task '{}'; move this to the task's parameters", name));
  }
  if (!field.empty()) check_member(use, task_members, "a task");
  // When work is undone every task has come to its end.
  if (use.place == TemplatePlace::output || use.place == TemplatePlace::undo || graph_.order.empty()) return;
  const auto& self = spec_.tasks[use.task].name;
  if (use.place == TemplatePlace::edge && target == use.task) return;
  const auto graph = edges_.graph_of[use.task];
  if (graph && edges_.graph_of[target] == graph && (edges_.entered[use.task] || use.place == TemplatePlace::edge)) return;
  if (target == use.task) return error(use, fmt::format("task '{}' refers to itself; refer to a task that has ended before it", self));
  if (spec_.parallel_execution || !in_file_order(target) || !in_file_order(use.task)) {
    if (certainly_before(target, use.task)) return;
    if (edges_.entered[use.task]) {
      return error(use,
                   fmt::format("task '{}' may not have ended when an edge leads to '{}'; let the task that begins its graph depend on '{}'",
                               name, self, name));
    }
    return error(use,
                 fmt::format("task '{}' may not have ended when '{}' starts; add '{}' to 'depends_on' of '{}'", name, self, name, self));
  }
  if (graph_.order[target] < graph_.order[use.task]) return;
  error(use, fmt::format("task '{}' runs after '{}'; move it before '{}' or add it to 'depends_on'", name, self, self));
}

/// Without edges a sequential run goes in file order; a graph takes its own time.
bool TemplateChecker::in_file_order(std::size_t task) {
  if (edges_.graphs.empty()) return true;
  if (edges_.graph_of[task]) return false;
  const auto earlier = before(task);
  for (std::size_t i = 0; i < earlier.size(); ++i) {
    if (earlier[i] && edges_.graph_of[i]) return false;
  }
  return true;
}

bool TemplateChecker::certainly_before(std::size_t first, std::size_t second) {
  if (std::ranges::binary_search(graph_.needs[second], first)) return true;
  if (before_of_ != second) {
    before_of_ = second;
    before_ = before(second);
  }
  return before_[first];
}

/// The tasks that have ended whenever this one begins.
std::vector<bool> TemplateChecker::before(std::size_t task) const {
  std::vector<bool> out(graph_.needs.size());
  if (edges_.entered[task]) {
    // Whatever every way into its graph has behind it.
    const auto& graph = edges_.graphs[*edges_.graph_of[task]];
    if (graph.has_start || graph.entries.empty()) return out;
    out.assign(out.size(), true);
    for (const auto entry : graph.entries) {
      auto earlier = before(entry);
      earlier[entry] = true;
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = out[i] && earlier[i];
    }
    return out;
  }
  std::vector<std::size_t> open{task};
  while (!open.empty()) {
    const auto next = open.back();
    open.pop_back();
    for (const auto needed : graph_.needs[next]) {
      if (out[needed]) continue;
      out[needed] = true;
      open.push_back(needed);
    }
  }
  return out;
}

}  // namespace skein::config
