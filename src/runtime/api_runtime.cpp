#include <skein/runtime.hpp>

#include "agent/kinds/kinds.hpp"
#include "runtime/api_state.hpp"
#include "runtime/runtime.hpp"

namespace skein {
namespace {

double in_seconds(microseconds d) { return std::chrono::duration<double>(d).count(); }

WorkflowResult result_of(const runtime::RunReport& report, Instant now) {
  WorkflowResult out;
  out.run_id = report.id.str();
  out.status = report.status;
  out.error = report.error;
  if (report.outputs && report.outputs->is_object()) out.outputs = report.outputs->get_object();
  out.execution_time = in_seconds(report.finished.value_or(now) - report.created);
  for (const auto& task : report.tasks) {
    TaskResult t;
    t.name = task.name;
    t.status = task.status;
    t.attempts = task.attempts;
    if (task.started && task.ended) t.execution_time = in_seconds(*task.ended - *task.started);
    if (task.result) t.result = *task.result;
    if (task.metadata && task.metadata->is_object()) t.metadata = task.metadata->get_object();
    t.error = task.error;
    if (task.status == TaskStatus::completed) {
      ++out.completed_tasks;
      out.results.emplace(task.name, t.result);
    }
    if (task.status == TaskStatus::failed) ++out.failed_tasks;
    if (task.status == TaskStatus::skipped) ++out.skipped_tasks;
    out.tasks.push_back(std::move(t));
  }
  return out;
}

RunEvent heard(std::string_view run_id, const workflow::RunState& state, const workflow::Event& event, std::uint64_t seq) {
  RunEvent out;
  out.type = workflow::type_of(event);
  out.run_id = run_id;
  out.workflow = state.definition().name;
  out.seq = seq;
  out.at = event.at;
  if (const auto task = workflow::task_of(event)) out.task = state.definition().tasks[*task].name;
  std::visit(
      [&]<class Body>(const Body& body) {
        if constexpr (requires { body.attempt.attempt; }) {
          out.attempt = body.attempt.attempt;
          if (body.attempt.item != workflow::no_item) out.item = body.attempt.item;
        }
        if constexpr (std::is_same_v<Body, workflow::CallStarted>) out.request = body.request.get();
        if constexpr (std::is_same_v<Body, workflow::CallStarted> || std::is_same_v<Body, workflow::CallEnded>) out.call = body.number;
        if constexpr (requires { body.duration; }) out.execution_time = in_seconds(body.duration);
        if constexpr (requires { body.result; }) out.result = body.result.get();
        if constexpr (std::is_same_v<Body, workflow::AttemptFailed> || std::is_same_v<Body, workflow::TaskFailed>) out.error = &body.error;
        if constexpr (std::is_same_v<Body, workflow::RunFinished>) {
          out.result = body.outputs.get();
          out.execution_time = in_seconds(event.at - state.created());
        }
      },
      event.body);
  return out;
}

class Observing final : public runtime::Listener {
 public:
  explicit Observing(Observer observer) : observer_(std::move(observer)) {}
  void on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) override {
    const auto id = run.str();
    for (const auto& event : events) observer_(heard(id, state, event, first_seq++));
  }

 private:
  Observer observer_;
};

}  // namespace

Runtime::Runtime(std::shared_ptr<State> state) : state_(std::move(state)) {}
Runtime::Runtime(Runtime&&) noexcept = default;
Runtime& Runtime::operator=(Runtime&&) noexcept = default;
Runtime::~Runtime() = default;

Result<Runtime> Runtime::open(RuntimeConfig config) {
  runtime::RuntimeOptions options;
  options.store_path = std::move(config.store);
  options.shards = config.threads;
  options.thinking.record = std::move(config.record);
  options.thinking.prices = std::move(config.prices);
  if (!config.tool_root.empty()) options.thinking.tool_root = std::move(config.tool_root);
  switch (config.durability) {
    case Durability::full: options.durability = runtime::Durability::full; break;
    case Durability::normal: options.durability = runtime::Durability::normal; break;
    case Durability::memory: options.durability = runtime::Durability::memory; break;
  }
  auto opened = runtime::Runtime::open(std::move(options));
  if (!opened) return std::unexpected(opened.error());
  auto state = std::make_shared<State>();
  state->runtime = std::move(*opened);
  state->runtime->add_listener(state->waiting);
  state->runtime->add_listener(state->hearing);
  return Runtime(std::move(state));
}

void Runtime::register_kind(std::string kind, AgentFunction function, Execution execution) {
  const auto where = execution == Execution::inlined ? agent::RunFunction::inline_ : agent::RunFunction::on_pool;
  state_->runtime->register_kind(std::move(kind), agent::function_kind(std::move(function), where));
}

Result<void> Runtime::register_tool(const Tool& tool) { return state_->add_tool(tool, SameName::replaces); }

void Runtime::observe(Observer observer) { state_->runtime->add_listener(std::make_shared<Observing>(std::move(observer))); }

Result<WorkflowResult> Runtime::run(const Workflow& workflow, JsonObject inputs) {
  const auto id = start(workflow, std::move(inputs));
  if (!id) return std::unexpected(id.error());
  return wait(*id);
}

Result<std::string> Runtime::start(const Workflow& workflow, JsonObject inputs) {
  auto checked = checked_inputs(workflow, std::move(inputs));
  if (!checked) return std::unexpected(checked.error());
  const auto id = state_->runtime->start(workflow.definition(), std::move(*checked));
  if (!id) return std::unexpected(id.error());
  return id->str();
}

void Runtime::run_async(const Workflow& workflow, JsonObject inputs, std::function<void(Result<WorkflowResult>)> done) {
  auto checked = checked_inputs(workflow, std::move(inputs));
  if (!checked) return done(std::unexpected(checked.error()));
  state_->run_async(workflow, std::move(*checked), nullptr,
                    [done = std::move(done)](RunId id, const Result<const workflow::RunState*>& ended) {
                      if (!ended) return done(std::unexpected(ended.error()));
                      const auto& state = **ended;
                      done(result_of(runtime::report_of(id, state), state.finished()));
                    });
}

Result<WorkflowResult> Runtime::wait(std::string_view run_id) {
  const auto id = parsed_run_id(run_id);
  if (!id) return std::unexpected(id.error());
  const auto report = state_->runtime->wait(*id);
  if (!report) return std::unexpected(report.error());
  return result_of(*report, state_->runtime->clock().now());
}

Result<void> Runtime::resume(std::string_view run_id) {
  const auto id = parsed_run_id(run_id);
  if (!id) return std::unexpected(id.error());
  return state_->runtime->resume(*id);
}

Result<std::string> Runtime::fork(std::string_view run_id, std::string_view from, JsonObject set, JsonObject inputs) {
  const auto id = parsed_run_id(run_id);
  if (!id) return std::unexpected(id.error());
  const auto made = state_->runtime->fork(*id, from, {.set = std::move(set), .inputs = std::move(inputs)}, runtime::Runtime::Drive::here);
  if (!made) return std::unexpected(made.error());
  return made->str();
}

Result<void> Runtime::cancel(std::string_view run_id, std::string_view reason) {
  const auto id = parsed_run_id(run_id);
  if (!id) return std::unexpected(id.error());
  return state_->runtime->cancel(*id, reason);
}

Result<void> Runtime::signal(std::string_view run_id, std::string_view name, const Json& payload) {
  const auto id = parsed_run_id(run_id);
  if (!id) return std::unexpected(id.error());
  return state_->runtime->signal(*id, name, payload);
}

Result<void> Runtime::compensate(std::string_view run_id, std::string_view reason) {
  const auto id = parsed_run_id(run_id);
  if (!id) return std::unexpected(id.error());
  return state_->runtime->compensate(*id, reason);
}

}  // namespace skein
