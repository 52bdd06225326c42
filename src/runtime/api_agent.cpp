#include <skein/thinking_agent.hpp>

#include <future>
#include <map>
#include <mutex>

#include "base/json.hpp"
#include "runtime/api_agent_run.hpp"
#include "runtime/api_state.hpp"

namespace skein {

struct Agent::State {
  explicit State(AgentOptions given) : options(std::make_shared<const AgentOptions>(std::move(given))) {}

  /// Opens a runtime of its own where there is none; the first time its tools are made known.
  Result<std::shared_ptr<Runtime::State>> ready() {
    const std::lock_guard lock(mutex);
    if (!runtime) {
      auto opened = Runtime::open({.durability = Durability::memory});
      if (!opened) return std::unexpected(opened.error());
      runtime = opened->state_;
    }
    while (tools_known < options->tools.size()) {
      if (const auto& tool = options->tools[tools_known].tool()) {
        if (auto added = runtime->add_tool(*tool, SameName::conflicts); !added) return std::unexpected(added.error());
      }
      ++tools_known;
    }
    return runtime;
  }

  /// Made once for each schema.
  Result<Workflow> workflow(const Json& schema) {
    const std::lock_guard lock(mutex);
    auto key = to_json(schema);
    if (const auto made = workflows.find(key); made != workflows.end()) return made->second;
    auto made = workflow_of(*options, schema);
    if (made) workflows.emplace(std::move(key), *made);
    return made;
  }

  /// What is needed to begin a run.
  struct Start {
    std::shared_ptr<Runtime::State> runtime;
    Workflow workflow;
    JsonPtr inputs;
  };
  Result<Start> prepare(AgentTask task, const Json& schema) {
    auto made = workflow(schema);
    if (!made) return std::unexpected(made.error());
    auto inputs = checked_inputs(*made, inputs_of(std::move(task)));
    if (!inputs) return std::unexpected(inputs.error());
    auto engine = ready();
    if (!engine) return std::unexpected(engine.error());
    return Start{.runtime = std::move(*engine), .workflow = std::move(*made), .inputs = std::move(*inputs)};
  }

  /// Returns once the run is durable.
  Result<RunId> begin(Start start) const {
    const auto id = start.runtime->runtime->new_run_id();
    start.runtime->hearing->expect(id, options);
    std::promise<Result<RunId>> promise;
    auto answer = promise.get_future();
    start.runtime->runtime->start(id, start.workflow.definition(), std::move(start.inputs),
                                  [&promise](Result<RunId> accepted) { promise.set_value(std::move(accepted)); });
    auto accepted = answer.get();
    if (!accepted) start.runtime->hearing->forget(id);
    return accepted;
  }

  [[nodiscard]] AgentResult refused(const Error& why, std::string run_id = {}) const {
    AgentResult out;
    out.run_id = std::move(run_id);
    out.agent = options->name;
    out.error = why;
    return out;
  }

  AgentResult wait(RunId id, runtime::Runtime& engine) const {
    if (const auto ended = engine.wait(id); !ended) return refused(ended.error(), id.str());
    const auto state = engine.state(id);
    if (!state) return refused(state.error(), id.str());
    return result_of(id, *state, engine.clock().now());
  }

  std::shared_ptr<const AgentOptions> options;
  std::mutex mutex;
  std::shared_ptr<Runtime::State> runtime;
  std::size_t tools_known = 0;  ///< how many of its tools the runtime has
  std::map<std::string, Workflow, std::less<>> workflows;
};

std::string AgentResult::text() const {
  if (value.is_null()) return {};
  return value.is_string() ? std::string(value.get_string()) : to_json(value);
}

Agent::Agent(AgentOptions options) : state_(std::make_shared<State>(std::move(options))) {}
Agent::Agent(AgentOptions options, Runtime& runtime) : Agent(std::move(options)) { state_->runtime = runtime.state_; }
Agent::Agent(Agent&&) noexcept = default;
Agent& Agent::operator=(Agent&&) noexcept = default;
Agent::~Agent() = default;

const std::string& Agent::name() const { return state_->options->name; }

Result<Workflow> Agent::workflow() const { return state_->workflow(state_->options->output_schema); }

AgentResult Agent::run(std::string_view task) { return run(AgentTask{.prompt = std::string(task)}); }

AgentResult Agent::run(const AgentTask& task) { return run_as(task, state_->options->output_schema); }

AgentResult Agent::run_as(const AgentTask& task, const Json& schema) {
  auto start = state_->prepare(task, schema);
  if (!start) return state_->refused(start.error());
  const auto engine = start->runtime;
  const auto id = state_->begin(std::move(*start));
  if (!id) return state_->refused(id.error());
  return state_->wait(*id, *engine->runtime);
}

void Agent::run_async(std::string_view task, std::function<void(AgentResult)> done) {
  run_async(AgentTask{.prompt = std::string(task)}, std::move(done));
}

void Agent::run_async(AgentTask task, std::function<void(AgentResult)> done) {
  run_async_as(std::move(task), state_->options->output_schema, std::move(done));
}

void Agent::run_async_as(AgentTask task, const Json& schema, std::function<void(AgentResult)> done) {
  auto start = state_->prepare(std::move(task), schema);
  if (!start) return done(state_->refused(start.error()));
  start->runtime->run_async(start->workflow, std::move(start->inputs), state_->options,
                            [name = name(), done = std::move(done)](RunId id, const Result<const workflow::RunState*>& ended) {
                              if (ended) return done(result_of(id, **ended, (*ended)->finished()));
                              AgentResult refused;
                              refused.run_id = id.str();
                              refused.agent = name;
                              refused.error = ended.error();
                              done(std::move(refused));
                            });
}

Result<std::string> Agent::start(std::string_view task) { return start(AgentTask{.prompt = std::string(task)}); }

Result<std::string> Agent::start(const AgentTask& task) {
  auto start = state_->prepare(task, state_->options->output_schema);
  if (!start) return std::unexpected(start.error());
  const auto id = state_->begin(std::move(*start));
  if (!id) return std::unexpected(id.error());
  return id->str();
}

AgentResult Agent::wait(std::string_view run_id) {
  const auto id = parsed_run_id(run_id);
  if (!id) return state_->refused(id.error());
  const auto engine = state_->ready();
  if (!engine) return state_->refused(engine.error());
  return state_->wait(*id, *(*engine)->runtime);
}

AgentResult Agent::resume(std::string_view run_id) {
  const auto id = parsed_run_id(run_id);
  if (!id) return state_->refused(id.error());
  const auto engine = state_->ready();
  if (!engine) return state_->refused(engine.error());
  auto& runtime = *(*engine)->runtime;
  const bool hears = (*engine)->hearing->expect(*id, state_->options);
  const auto resumed = runtime.resume(*id);
  auto result = resumed ? state_->wait(*id, runtime) : state_->refused(resumed.error(), id->str());
  if (hears) (*engine)->hearing->forget(*id);  // where it had ended before
  return result;
}

}  // namespace skein
