#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <skein/agent.hpp>
#include <skein/error.hpp>
#include <skein/json.hpp>
#include <skein/status.hpp>
#include <skein/tool_value.hpp>
#include <skein/workflow.hpp>
#include <skein/workflow_parts.hpp>

namespace skein {

/// What became of one task.
struct TaskResult {
  std::string name;
  TaskStatus status = TaskStatus::pending;
  std::uint32_t attempts = 0;
  double execution_time = 0;           ///< seconds, of its latest round: all attempts and the waits between them
  Json result;                         ///< null unless completed
  JsonObject metadata;
  std::optional<Error> error;          ///< of the latest failed attempt; empty once it is completed
};

/// What became of a run.
struct WorkflowResult {
  std::string run_id;
  RunStatus status = RunStatus::pending;
  std::string error;                   ///< one line; empty where completed
  JsonObject outputs;                  ///< as the workflow declares them
  std::map<std::string, Json> results; ///< of completed tasks, by name
  std::vector<TaskResult> tasks;       ///< in file order
  std::uint32_t completed_tasks = 0;
  std::uint32_t failed_tasks = 0;
  std::uint32_t skipped_tasks = 0;
  double execution_time = 0;           ///< seconds, from creation to the end (or to now)

  [[nodiscard]] bool ok() const { return status == RunStatus::completed || status == RunStatus::partially_completed; }
};

/// One committed event, as observers hear it. Views are valid during the call.
struct RunEvent {
  std::string_view type;  ///< task_completed, task_failed, attempt_started, run_completed, … (docs/cli.md lists them)
  std::string_view run_id;
  std::string_view workflow;
  std::uint64_t seq = 0;  ///< counts from 1 within a run
  std::chrono::sys_time<std::chrono::microseconds> at;
  std::string_view task;  ///< empty for events of the run itself
  std::uint32_t attempt = 0;
  std::uint32_t item = 0;  ///< of a `for_each`, from 0; 0 also where there is none
  std::uint32_t call = 0;  ///< the number of a call of an agent that thinks (model_called, tool_answered, person_asked, …); else 0
  const Json* request = nullptr;  ///< of such a call, where it begins: of person_asked with "question" and "answer", a JSON Schema
  double execution_time = 0;  ///< seconds; of completed and failed attempts, and of a finished run
  const Error* error = nullptr;
  const Json* result = nullptr;  ///< of task_completed, and the outputs of a finished run
};

/// Called on the runtime's threads after an event has become durable, in order within a run. Must be quick and must not call the runtime.
using Observer = std::function<void(const RunEvent&)>;

/// A custom agent: one attempt in, one answer out. An exception is a failure that is not retried.
using AgentFunction = std::function<AgentResponse(const AgentRequest&)>;

/// Where a custom agent's function runs.
enum class Execution : std::uint8_t {
  pooled,  ///< on a pool of threads; it may block
  inlined  ///< on the thread that drives runs; it must return at once
};

enum class Durability : std::uint8_t {
  full,  ///< survives a power cut: every commit is synced
  normal,  ///< survives a crash of the process, not every power cut
  memory  ///< nothing is written
};

struct RuntimeConfig {
  std::string store = {};  ///< path of the database; empty: $XDG_STATE_HOME/skein/skein.db
  Durability durability = Durability::full;
  unsigned threads = 1;  ///< that drive runs
  std::string record = {};  ///< path of a cassette that is written of all that models say (docs/cassettes.md); empty: none
  std::string prices = {};  ///< path of a file of what models cost (docs/models.md); empty: $SKEIN_PRICES, else the built-in table
  std::filesystem::path tool_root = {};  ///< below this folder the tool read_file reads; empty: the working directory
};

class Agent;

/// A person's yes. Which question is meant where a task asks several: of which item of a `for_each`, counted from 0, and of which call of
/// its agent, by its number (`RunEvent::call`); without them the first that is open.
struct ApproveOptions {
  std::string comment = {};
  JsonObject set = {};  ///< parameters of the task, or arguments of the call, that the person changed
  std::optional<unsigned> item = {};
  std::optional<unsigned> call = {};
};

/// A no, or an answer; which question is meant as in `ApproveOptions`.
struct AnswerOptions {
  std::string comment = {};
  std::optional<unsigned> item = {};
  std::optional<unsigned> call = {};
};

/// What a retry does otherwise.
struct RetryOptions {
  std::string from = {};  ///< a task: it is done again, too, and all that follows from it
  Budget budget = {};  ///< of the new run where it is another one; what is kept uses up nothing of it
  std::map<std::string, AgentBudget> agent_budgets = {};  ///< the same of agents, by name; without `daily`
};

/// Runs workflows inside a program. All members may be called from any thread; register kinds and observers before the first run.
class Runtime {
 public:
  [[nodiscard]] static Result<Runtime> open(RuntimeConfig config = {});
  Runtime(Runtime&&) noexcept;
  Runtime& operator=(Runtime&&) noexcept;
  ~Runtime();

  /// Makes `type: <kind>` available to workflow files; `custom` is the type the file format sets aside for this.
  void register_kind(std::string kind, AgentFunction function, Execution execution = Execution::pooled);
  /// A tool that agents may name, also those of files; it replaces an earlier one of the same name. Errors: invalid_argument for a name
  /// that is not 1 to 64 letters, digits, `_` and `-`.
  [[nodiscard]] Result<void> register_tool(const Tool& tool);
  void observe(Observer observer);

  /// Runs to the end and returns what became of it. A failed run is a result; an error means that it could not be run.
  [[nodiscard]] Result<WorkflowResult> run(const Workflow& workflow, JsonObject inputs = {});
  /// Returns the run's id once it is durable; it goes on in the background.
  [[nodiscard]] Result<std::string> start(const Workflow& workflow, JsonObject inputs = {});
  /// As `run`; `done` is called on a thread of the runtime's.
  void run_async(const Workflow& workflow, JsonObject inputs, std::function<void(Result<WorkflowResult>)> done);
  /// Waits for the end of a run that this runtime drives; of any other run it tells the present state.
  [[nodiscard]] Result<WorkflowResult> wait(std::string_view run_id);
  /// Goes on with a run that no living process drives.
  [[nodiscard]] Result<void> resume(std::string_view run_id);
  /// A new run that keeps what completed of one that has ended and does the rest again; returns its id. It goes on in the background. From
  /// then on the undoing of what it keeps is its own. `conflict`: an earlier retry has kept the same.
  [[nodiscard]] Result<std::string> retry(std::string_view run_id, const RetryOptions& options = {});
  /// A new run that does a task of another run, and all that follows from it, again: with other parameters of the task (`set`) or inputs.
  [[nodiscard]] Result<std::string> fork(std::string_view run_id, std::string_view from, JsonObject set = {}, JsonObject inputs = {});
  [[nodiscard]] Result<void> cancel(std::string_view run_id, std::string_view reason = "cancelled");
  /// Answers the question before a task (its key `approval`), or before a call of a tool (the key `approve` of its agent).
  [[nodiscard]] Result<void> approve(std::string_view run_id, std::string_view task, std::string_view by,
                                     const ApproveOptions& options = {});
  [[nodiscard]] Result<void> reject(std::string_view run_id, std::string_view task, std::string_view by, const AnswerOptions& options = {});
  /// Answers what a task of the kind `human` asks, or an agent with the tool ask_human. A value that is not what is asked for, or from
  /// somebody else, changes nothing.
  [[nodiscard]] Result<void> answer(std::string_view run_id, std::string_view task, const Json& value, std::string_view by,
                                    const AnswerOptions& options = {});
  /// Tells a run that something has happened: the task that waits for this signal, now or later, answers with the payload.
  [[nodiscard]] Result<void> signal(std::string_view run_id, std::string_view name, const Json& payload = nullptr);
  /// Undoes, newest first, what a run that has ended completed and has not undone, but for what a retry of it has kept; `wait` tells what
  /// became of it.
  [[nodiscard]] Result<void> compensate(std::string_view run_id, std::string_view reason = "undone on request");

 private:
  friend class Agent;
  struct State;
  explicit Runtime(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace skein
