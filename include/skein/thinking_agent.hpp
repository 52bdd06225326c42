#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <skein/describe.hpp>
#include <skein/error.hpp>
#include <skein/json.hpp>
#include <skein/runtime.hpp>
#include <skein/status.hpp>
#include <skein/tool_value.hpp>
#include <skein/workflow.hpp>
#include <skein/workflow_parts.hpp>

namespace skein {

/// A tool that an agent may call: a `Tool`, or the name or pattern ("db_*") of those that its runtime has.
class AgentTool {
 public:
  AgentTool(Tool tool) : name_(tool.name()), tool_(std::move(tool)) {}  // NOLINT(google-explicit-constructor)
  template <class Text>
    requires std::convertible_to<const Text&, std::string_view>
  AgentTool(const Text& name) : name_(std::string_view(name)) {}  // NOLINT(google-explicit-constructor)
  /// Explains to the compiler's user what a tool is.
  template <class Other>
    requires(!std::same_as<std::remove_cvref_t<Other>, AgentTool> && !std::convertible_to<Other, Tool> &&
             !std::convertible_to<const Other&, std::string_view>)
  AgentTool(const Other& /*no tool*/) {  // NOLINT(google-explicit-constructor)
    static_assert(!std::same_as<Other, Other>,
                  "an agent's tools are made with skein::tool(name, description, function), come from skein::tools, or are named by text");
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::optional<Tool>& tool() const { return tool_; }

 private:
  std::string name_;
  std::optional<Tool> tool_;
};

/// A call of a tool, as an agent's listeners hear of it. Views and pointers are valid during the call.
struct AgentToolCall {
  std::string_view run_id;
  std::uint32_t number = 0;         ///< of the run's calls of models and tools, from 1; the same when the call ends
  std::string_view tool;
  const Json* arguments = nullptr;  ///< an object that fits the tool's schema
  const Json* result = nullptr;     ///< what the tool answered; null while it has not
  bool failed = false;              ///< the result is why it failed, as the model is told
};

/// Checks of what goes into an agent and what comes out of it.
struct AgentGuardrails {
  std::vector<Guardrail> input = {};  ///< what the task says; where one refuses the task fails
  std::vector<Guardrail> tool_results = {};  ///< where one refuses the model is told so instead
  std::vector<Guardrail> output = {};  ///< the answer, which is not streamed then; where one refuses the task fails
};

/// What an agent is. Only the model is needed.
struct AgentOptions {
  std::string name = "agent";  ///< for journals and logs
  std::string model = {};  ///< provider/model, such as openai/gpt-4o
  std::vector<std::string> fallback_models = {};  ///< asked in this order where the model cannot be reached
  std::map<std::string, std::string> step_models = {};  ///< other models for the steps reflect, repair and summarise
  std::string instructions = {};  ///< told before each task; plain text, no expressions
  std::string role = {};  ///< who it is, in a few words; plain text
  std::vector<AgentTool> tools = {};  ///< that it may call, and no other
  std::optional<unsigned> max_turns = {};  ///< answers of the model in one run, 1 to 1000; 20
  AgentBudget budget = {};  ///< of one run
  Json output_schema = {};  ///< a JSON Schema that its answer must fit; null: it answers with a text
  bool reflect = false;  ///< it reviews its answer once before the answer counts
  std::optional<double> temperature = {};  ///< 0 to 2
  std::optional<double> top_p = {};  ///< 0 to 1
  std::optional<unsigned> max_output_tokens = {};  ///< of one answer
  std::string reasoning_effort = {};  ///< in the provider's words, such as low
  std::string tool_calling = {};  ///< native, or react for models that cannot call tools
  std::string session = {};  ///< a conversation that its runs go on with, one at a time (else conflict); empty: each begins anew
  std::optional<unsigned> context_tokens = {};  ///< the size of its window, which a long conversation is kept within
  AgentGuardrails guardrails = {};  ///< checks of what goes in and comes out
  std::vector<std::string> approve = {};  ///< tools, by name or pattern, whose calls a person approves first: `Runtime::approve`
  std::vector<std::string> approvers = {};  ///< who may; empty: anybody
  Duration timeout = "10m";  ///< of one attempt at the whole task
  std::optional<Retry> retry = {};  ///< of attempts that failed; each goes on where the last one stopped

  // Called on the runtime's threads: must be quick and must not call the agent. What they throw is logged and else ignored.
  /// Pieces of what the model says, as they come. A call that is repeated (a lost connection, a crash) says everything again.
  std::function<void(std::string_view)> on_text = {};
  std::function<void(std::string_view)> on_reasoning = {};
  /// A tool is called, once that is journaled; and has answered.
  std::function<void(const AgentToolCall&)> on_tool_call = {};
  std::function<void(const AgentToolCall&)> on_tool_result = {};
};

/// A task with more than words.
struct AgentTask {
  std::string prompt = {};
  std::vector<std::string> images = {};  ///< addresses, or data URLs in base64
  JsonArray messages = {};  ///< what was said before: {role: user or assistant, content: a text}
};

/// Tokens of all calls of a run, as the providers counted them.
struct AgentUsage {
  std::uint64_t input_tokens = 0;  ///< all of the prompts, cached or not
  std::uint64_t output_tokens = 0;  ///< reasoning included
  std::uint64_t cached_tokens = 0;  ///< of the input: read from the provider's cache
  std::uint64_t cache_write_tokens = 0;  ///< of the input: written to the provider's cache
  std::uint64_t reasoning_tokens = 0;  ///< of the output
};

/// What became of a task.
struct AgentResult {
  std::string run_id;  ///< empty where no run began
  std::string task_id;  ///< the idempotency key of the task
  std::string agent;
  RunStatus status = RunStatus::failed;
  Json value;  ///< a text, or with an output schema a value that fits; null where it failed
  std::optional<Error> error;  ///< why it failed, or that it has not ended
  std::vector<std::string> sources;  ///< where its tools said their knowledge is from: URLs, file names
  std::string reflection_notes;  ///< of its review
  std::string model;  ///< that answered, as the provider calls it
  AgentUsage usage;  ///< where it did not fail
  std::optional<double> cost;  ///< US dollars, what is unanswered at its worst; empty where the model has no price
  std::uint64_t tokens = 0;  ///< that count against the budget, what is unanswered at its worst
  std::uint64_t tool_calls = 0;
  std::uint32_t turns = 0;  ///< answers of the model; where it did not fail
  JsonArray messages;  ///< the whole conversation; where it did not fail
  std::chrono::sys_time<std::chrono::microseconds> created;
  std::chrono::sys_time<std::chrono::microseconds> finished;  ///< or now, where it has not ended

  /// Whether there is an answer.
  explicit operator bool() const { return !error; }
  /// The answer as text: JSON where it is no text, empty where there is none.
  [[nodiscard]] std::string text() const;
};

/// A result whose answer was read into a described struct. `*result` and `result->member` where there is an answer.
template <class T>
struct TypedAgentResult : AgentResult {
  std::optional<T> typed;

  const T& operator*() const { return *typed; }
  const T* operator->() const { return &*typed; }
};

/// The JSON Schema of a described struct (see describe.hpp), as for `AgentOptions::output_schema`.
template <class T>
[[nodiscard]] Json schema_of() {
  static_assert(described::Struct<T>,
                "only a described struct has a schema; describe it beside its definition, in the same namespace: SKEIN_DESCRIBE(Struct, "
                "(member, \"what it is\"))");
  if constexpr (described::Struct<T>) return Json(described::schema<T>());
}

/// An agent that thinks: it asks its model, calls the tools that the model asks for, and answers.
///
///     struct SearchArgs { std::string query; int max_results = 5; };
///     SKEIN_DESCRIBE(SearchArgs, (query, "What to look for"), (max_results, "How many results"))
///
///     auto search = skein::tool("web_search", "Search the web for information", [](SearchArgs a) { return look_up(a.query); });
///     skein::Agent agent({.name = "ResearchAgent", .model = "openai/gpt-4o", .tools = {search, skein::tools::read_file()}});
///     auto result = agent.run("Research C++ async patterns");
///     std::cout << (result ? result.text() : result.error->message);
///
/// Each task is a run of a workflow with one task, journaled call by call. With a runtime of its own, which is opened at the first run,
/// that is in memory; on a `Runtime` with a store it survives a crash: see `resume`. All members may be called from any thread.
class Agent {
 public:
  explicit Agent(AgentOptions options);
  /// Its tools become the runtime's, which then must not have others of the same names: give one tool to all agents that share it. It keeps
  /// the runtime alive.
  Agent(AgentOptions options, Runtime& runtime);
  Agent(Agent&&) noexcept;
  Agent& operator=(Agent&&) noexcept;
  ~Agent();

  [[nodiscard]] const std::string& name() const;
  /// What a run of it is, as a file would say it. Errors: invalid_definition, with every problem of the options.
  [[nodiscard]] Result<Workflow> workflow() const;

  /// Does the task and waits. A task that fails is a result with an error: not_found and unauthenticated name a missing tool, model or key,
  /// budget_exceeded a limit, agent_failed what the model did, too_large a cut answer; docs/errors.md has all.
  [[nodiscard]] AgentResult run(std::string_view task);
  [[nodiscard]] AgentResult run(const AgentTask& task);
  /// The same, and the answer is a described struct: its schema is sent to the model, and what does not fit is sent back to it twice.
  template <class T>
  [[nodiscard]] TypedAgentResult<T> run(std::string_view task) {
    return typed<T>(run_as(AgentTask{.prompt = std::string(task)}, schema_of<T>()));
  }
  template <class T>
  [[nodiscard]] TypedAgentResult<T> run(const AgentTask& task) {
    return typed<T>(run_as(task, schema_of<T>()));
  }
  /// As `run`; `done` is called on a thread of the runtime's, and must neither wait for the agent nor destroy it. The agent outlives the
  /// run.
  void run_async(std::string_view task, std::function<void(AgentResult)> done);
  void run_async(AgentTask task, std::function<void(AgentResult)> done);
  template <class T>
  void run_async(std::string_view task, std::function<void(TypedAgentResult<T>)> done) {
    run_async<T>(AgentTask{.prompt = std::string(task)}, std::move(done));
  }
  template <class T>
  void run_async(AgentTask task, std::function<void(TypedAgentResult<T>)> done) {
    run_async_as(std::move(task), schema_of<T>(), [done = std::move(done)](AgentResult result) { done(typed<T>(std::move(result))); });
  }
  /// Returns the run's id once it is durable; it goes on in the background.
  [[nodiscard]] Result<std::string> start(std::string_view task);
  [[nodiscard]] Result<std::string> start(const AgentTask& task);
  /// Waits for the end of a run that this process drives; of any other run it tells the present state, where it has not ended with the
  /// error conflict.
  [[nodiscard]] AgentResult wait(std::string_view run_id);
  /// Goes on with a run that no living process drives, and waits: no call with a journaled answer is made again. An agent of the same
  /// options, in the same store, as the one that began it.
  [[nodiscard]] AgentResult resume(std::string_view run_id);
  template <class T>
  [[nodiscard]] TypedAgentResult<T> resume(std::string_view run_id) {
    static_assert(described::Struct<T>, "resume<T> needs the described struct that the run was begun with");
    return typed<T>(resume(run_id));
  }

 private:
  struct State;
  [[nodiscard]] AgentResult run_as(const AgentTask& task, const Json& schema);
  void run_async_as(AgentTask task, const Json& schema, std::function<void(AgentResult)> done);
  template <class T>
  static TypedAgentResult<T> typed(AgentResult result) {
    TypedAgentResult<T> out{std::move(result), std::nullopt};
    if constexpr (described::Struct<T>) {
      if (out.error) return out;
      if (auto read = described::read(out.typed.emplace(), out.value); !read) {
        out.typed.reset();
        out.error = std::move(read).error();
        out.error->message = "the answer does not fit: " + out.error->message;
        out.error->code = ErrorCode::bad_response;
      }
    }
    return out;
  }
  std::shared_ptr<State> state_;
};

}  // namespace skein
