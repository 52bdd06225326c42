#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/describe.hpp"
#include "base/json_schema.hpp"
#include "config/format.hpp"

/// Checks that look at more than one value. They add to `problems` and know pointers, not lines.
namespace skein::config {

/// The agent that tasks may name without declaring it.
inline constexpr std::string_view builtin_agent = "local";

/// Names of tasks, inputs and agents to their places; of a duplicate the first.
struct Names {
  explicit Names(const WorkflowSpec& spec);
  std::unordered_map<std::string_view, std::size_t> agents, tasks, inputs;
};

/// As `did_you_mean`, but gives up where many problems meet many candidates: a file of rubbish must not take minutes.
[[nodiscard]] std::string suggestion(std::string_view word, std::span<const std::string_view> candidates,
                                     const describe::Problems& problems);
inline constexpr std::size_t enough_suggestions = 300'000;

/// The names, sorted.
[[nodiscard]] std::vector<std::string_view> names_in(const std::unordered_map<std::string_view, std::size_t>& index);

/// Duplicate names, a task and an input of the same name, names that hide what expressions need; undefined agents and tasks.
void check_names(const WorkflowSpec& spec, const Names& names, describe::Problems& problems);
/// Names of inputs and the like, which are keys of the object at `place`.
void check_chosen_names(const describe::Path& place, const std::vector<std::string_view>& names, describe::Problems& problems);
/// What each kind of agent needs, authentication, literal credentials.
void check_agents(const WorkflowSpec& spec, describe::Problems& problems);

/// What stands for the beginning and the end of a run in edges.
inline constexpr std::string_view start_name = "start";
inline constexpr std::string_view end_name = "end";

/// The tasks that edges tie together, by index.
struct EdgeGraphs {
  EdgeGraphs(const WorkflowSpec& spec, const Names& names);
  struct One {
    std::vector<std::size_t> tasks;
    std::vector<std::size_t> entries;           ///< those that no edge enters
    bool has_start = false;                     ///< an edge from `start` enters it
  };
  std::vector<One> graphs;
  std::vector<std::optional<std::size_t>> graph_of;  ///< of each task
  std::vector<bool> entered;                    ///< by an edge
};

/// Undefined ends, ways that cannot be gone, loops without a bound, and what edges and `depends_on` must not say together.
void check_edges(const WorkflowSpec& spec, const Names& names, const EdgeGraphs& edges, describe::Problems& problems);

/// Who waits for whom, by index.
struct Graph {
  Graph(const WorkflowSpec& spec, const Names& names, const EdgeGraphs& edges);
  std::vector<std::vector<std::size_t>> needs;  ///< `depends_on`, without duplicates and undefined tasks
  /// `needs`, and what follows from edges: to wait for a task of a graph is to wait for the whole.
  std::vector<std::vector<std::size_t>> waits;
  /// The place of each task in the order of a sequential run; empty where there is a cycle.
  std::vector<std::size_t> order;
};

inline constexpr std::size_t max_reported_cycles = 1000;

/// Each circle once, as a path.
void check_cycles(const WorkflowSpec& spec, const Graph& graph, describe::Problems& problems);

/// Where a template stands, which decides what it may refer to.
enum class TemplatePlace : std::uint8_t { agent, command, parameters, question, condition, list, edge, undo, key, session, output };

/// Compiles templates and checks what they refer to.
class TemplateChecker {
 public:
  TemplateChecker(const WorkflowSpec& spec, const Names& names, const Graph& graph, const EdgeGraphs& edges, describe::Problems& problems);
  /// `task` is the one whose parameters these are, or whose end the edge follows. Where there is a problem the result is the literal null.
  [[nodiscard]] workflow::Template compile(Json source, TemplatePlace place, const describe::Path& at, std::size_t task = 0);

 private:
  struct Use;  ///< one reference and where it is made
  void compile_parts(const Json& source, TemplatePlace place, const describe::Path& at, std::size_t task);
  void not_understood(std::string_view text, const workflow::ExpressionError& wrong, const describe::Path& at);
  void check(const Use& use);
  void check_task(const Use& use, std::size_t target, std::string_view field);
  void check_outside(const Use& use);
  [[nodiscard]] bool runs_workflow(std::size_t task) const;
  void check_member(const Use& use, std::span<const std::string_view> members, std::string_view what);
  void unknown(const Use& use);
  void error(const Use& use, std::string message);
  [[nodiscard]] bool certainly_before(std::size_t first, std::size_t second);
  [[nodiscard]] std::vector<bool> before(std::size_t task) const;
  [[nodiscard]] bool in_file_order(std::size_t task);

  const WorkflowSpec& spec_;
  const Names& names_;
  const Graph& graph_;
  const EdgeGraphs& edges_;
  describe::Problems& problems_;
  std::vector<std::string_view> known_heads_, task_names_, input_names_;
  std::size_t errors_ = 0;
  std::vector<bool> before_;  ///< the tasks before `before_of_`
  std::size_t before_of_ = static_cast<std::size_t>(-1);
};

/// The keys of an ai_agent that thinks, which has a model, as `agent::ThinkingSettings` takes them, with templates in place. So are the
/// `models` of the document that it may ask.
[[nodiscard]] Json thinking_of(const AgentSpec& agent, const Json& document);
void check_thinking(const AgentSpec& agent, const agent::NamedModels& models, const describe::Path& at, describe::Problems& problems);

/// Names, addresses and keys of models.
void check_models(const agent::NamedModels& models, const describe::Path& at, describe::Problems& problems);
/// A name that an agent gives its model by: one of `models`, or provider/model. One that holds an expression is not looked at.
void check_model_name(std::string_view name, const agent::NamedModels& models, const describe::Path& at, describe::Problems& problems);
/// Each name that an agent gives a model by, with its place.
void for_each_model_name(const AgentSpec& agent, const describe::Path& at,
                         const std::function<void(std::string_view, const describe::Path&)>& visit);
/// What the document's `models` hold for an agent: those that it names; all where an expression names one.
[[nodiscard]] JsonObject models_for(const AgentSpec& agent, const Json& document);
/// Items that would take turns in one session at the same time.
void check_sessions(const WorkflowSpec& spec, const Names& names, describe::Problems& problems);

/// The definitions of the inputs that are declared at `inputs`; checks defaults and bounds against each other.
[[nodiscard]] std::vector<workflow::InputDefinition> build_inputs(const describe::Named<SchemaNode>& declared, const describe::Path& inputs,
                                                                  describe::Problems& problems);

/// The definition that an agent of type workflow runs; null where it has problems, which are told at the place of the whole.
[[nodiscard]] workflow::DefinitionPtr inner_workflow(const Json& document, const describe::Path& at, describe::Problems& problems);
/// What tasks give to the inner workflows they run, against the inputs of those.
void check_inner_workflows(const WorkflowSpec& spec, const workflow::Definition& definition, describe::Problems& problems);

/// Misspelled actions of agents of type local, and what they are given.
void check_local(const WorkflowSpec& spec, const Names& names, describe::Problems& problems);

/// What tasks of agents of type human ask.
void check_people(const WorkflowSpec& spec, const Names& names, describe::Problems& problems);

/// All checks. The definition is usable where no error was added. `document` is the value that `spec` was parsed from.
[[nodiscard]] std::shared_ptr<workflow::Definition> build_definition(const WorkflowSpec& spec, const Json& document,
                                                                     describe::Problems& problems);

}  // namespace skein::config
