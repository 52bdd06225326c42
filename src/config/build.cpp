#include <algorithm>
#include <cmath>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "config/shapes.hpp"
#include "config/validate.hpp"

namespace skein::config {
namespace {

using describe::Path;
using workflow::Template;

/// A value that the author left out.
Json or_object(const Json& source) { return source.is_null() ? Json(JsonObject{}) : source; }

agent::SpendLimits spend_limits(std::optional<std::uint32_t> tokens, std::optional<double> cost, std::optional<std::uint32_t> tool_calls) {
  agent::SpendLimits out{.tokens = tokens, .nano_dollars = std::nullopt, .tool_calls = tool_calls};
  if (cost) out.nano_dollars = static_cast<std::uint64_t>(std::llround(*cost * 1e9));
  return out;
}

class Build {
 public:
  Build(const WorkflowSpec& spec, const Json& document, const Names& names, const Graph& graph, TemplateChecker& templates,
        describe::Problems& problems, workflow::Definition& out)
      : spec_(spec),
        document_(document),
        defaults_(spec.defaults.value_or(DefaultsSpec{})),
        names_(names),
        graph_(graph),
        templates_(templates),
        problems_(problems),
        out_(out) {}

  void run() {
    const Path root;
    const auto before = problems_.size();
    if (const auto* models = at_pointer(document_, "/models"); models != nullptr && models->is_object())
      (void)templates_.compile(*models, TemplatePlace::agent, Path(root, "models"));
    models_are_right_ = problems_.size() == before;
    const Path agents(root, "agents");
    for (std::size_t i = 0; i < spec_.agents.size(); ++i) {
      out_.agents.push_back(agent(spec_.agents[i], Path(agents, i)));
      if (defaults_.timeout && !says("agents", i, "timeout")) out_.agents.back().timeout = *defaults_.timeout;
    }
    const Path tasks(root, "tasks");
    for (std::size_t i = 0; i < spec_.tasks.size(); ++i) out_.tasks.push_back(task(i, Path(tasks, i)));
    for (std::size_t i = 0; i < spec_.tasks.size(); ++i) {
      const Path task(tasks, i);
      if (spec_.tasks[i].compensate) out_.tasks.push_back(undo(i, Path(task, "compensate")));
    }
    const Path edges(root, "edges");
    for (std::size_t i = 0; i < spec_.edges.size(); ++i) edge(spec_.edges[i], Path(edges, i));
    if (const auto& limit = spec_.concurrency) {
      const Path concurrency(root, "concurrency");
      out_.concurrency =
          workflow::ConcurrencyDefinition{.key = templates_.compile(limit->key.source.is_null() ? Json("") : limit->key.source,
                                                                    TemplatePlace::key, Path(concurrency, "key")),
                                          .limit = limit->limit,
                                          .queue = limit->on_limit == OnLimit::queue};
    }
    const Path outputs(root, "outputs");
    for (const auto& [name, value] : spec_.outputs) {
      out_.outputs.push_back({name, templates_.compile(value.source, TemplatePlace::output, Path(outputs, std::string_view(name)))});
    }
  }

 private:
  /// Whether the author wrote a key of a list's entry.
  [[nodiscard]] bool says(std::string_view list, std::size_t index, std::string_view key) const {
    return at_pointer(document_, fmt::format("/{}/{}/{}", list, index, key)) != nullptr;
  }

  workflow::AgentDefinition agent(const AgentSpec& spec, const Path& at) {
    workflow::AgentDefinition out;
    out.name = spec.name;
    out.kind = describe::names_of<AgentKind>()[static_cast<std::size_t>(spec.type)];
    out.endpoint = templates_.compile(spec.endpoint.source, TemplatePlace::agent, Path(at, "endpoint"));
    out.timeout = spec.timeout;
    if (spec.authentication) out.authentication = authentication(*spec.authentication, Path(at, "authentication"));
    out.retry = spec.retry_config.value_or(defaults_.retry_config.value_or(resilience::RetryPolicy{}));
    out.retry_on = spec.retry_on.value_or(defaults_.retry_on.value_or(workflow::RetryOn{}));
    out.circuit_breaker = spec.circuit_breaker ? spec.circuit_breaker : defaults_.circuit_breaker;
    out.custom_params = templates_.compile(or_object(spec.custom_params.source), TemplatePlace::agent, Path(at, "custom_params"));
    out.command = templates_.compile(spec.command.source, TemplatePlace::command, Path(at, "command"));
    JsonArray args;
    for (const auto& arg : spec.args) args.push_back(arg.source);
    out.args = templates_.compile(std::move(args), TemplatePlace::agent, Path(at, "args"));
    JsonObject env;
    for (const auto& [name, value] : spec.env) env[name] = value.source;
    out.env = templates_.compile(std::move(env), TemplatePlace::agent, Path(at, "env"));
    if (!spec.model.source.is_null()) {
      // Wrong templates of models are told once, at their own place.
      out.thinking = templates_.compile(thinking_of(spec, models_are_right_ ? document_ : Json()), TemplatePlace::agent, at);
    }
    if (spec.budget && spec.budget->daily) out.daily = spend_limits(spec.budget->daily->tokens, spec.budget->daily->cost, std::nullopt);
    out.session = templates_.compile(spec.session.source, TemplatePlace::session, Path(at, "session"));
    if (spec.budget) out.budget = spend_limits(spec.budget->tokens, spec.budget->cost, spec.budget->tool_calls);
    if (!spec.workflow.document.is_null()) out.workflow = inner_workflow(spec.workflow.document, Path(at, "workflow"), problems_);
    return out;
  }

  workflow::Authentication authentication(const AuthenticationSpec& spec, const Path& at) {
    workflow::Authentication out;
    out.type = spec.type;
    out.token = templates_.compile(spec.token.source, TemplatePlace::agent, Path(at, "token"));
    out.key = templates_.compile(spec.key.source, TemplatePlace::agent, Path(at, "key"));
    out.header = spec.header;
    out.username = templates_.compile(spec.username.source, TemplatePlace::agent, Path(at, "username"));
    out.password = templates_.compile(spec.password.source, TemplatePlace::agent, Path(at, "password"));
    return out;
  }

  workflow::TaskDefinition task(std::size_t index, const Path& at) {
    const auto& spec = spec_.tasks[index];
    workflow::TaskDefinition out;
    out.name = spec.name;
    out.description = spec.description;
    out.agent = agent_of(spec.agent_name);
    out.action = spec.action;
    out.parameters = templates_.compile(or_object(spec.parameters.source), TemplatePlace::parameters, Path(at, "parameters"), index);
    out.timeout = spec.timeout;
    if (!spec.when.source.is_null()) out.when = templates_.compile(spec.when.source, TemplatePlace::condition, Path(at, "when"), index);
    if (!spec.for_each.source.is_null()) {
      out.for_each = templates_.compile(spec.for_each.source, TemplatePlace::list, Path(at, "for_each"), index);
      out.max_concurrency = spec.max_concurrency.value_or(defaults_.max_concurrency.value_or(0));
    }
    if (spec.approval) {
      out.approval = workflow::ApprovalDefinition{.message = templates_.compile(spec.approval->message.source, TemplatePlace::question,
                                                                                Path(Path(at, "approval"), "message"), index),
                                                  .approvers = spec.approval->approvers,
                                                  .timeout = spec.approval->timeout,
                                                  .on_timeout = spec.approval->on_timeout};
    }
    out.deadline = spec.deadline ? spec.deadline : defaults_.deadline;
    for (const auto needed : graph_.needs[index]) out.depends_on.push_back(static_cast<workflow::TaskIndex>(needed));
    out.continue_on_failure = spec.continue_on_failure;
    if (defaults_.continue_on_failure && !says("tasks", index, "continue_on_failure"))
      out.continue_on_failure = *defaults_.continue_on_failure;
    out.retry = spec.retry_config;
    out.retry_on = spec.retry_on;
    out.effect = spec.effect;
    return out;
  }

  workflow::TaskDefinition undo(std::size_t index, const Path& at) {
    const auto& task = spec_.tasks[index];
    const auto& spec = *task.compensate;
    workflow::TaskDefinition out;
    out.name = task.name + "/undo";
    out.description = "Undoes " + task.name;
    out.agent = agent_of(spec.agent_name.empty() ? task.agent_name : spec.agent_name);
    out.action = spec.action;
    out.parameters = templates_.compile(or_object(spec.parameters.source), TemplatePlace::undo, Path(at, "parameters"), index);
    out.timeout = spec.timeout;
    out.retry = spec.retry_config;
    out.retry_on = spec.retry_on;
    out.undoes = static_cast<workflow::TaskIndex>(index);
    return out;
  }

  void edge(const EdgeSpec& spec, const Path& at) {
    const auto task = [&](const std::string& name) -> std::optional<workflow::TaskIndex> {
      const auto it = names_.tasks.find(name);
      if (it == names_.tasks.end()) return std::nullopt;
      return static_cast<workflow::TaskIndex>(it->second);
    };
    workflow::EdgeDefinition out{.from = task(spec.from), .to = task(spec.to), .when = std::nullopt, .max_iterations = spec.max_iterations};
    if (!spec.when.source.is_null())
      out.when = templates_.compile(spec.when.source, TemplatePlace::edge, Path(at, "when"), out.from.value_or(0));
    if (out.from || out.to) out_.edges.push_back(std::move(out));
  }

  /// The built-in agent is entered when the first task names it.
  workflow::AgentIndex agent_of(const std::string& name) {
    if (const auto it = names_.agents.find(name); it != names_.agents.end()) return static_cast<workflow::AgentIndex>(it->second);
    if (name != builtin_agent) return 0;  // a problem that check_names reports
    const auto known = std::ranges::find(out_.agents, builtin_agent, &workflow::AgentDefinition::name);
    if (known != out_.agents.end()) return static_cast<workflow::AgentIndex>(known - out_.agents.begin());
    AgentSpec builtin;
    builtin.name = builtin_agent;
    builtin.type = AgentKind::local;
    out_.agents.push_back(agent(builtin, Path()));
    return static_cast<workflow::AgentIndex>(out_.agents.size() - 1);
  }

  const WorkflowSpec& spec_;
  const Json& document_;
  const DefaultsSpec defaults_;
  const Names& names_;
  const Graph& graph_;
  TemplateChecker& templates_;
  describe::Problems& problems_;
  workflow::Definition& out_;
  bool models_are_right_ = true;
};

}  // namespace

std::shared_ptr<workflow::Definition> build_definition(const WorkflowSpec& spec, const Json& document, describe::Problems& problems) {
  const Names names(spec);
  check_names(spec, names, problems);
  check_agents(spec, problems);
  check_sessions(spec, names, problems);
  const EdgeGraphs edges(spec, names);
  check_edges(spec, names, edges, problems);
  const Graph graph(spec, names, edges);
  check_cycles(spec, graph, problems);
  auto out = std::make_shared<workflow::Definition>();
  out->name = spec.name;
  out->description = spec.description;
  out->version = spec.version;
  out->parallel_execution = spec.parallel_execution;
  out->max_parallel_tasks = spec.max_parallel_tasks;
  out->failure_strategy = spec.failure_strategy;
  out->global_timeout = spec.global_timeout;
  out->on_failure = spec.on_failure;
  if (const auto& budget = spec.budget) {
    out->budget = {.wall_time = budget->wall_time,
                   .attempts = budget->attempts,
                   .spend = spend_limits(budget->tokens, budget->cost, budget->tool_calls)};
  }
  const Path root;
  out->inputs = build_inputs(spec.inputs, Path(root, "inputs"), problems);
  TemplateChecker templates(spec, names, graph, edges, problems);
  Build(spec, document, names, graph, templates, problems, *out).run();
  check_inner_workflows(spec, *out, problems);
  check_people(spec, names, problems);
  check_local(spec, names, problems);
  out->document = document;
  return out;
}

}  // namespace skein::config
