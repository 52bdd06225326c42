#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "support/definitions.hpp"
#include "workflow/driver/engine.hpp"
#include "workflow/event_codec.hpp"

namespace skein::testing {

/// Calls that the test answers by hand.
class FakeCalls final : public workflow::CallRunner {
 public:
  struct Started {
    workflow::CallId id = 0;
    std::string task;
    std::uint32_t attempt = 0;
    std::string key;
    Json parameters;
    microseconds timeout{};
  };
  void start(workflow::CallId call, agent::AsyncAgent&, std::unique_ptr<workflow::CallRequest> request, microseconds timeout) override {
    const auto& r = request->request;
    started.push_back({.id = call,
                       .task = std::string(r.task),
                       .attempt = r.attempt,
                       .key = r.idempotency_key,
                       .parameters = *r.parameters,
                       .timeout = timeout});
    open.emplace(call, std::move(request));
  }
  void cancel(workflow::CallId call) override {
    cancelled.push_back(call);
    open.erase(call);
  }

  std::vector<Started> started;
  std::vector<workflow::CallId> cancelled;
  std::map<workflow::CallId, std::unique_ptr<workflow::CallRequest>> open;
};

/// An agent whose calls go to FakeCalls.
class RemoteAgent final : public agent::AsyncAgent {
 public:
  agent::asio::awaitable<AgentResponse> execute(const AgentRequest&) override { co_return AgentResponse::ok(nullptr); }
};

class InlineAgent final : public agent::ImmediateAgent {
 public:
  using Function = std::function<AgentResponse(const AgentRequest&)>;
  explicit InlineAgent(Function function) : function_(std::move(function)) {}
  AgentResponse execute(const AgentRequest& request) override { return function_(request); }

 private:
  Function function_;
};

/// `wait_for` with {"seconds": n}; `listen` with {"name": s} and perhaps seconds; `ask` a person, who must say a number; everything else
/// echoes its parameters.
class PauseAgent final : public agent::WaitingAgent {
 public:
  bool waits(std::string_view action) const override { return action == "wait_for" || action == "listen" || action == "ask"; }
  Result<agent::Wait> wait(const AgentRequest& request, Instant now) override {
    agent::Wait out;
    if (request.action == "ask") {
      out.question = std::make_shared<const Json>(JsonObject{{"question", "how many?"}, {"answer", {{"type", "integer"}}}});
      return out;
    }
    if (const auto* name = at_pointer(*request.parameters, "/name")) out.signal = std::string(name->get_string());
    const auto* wait = at_pointer(*request.parameters, "/seconds");
    if (wait != nullptr && wait->is_int64()) {
      out.until = now + seconds{wait->get_int64()};
    } else if (out.signal.empty()) {
      return fail(ErrorCode::invalid_argument, "'seconds' must be a number");
    }
    return out;
  }
  AgentResponse fired(const AgentRequest& request, Instant) override {
    if (request.action == "wait_for") return AgentResponse::ok("rested");
    return AgentResponse::failed(
        {.code = ErrorCode::timeout, .message = "nobody called", .context = {}, .retryable = false, .retry_after = {}});
  }
  AgentResponse signalled(const AgentRequest&, const Json& payload) override { return AgentResponse::ok(payload); }
  std::string refuses(const AgentRequest&, const Json& value, std::string_view) override { return value.is_int64() ? "" : "not a number"; }
  AgentResponse execute(const AgentRequest& request) override { return AgentResponse::ok(*request.parameters); }
};

class NoOutside final : public workflow::OutsideValues {
 public:
  Result<std::string> env(std::string_view name) const override { return fail(ErrorCode::not_found, fmt::format("{} is not set", name)); }
  Result<std::string> secret(std::string_view name) const override {
    const auto it = secrets.find(name);
    if (it == secrets.end()) return fail(ErrorCode::not_found, fmt::format("the secret '{}' is not set", name));
    return it->second;
  }
  std::map<std::string, std::string, std::less<>> secrets;
};

/// Runs the definition of its agent with its parameters as inputs.
class ChildAgent final : public agent::WaitingAgent {
 public:
  explicit ChildAgent(workflow::DefinitionPtr definition) : definition_(std::move(definition)) {}
  bool waits(std::string_view) const override { return true; }
  Result<agent::Wait> wait(const AgentRequest& request, Instant) override {
    return agent::Wait{.until = std::nullopt,
                       .signal = {},
                       .child = agent::ChildRun{.definition = definition_, .inputs = std::make_shared<const Json>(*request.parameters)}};
  }
  AgentResponse fired(const AgentRequest&, Instant) override { return execute({}); }
  AgentResponse signalled(const AgentRequest&, const Json& payload) override {
    if (payload.at("status") == "completed") return AgentResponse::ok(payload.at("outputs"));
    return AgentResponse::failed({.code = ErrorCode::agent_failed,
                                  .message = "the child " + std::string(payload.at("status").get_string()),
                                  .context = {},
                                  .retryable = true,
                                  .retry_after = {}});
  }
  AgentResponse execute(const AgentRequest&) override { throw std::logic_error("a child is not executed"); }

 private:
  workflow::DefinitionPtr definition_;
};

/// What was committed, as text: "attempt_started a#1".
class Recorder final : public workflow::EngineListener {
 public:
  void on_events(RunId, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) override {
    for (const auto& event : events) {
      std::string line(workflow::type_of(event));
      if (const auto task = workflow::task_of(event)) line += " " + state.definition().tasks[*task].name;
      if (const auto* started = std::get_if<workflow::AttemptStarted>(&event.body)) line += fmt::format("#{}", started->attempt.attempt);
      lines.push_back(line);
      last_seq = first_seq++;
    }
  }
  void on_lost(RunId, const Error& why) override { lost.push_back(why); }
  void on_asleep(RunId) override { ++asleep; }
  void on_child(RunId child, workflow::DefinitionPtr definition, workflow::Event created) override {
    if (born) born(child, definition);
    children.push_back({child, std::move(definition), std::move(created)});
  }
  void on_mail(RunId to) override { mail.push_back(to); }
  void on_next_due(std::optional<Instant> at) override { due = at; }

  struct Child {
    RunId id;
    workflow::DefinitionPtr definition;
    workflow::Event created;
  };
  std::function<void(RunId, const workflow::DefinitionPtr&)> born;
  std::vector<Child> children;         ///< that have not been begun
  std::vector<RunId> mail;             ///< whose inboxes have not been looked at

  std::vector<std::string> lines;
  std::vector<Error> lost;
  int asleep = 0;
  std::optional<Instant> due;
  std::uint64_t last_seq = 0;
};

/// One engine over a store, everything else faked; time stands still until it is moved.
class EngineHarness : public store::CommitSink {
 public:
  explicit EngineHarness(store::RunStore& run_store, workflow::EngineOptions options = {})
      : store(run_store), breakers(store, [this](const auto& name, const auto& t) {
          transitions.push_back(name + " " + std::string(resilience::to_string(t.to)));
        }) {
    kinds.add("test", [](agent::AgentSettings, const agent::AgentServices&) -> Result<std::unique_ptr<agent::Agent>> {
      return std::make_unique<RemoteAgent>();
    });
    kinds.add("pause", [](agent::AgentSettings, const agent::AgentServices&) -> Result<std::unique_ptr<agent::Agent>> {
      return std::make_unique<PauseAgent>();
    });
    kinds.add("child", [](agent::AgentSettings settings, const agent::AgentServices&) -> Result<std::unique_ptr<agent::Agent>> {
      return std::make_unique<ChildAgent>(settings.workflow);
    });
    kinds.add("inline", [this](agent::AgentSettings, const agent::AgentServices&) -> Result<std::unique_ptr<agent::Agent>> {
      return std::make_unique<InlineAgent>([this](const AgentRequest& request) { return inline_agent(request); });
    });
    engine = std::make_unique<workflow::Engine>(workflow::EngineServices{.store = store,
                                                                         .sink = *this,
                                                                         .clock = clock,
                                                                         .random = random,
                                                                         .calls = calls,
                                                                         .breakers = breakers,
                                                                         .listener = recorder,
                                                                         .outside = outside,
                                                                         .secrets = secrets,
                                                                         .kinds = kinds,
                                                                         .agent_services = {}},
                                                options);
  }

  /// Commits that a store reports later.
  void on_committed(std::vector<store::Committed> commits) override {
    engine->on_committed(std::move(commits));
    meet();
  }

  /// Children that were born begin, and runs look at their mail, until there is none.
  void meet() {
    while (!recorder.children.empty() || !recorder.mail.empty()) {
      for (auto& child : std::exchange(recorder.children, {})) {
        if (!child.definition->concurrency) engine->begin_child(child.id, child.definition, child.created);
      }
      for (const auto to : std::exchange(recorder.mail, {})) {
        engine->check_mail(to);
        if (elsewhere) elsewhere(to);
      }
    }
  }

  RunId run(const workflow::DefinitionPtr& definition, Json inputs = JsonObject{}) {
    const auto id = Uuid::make(clock.now(), random);
    engine->create(id, definition, std::make_shared<const Json>(std::move(inputs)),
                   [this](Result<RunId> result) { acknowledged.push_back(std::move(result)); });
    meet();
    return id;
  }
  /// Answers the open call of a task.
  void answer(std::string_view task, AgentResponse response) {
    for (const auto& [id, request] : calls.open) {
      if (request->request.task != task) continue;
      const auto call = id;
      const auto keep = std::move(calls.open.at(call));
      calls.open.erase(call);
      engine->on_answer(call, std::move(response));
      meet();
      return;
    }
    throw std::logic_error("no open call of " + std::string(task));
  }
  /// Answers the only open call.
  void answer_last(AgentResponse response) {
    const std::string task(calls.open.at(calls.started.back().id)->request.task);
    answer(task, std::move(response));
  }
  void advance(microseconds by) {
    clock.advance(by);
    engine->tick();
    meet();
  }
  RunStatus status(RunId run) const {
    const auto row = store.find_run(run);
    return row ? row->summary.status : RunStatus::pending;
  }

  store::RunStore& store;
  ManualClock clock;
  SeededRandom random{7};
  FakeCalls calls;
  Recorder recorder;
  NoOutside outside;
  SecretValues secrets;
  agent::AgentKinds kinds;
  InlineAgent::Function inline_agent = [](const AgentRequest& request) { return AgentResponse::ok(*request.parameters); };
  std::function<void(RunId)> elsewhere;  ///< tells other owners that a run has mail
  std::vector<std::string> transitions;
  workflow::BreakerBoard breakers;
  std::vector<Result<RunId>> acknowledged;
  std::unique_ptr<workflow::Engine> engine;
};

}  // namespace skein::testing
