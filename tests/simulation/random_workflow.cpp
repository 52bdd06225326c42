#include "simulation/random_workflow.hpp"

#include <fmt/format.h>

#include "support/definitions.hpp"

namespace skein::simulation {
namespace {

using testing::EdgeSpec;
using testing::TaskSpec;

workflow::ApprovalDefinition question(Random& random) {
  workflow::ApprovalDefinition out{.message = workflow::Template::compile("Begin {{ run.id }}?").value(), .approvers = {}, .timeout = {}};
  if (chance(random, 0.5)) out.timeout = seconds{1 + below(random, 30)};
  if (chance(random, 0.5)) out.on_timeout = workflow::ApprovalTimeout::approve;
  return out;
}

Json list_of(Random& random, const std::vector<std::string>& needs) {
  if (!needs.empty() && chance(random, 0.3)) {
    // Of a result that is anything: a list only sometimes, which is a failure to be simulated too.
    return Json(fmt::format("{{{{ {}.result // [1, 2] }}}}", needs.front()));
  }
  JsonArray items;
  for (std::uint32_t i = below(random, 6); i > 0; --i) items.emplace_back(i);
  return items;
}

void decorate(Random& random, TaskSpec& task) {
  task.continue_on_failure = chance(random, 0.3);
  task.effect = chance(random, 0.1);
  if (chance(random, 0.2)) task.deadline = seconds{1 + below(random, 20)};
  if (chance(random, 0.2)) task.approval = question(random);
  if (chance(random, 0.3)) task.undo = JsonObject{{"of", fmt::format("{{{{ {}.result }}}}", task.name)}};
  if (chance(random, 0.25)) {
    task.for_each = list_of(random, task.needs);
    task.max_concurrency = below(random, 4);
  }
}

/// `count` tasks in a ring with ways out and a bound on every way back.
void add_graph(Random& random, std::uint32_t count, std::vector<TaskSpec>& tasks, std::vector<EdgeSpec>& edges) {
  const auto name = [](std::uint32_t i) { return fmt::format("g{}", i); };
  const bool has_gate = !tasks.empty() && chance(random, 0.5);
  for (std::uint32_t i = 0; i < count; ++i) {
    TaskSpec task{.name = name(i), .parameters = JsonObject{{"before", fmt::format("{{{{ {}.result }}}}", name(i))}}};
    decorate(random, task);
    tasks.push_back(std::move(task));
  }
  if (has_gate) {
    TaskSpec gate{.name = "gate", .needs = {tasks.front().name}};
    decorate(random, gate);
    tasks.push_back(std::move(gate));
    edges.push_back({.from = "gate", .to = name(0)});
  } else {
    edges.push_back({.from = "start", .to = name(0)});
    if (chance(random, 0.3)) edges.push_back({.from = "start", .to = name(count - 1)});
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    // A way back first, then a way on, then perhaps one for what is left.
    const auto condition = fmt::format("{{{{ {}.result != null and {} }}}}", name(i), chance(random, 0.5) ? "true" : "false");
    edges.push_back({.from = name(i), .to = name(below(random, i + 1)), .when = Json(condition), .max_iterations = 1 + below(random, 3)});
    if (chance(random, 0.8)) edges.push_back({.from = name(i), .to = i + 1 < count ? name(i + 1) : "end"});
  }
  TaskSpec after{.name = "after", .needs = {name(below(random, count))}};
  after.parameters = JsonObject{{"rounds", fmt::format("{{{{ {}.activations | length }}}}", name(0))}};
  tasks.push_back(std::move(after));
}

/// Some of the tasks that are not anybody else's get an agent that works in calls, perhaps with budgets.
void add_thinker(Random& random, workflow::Definition& definition) {
  auto thinker = definition.agents[0];
  thinker.name = "thinker";
  thinker.kind = "thinker";
  if (chance(random, 0.3)) thinker.budget.tokens = 20 + below(random, 300);
  const auto place = static_cast<workflow::AgentIndex>(definition.agents.size());
  definition.agents.push_back(std::move(thinker));
  for (std::size_t i = 0; i < definition.own_tasks; ++i) {
    if (definition.tasks[i].agent == 0 && chance(random, 0.5)) definition.tasks[i].agent = place;
  }
  if (chance(random, 0.3)) definition.budget.spend.tokens = 20 + below(random, 500);
}

constexpr int deepest = 2;

}  // namespace

std::uint32_t below(Random& random, std::uint32_t end) { return std::min(static_cast<std::uint32_t>(random.unit() * end), end - 1); }

bool chance(Random& random, double probability) { return random.unit() < probability; }

std::shared_ptr<workflow::Definition> random_workflow(Random& random, int depth) {
  std::vector<TaskSpec> tasks;
  std::vector<EdgeSpec> edges;
  std::vector<bool> pauses;
  for (std::uint32_t i = below(random, 7); i > 0; --i) {
    TaskSpec task{.name = fmt::format("t{}", tasks.size())};
    for (std::uint32_t n = below(random, 3); n > 0 && !tasks.empty(); --n) {
      const auto& need = tasks[below(random, static_cast<std::uint32_t>(tasks.size()))].name;
      if (std::ranges::find(task.needs, need) == task.needs.end()) task.needs.push_back(need);
    }
    decorate(random, task);
    if (!task.needs.empty() && chance(random, 0.3)) {
      task.when = Json(fmt::format("{{{{ {}.status {} 'completed' }}}}", task.needs.front(), chance(random, 0.7) ? "==" : "!="));
    }
    const bool pause = chance(random, 0.3);
    if (pause && chance(random, 0.5)) {
      task.action = "wait_for";
      task.parameters = JsonObject{{"seconds", below(random, 20)}};
    } else if (pause && chance(random, 0.3)) {
      task.action = "ask";
    } else if (pause) {
      task.action = "listen";
      task.parameters = JsonObject{{"name", fmt::format("s{}", below(random, 3))}};
      if (chance(random, 0.4)) task.parameters.get_object()["seconds"] = 1 + below(random, 20);
    }
    pauses.resize(tasks.size() + 1);
    pauses[tasks.size()] = pause;
    tasks.push_back(std::move(task));
  }
  if (tasks.empty() || chance(random, 0.5)) add_graph(random, 1 + below(random, 4), tasks, edges);
  auto definition = testing::make_definition(tasks, edges);
  auto pauser = definition->agents[0];
  pauser.name = "pauser";
  pauser.kind = "pause";
  definition->agents.push_back(std::move(pauser));
  for (std::size_t i = 0; i < pauses.size(); ++i) definition->tasks[i].agent = pauses[i] ? 1 : 0;
  if (depth < deepest && chance(random, 0.3)) {
    auto family = definition->agents[0];
    family.name = "family";
    family.kind = "child";
    family.workflow = random_workflow(random, depth + 1);
    definition->agents.push_back(std::move(family));
    for (std::size_t i = 0; i < definition->own_tasks; ++i) {
      if (chance(random, 0.3)) definition->tasks[i].agent = 2;
    }
  }
  if (chance(random, 0.4)) add_thinker(random, *definition);
  if (chance(random, 0.2))
    definition->agents[0].circuit_breaker = {.failure_threshold = 1 + below(random, 3), .recovery_timeout = seconds{5}};
  definition->agents[0].retry.max_attempts = 1 + below(random, 4);
  definition->parallel_execution = chance(random, 0.7);
  if (chance(random, 0.3)) definition->max_parallel_tasks = 1 + below(random, 3);
  definition->failure_strategy = static_cast<workflow::FailureStrategy>(below(random, 3));
  if (chance(random, 0.5)) definition->on_failure = workflow::OnFailure::compensate;
  if (chance(random, 0.15)) definition->budget.attempts = 1 + below(random, 20);
  if (chance(random, 0.1)) definition->budget.wall_time = seconds{10 + below(random, 60)};
  if (chance(random, 0.1)) definition->global_timeout = seconds{20 + below(random, 100)};
  if (depth > 0 && chance(random, 0.3)) {
    // By another name than any ancestor's, which would wait for itself.
    definition->name = fmt::format("inner {} {}", depth, random.next());
    definition->concurrency = workflow::ConcurrencyDefinition{
        .key = workflow::Template::compile(Json("{{ inputs.value // 0 }}")).value(), .limit = 1 + below(random, 2), .queue = true};
  }
  definition->document = JsonObject{{"name", "simulated"}, {"number", random.next()}};
  workflow::finish_definition(*definition);
  return definition;
}

}  // namespace skein::simulation
