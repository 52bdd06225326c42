#include <gtest/gtest.h>

#include <array>
#include <set>

#include <fmt/format.h>

#include "simulation/help.hpp"
#include "simulation/random_workflow.hpp"
#include "store/memory/memory_run_store.hpp"
#include "support/engine_harness.hpp"
#include "workflow/time_travel.hpp"

// A retry ends as the run would have ended without its failure, and repeats nothing that was done.
namespace skein::simulation {
namespace {

using workflow::RunState;
using workflow::TaskIndex;

constexpr int no_children = 99;        ///< so deep that a workflow runs no other
constexpr int patience = 3'000;
constexpr std::uint64_t seeds = 3'000;

/// One owner; every call has the answer of its task, but for one that fails.
class Stage {
 public:
  RunId start(const workflow::DefinitionPtr& definition) { return harness_.run(definition); }

  /// Plays a run to its end. `fail_at`: the number of the call that fails, from 1; 0: none.
  RunState play(RunId run, const workflow::DefinitionPtr& definition, int fail_at) {
    int calls = 0;
    for (int round = 0; round < patience; ++round) {
      auto& open = harness_.calls.open;
      if (!open.empty()) {
        const auto& request = open.begin()->second->request;
        const bool fails = ++calls == fail_at;
        if (!fails) answered.insert(key_of(request));
        harness_.answer(request.task, fails ? failure() : AgentResponse::ok(result_of(request.task)));
        continue;
      }
      const auto state = folded(run, definition);
      if (is_final(state.status())) return state;
      help(run, state);
      if (harness_.calls.open.empty()) harness_.advance(milliseconds{700});
    }
    throw std::runtime_error("the run does not end");
  }

  std::vector<workflow::Event> journal(RunId run, const workflow::DefinitionPtr& definition) const {
    std::vector<workflow::Event> out;
    (void)store_->read_journal(run, 1, [&](const store::StoredEntry& entry) {
      std::ranges::move(workflow::decode_events(entry.text, *definition, *store_).value(), std::back_inserter(out));
      return true;
    });
    return out;
  }

  /// Drives a run that was made from another.
  RunId begin(const workflow::DefinitionPtr& definition, workflow::Departure made) {
    const auto id = Uuid::make(harness_.clock.now(), harness_.random);
    store::Append append;
    append.run = id;
    append.epoch = 1;
    append.first_seq = 1;
    append.count = static_cast<std::uint32_t>(made.events.size());
    append.at = harness_.clock.now();
    append.summary.status = made.state.status();
    append.entry = std::make_shared<const workflow::EventBatch>(definition, std::move(made.events));
    append.create = std::make_shared<const store::NewRun>(store::NewRun{.workflow = definition->name,
                                                                        .definition_hash = definition->hash,
                                                                        .definition = workflow::stored_text(definition),
                                                                        .created = harness_.clock.now()});
    EXPECT_TRUE(store_->append(std::move(append), harness_));
    EXPECT_TRUE(harness_.engine->adopt({.run = id, .epoch = 1}, definition));
    return id;
  }
  [[nodiscard]] Instant now() const { return harness_.clock.now(); }
  [[nodiscard]] std::size_t calls() const { return harness_.calls.started.size(); }
  /// The calls from a number on, without the run they belong to.
  [[nodiscard]] std::vector<std::string> calls_from(std::size_t first) const {
    std::vector<std::string> out;
    for (std::size_t i = first; i < calls(); ++i)
      out.push_back(harness_.calls.started[i].key.substr(harness_.calls.started[i].key.find(':')));
    return out;
  }

  std::set<std::string> answered;      ///< calls that were answered well, without their run

 private:
  static std::string key_of(const AgentRequest& request) { return request.idempotency_key.substr(request.idempotency_key.find(':')); }
  static AgentResponse failure() {
    return AgentResponse::failed(
        {.code = ErrorCode::invalid_argument, .message = "simulated", .context = {}, .retryable = false, .retry_after = {}});
  }
  static Json result_of(std::string_view task) {
    static const std::array<Json, 4> results{Json(JsonArray{1, 2, 3}), Json(7), Json(nullptr), Json(JsonArray{1})};
    return results.at(static_cast<std::size_t>(task.back()) % results.size());
  }
  RunState folded(RunId run, const workflow::DefinitionPtr& definition) const {
    RunState state(definition);
    for (const auto& event : journal(run, definition)) EXPECT_TRUE(state.apply(event));
    return state;
  }
  void tell(RunId run, std::string kind, const JsonObject& payload) {
    (void)store_->post({.id = 0, .run = run, .kind = std::move(kind), .payload = to_json(payload), .at = now()});
    harness_.engine->check_mail(run);
  }
  void help(RunId run, const RunState& state) {
    for (TaskIndex i = 0; i < state.tasks().size(); ++i) {
      if (auto help = help_for(state, i)) tell(run, help->first, help->second);
    }
  }

  std::unique_ptr<store::RunStore> store_ = store::make_memory_run_store();
  testing::EngineHarness harness_{*store_};
};

/// Without what depends on how long things take, and without undoing.
workflow::DefinitionPtr timeless_workflow(Random& random) {
  auto definition = random_workflow(random, no_children);
  definition->agents[0].circuit_breaker.reset();
  definition->budget = {};
  definition->global_timeout.reset();
  definition->on_failure = workflow::OnFailure::keep;
  for (auto& task : definition->tasks) task.deadline.reset();
  return definition;
}

/// How each task ended.
std::string outcome(const RunState& state) {
  std::string out(to_string(state.status()));
  for (TaskIndex i = 0; i < state.definition().own_tasks; ++i) {
    const auto& task = state.tasks()[i];
    out += fmt::format("\n{} {} activation {} {}", state.definition().tasks[i].name, to_string(task.status), task.activation,
                       task.result ? to_json(*task.result) : "-");
  }
  return out;
}

TEST(Simulation, ARetryEndsAsTheRunWouldHaveWithoutItsFailure) {
  std::uint64_t compared = 0;
  std::uint64_t spared = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    SeededRandom random(seed);
    const auto definition = timeless_workflow(random);
    Stage stage;
    const auto well = stage.play(stage.start(definition), definition, 0);
    if (well.status() != RunStatus::completed || stage.calls() == 0) continue;
    const auto fail_at = 1 + below(random, static_cast<std::uint32_t>(stage.calls()));
    stage.answered.clear();
    const auto broken_run = stage.start(definition);
    const auto failed = stage.play(broken_run, definition, static_cast<int>(fail_at));
    if (failed.status() == RunStatus::completed) continue;  // the failure was tolerated
    const auto before = stage.answered;
    const auto first = stage.calls();
    auto made = workflow::travel(definition, stage.journal(broken_run, definition),
                                 {.kind = workflow::Origin::Kind::retry,
                                  .run = broken_run.str(),
                                  .from = {},
                                  .set = nullptr,
                                  .inputs = nullptr,
                                  .now = stage.now()});
    ASSERT_TRUE(made) << made.error().message;
    std::set<std::string> kept;
    for (const auto& event : made->events) {
      const auto* done = std::get_if<workflow::TaskCompleted>(&event.body);
      if (done == nullptr) continue;
      kept.insert(fmt::format(":{}:{}{}", definition->tasks[done->attempt.task].name, done->attempt.activation,
                              done->attempt.item == workflow::no_item ? "" : fmt::format(":{}", done->attempt.item)));
    }
    const auto retried = stage.play(stage.begin(definition, std::move(*made)), definition, 0);
    ASSERT_EQ(outcome(retried), outcome(well));
    for (const auto& call : stage.calls_from(first)) ASSERT_FALSE(kept.contains(call)) << call << " was done";
    ++compared;
    for (const auto& call : before) spared += kept.contains(call) ? 1 : 0;
  }
  EXPECT_GT(compared, seeds / 10);
  EXPECT_GT(spared, seeds / 10);
  RecordProperty("compared", std::to_string(compared));
  RecordProperty("spared", std::to_string(spared));
}

}  // namespace
}  // namespace skein::simulation
