#include <gtest/gtest.h>

#include "store/memory/memory_run_store.hpp"
#include "support/engine_harness.hpp"
#include "support/flaky_store.hpp"
#include "support/thinker.hpp"
#include "workflow/driver/engine.hpp"

// Turns in conversations that go on over runs: none is lost, none is there twice.
namespace skein::workflow {
namespace {

using testing::call_answer;
using testing::EngineHarness;
using testing::FlakyStore;
using testing::make_definition;
using testing::TaskSpec;

std::shared_ptr<Definition> talking(std::vector<TaskSpec> tasks = {{.name = "talk"}}, Json session = "ann") {
  auto definition = make_definition(tasks);
  definition->agents.front().kind = "thinker";
  definition->agents.front().session = Template::compile(std::move(session)).value();
  finish_definition(*definition);
  return definition;
}

struct Owner : EngineHarness {
  explicit Owner(store::RunStore& store) : EngineHarness(store) {
    kinds.add("thinker", [](const agent::AgentSettings&, const agent::AgentServices&) -> Result<std::unique_ptr<agent::Agent>> {
      return std::make_unique<testing::ThinkingAgent>();
    });
  }
  /// Answers the only open call whose key is of that run.
  void say(RunId run, Json what, std::string_view task = {}) {
    for (const auto& [id, request] : calls.open) {
      const auto& key = request->request.idempotency_key;
      if (!key.starts_with(run.str()) || key.find(task) == std::string::npos) continue;
      const auto call = id;
      const auto keep = std::move(calls.open.at(call));
      calls.open.erase(call);
      engine->on_answer(call, call_answer(std::move(what)));
      return;
    }
    FAIL() << "no open call of run " << run.str();
  }
};

using Texts = std::vector<std::string>;

struct SessionsTest : ::testing::Test {
  std::shared_ptr<store::MemoryDatabase> database = store::make_memory_database();
  FlakyStore store{store::make_memory_run_store(database)};
  std::unique_ptr<Owner> h = std::make_unique<Owner>(store);
  std::shared_ptr<Definition> definition = talking();

  RunState folded(RunId run, const std::shared_ptr<Definition>& of) const {
    RunState state(of);
    (void)store.read_journal(run, 1, [&](const store::StoredEntry& entry) {
      for (const auto& event : decode_events(entry.text, *of, store).value()) EXPECT_TRUE(state.apply(event));
      return true;
    });
    return state;
  }
  /// Once, so that it concerns the commit that ends a turn: what was answered is written before.
  void after_next_commit(std::function<void()> then) {
    store.written = [this, then = std::move(then)](const store::Append&) {
      const auto now = then;
      store.written = nullptr;
      now();
    };
  }
  std::string result(RunId run) const { return to_json(*folded(run, definition).tasks()[0].result); }
  std::string failure(RunId run) const { return folded(run, definition).tasks()[0].error->message; }
  std::vector<std::string> session(std::string_view name = "ann") const {
    std::vector<std::string> out;
    const auto row = store.find_session(name);
    if (!row) return out;
    const auto messages = store.read_session(row->point, 0);
    for (const auto& message : messages.value()) out.push_back(message.text);
    return out;
  }
};

TEST_F(SessionsTest, TheNextRunGoesOnWhereTheLastOneEnded) {
  const auto first = h->run(definition);
  EXPECT_TRUE(session().empty()) << "nothing is kept of a turn that has not ended";
  h->say(first, "hi");
  EXPECT_EQ(session(), (Texts{R"("asked")", R"("hi")"}));
  EXPECT_EQ(result(first), R"({"said":"hi","heard":[]})");
  const auto metadata = *folded(first, definition).tasks()[0].metadata;
  EXPECT_EQ(to_json(metadata.at("session")), R"({"name":"ann","length":2})");

  const auto second = h->run(definition);
  h->say(second, "again");
  EXPECT_EQ(result(second), R"({"said":"again","heard":[],"earlier":["asked","hi"]})");
  EXPECT_EQ(session(), (Texts{R"("asked")", R"("hi")", R"("asked")", R"("again")"}));
}

TEST_F(SessionsTest, TasksOfOneRunTakeTurns) {
  definition = talking({{.name = "one"}, {.name = "two", .needs = {"one"}}});
  const auto run = h->run(definition);
  h->say(run, "1");
  h->say(run, "2");
  EXPECT_EQ(h->status(run), RunStatus::completed);
  EXPECT_EQ(session(), (Texts{R"("asked")", R"("1")", R"("asked")", R"("2")"}));
  EXPECT_EQ(to_json(*folded(run, definition).tasks()[1].result), R"({"said":"2","heard":[],"earlier":["asked","1"]})");
}

TEST_F(SessionsTest, OfTwoRunsAtOnceOneWinsAndTheOtherSaysWhy) {
  const auto one = h->run(definition);
  const auto two = h->run(definition);
  h->say(two, "second");
  h->say(one, "first");
  EXPECT_EQ(h->status(two), RunStatus::completed);
  EXPECT_EQ(h->status(one), RunStatus::failed);
  EXPECT_EQ(failure(one),
            "the session 'ann' went on while this turn was under way: it had 0 messages and has 2 now, so the turn was not added; run it "
            "again");
  EXPECT_EQ(folded(one, definition).tasks()[0].error->code, ErrorCode::conflict);
  EXPECT_EQ(session(), (Texts{R"("asked")", R"("second")"}));
}

/// Another process speaks between the look at the session and the commit.
TEST_F(SessionsTest, ACommitThatComesTooLateIsNoReasonToLoseTheRun) {
  const auto run = h->run(definition);
  after_next_commit([this] {
    store.refuse_once =
        Error{.code = ErrorCode::conflict, .message = "the session went on", .context = {}, .retryable = false, .retry_after = {}};
  });
  h->say(run, "hi");
  EXPECT_EQ(store.refused, 1);
  EXPECT_EQ(h->status(run), RunStatus::completed);
  EXPECT_EQ(h->calls.started.size(), 1U) << "the model is not asked again";
  EXPECT_EQ(session(), (Texts{R"("asked")", R"("hi")"}));
  EXPECT_EQ(result(run), R"({"said":"hi","heard":[]})");
}

TEST_F(SessionsTest, ACommitWhoseEndWasNotHeardOfIsNotWrittenTwice) {
  const auto run = h->run(definition);
  after_next_commit([this] {
    store.lie_once = Error{.code = ErrorCode::store_failed, .message = "no answer", .context = {}, .retryable = false, .retry_after = {}};
  });
  h->say(run, "hi");
  h->clock.advance(seconds{2});
  h->engine->tick();
  EXPECT_EQ(store.find_run(run)->summary.status, RunStatus::completed);
  EXPECT_EQ(session(), (Texts{R"("asked")", R"("hi")"}));
}

TEST_F(SessionsTest, ANewOwnerTellsTheModelWhatTheOldOneWouldHave) {
  const auto first = h->run(definition);
  h->say(first, "hi");
  const auto run = h->run(definition);
  store.inner().close();
  auto next = store::make_memory_run_store(database);
  Owner other(*next);
  ASSERT_EQ(other.engine->adopt(next->claim(run).value(), definition), Engine::Adopted::driven);
  other.say(run, "again");
  EXPECT_EQ(to_json(*folded(run, definition).tasks()[0].result), R"({"said":"again","heard":[],"earlier":["asked","hi"]})");
  EXPECT_EQ(session(), (Texts{R"("asked")", R"("hi")", R"("asked")", R"("again")"}));
}

TEST_F(SessionsTest, WhereASessionStoodIsJournaledNotAskedAgain) {
  const auto first = h->run(definition);
  h->say(first, "hi");
  const auto run = h->run(definition);
  const auto other = h->run(definition);
  h->say(other, "meanwhile");
  ASSERT_NE(folded(run, definition).session({.task = 0}), nullptr);
  EXPECT_EQ(folded(run, definition).session({.task = 0})->length, 2U);
  EXPECT_EQ(folded(other, definition).session({.task = 0}), nullptr) << "a turn that has ended needs it no more";
}

TEST_F(SessionsTest, AnAttemptThatFailsLeavesTheSessionAsItWas) {
  const auto run = h->run(definition);
  h->say(run, JsonObject{{"error", "down"}});
  EXPECT_TRUE(session().empty());
  h->advance(seconds{1});
  h->say(run, "hi");
  EXPECT_EQ(h->status(run), RunStatus::completed);
  EXPECT_EQ(session(), (Texts{R"("asked")", R"("hi")"}));
}

TEST_F(SessionsTest, ADeletedSessionEndsTheTurnsInItAndNoOthers) {
  const auto first = h->run(definition);
  h->say(first, "hi");
  const auto run = h->run(definition);
  ASSERT_TRUE(store.delete_session("ann"));
  h->say(run, "again");
  EXPECT_EQ(failure(run), "the session 'ann' was deleted while this turn was under way; run it again to begin a new one");
  EXPECT_EQ(result(first), R"({"said":"hi","heard":[]})") << "what has ended can still be read back";
  const auto next = h->run(definition);
  h->say(next, "new");
  EXPECT_EQ(session(), (Texts{R"("asked")", R"("new")"}));
}

TEST_F(SessionsTest, ANewOwnerOfATurnInADeletedSessionSaysSo) {
  const auto first = h->run(definition);
  h->say(first, "hi");
  const auto run = h->run(definition);
  ASSERT_TRUE(store.delete_session("ann"));
  store.inner().close();
  auto next = store::make_memory_run_store(database);
  Owner other(*next);
  ASSERT_EQ(other.engine->adopt(next->claim(run).value(), definition), Engine::Adopted::driven);
  EXPECT_EQ(failure(run), "the session 'ann' was deleted while this turn was under way; run it again to begin a new one");
}

TEST_F(SessionsTest, TheNameIsATemplateOverTheInputs) {
  definition = talking({{.name = "talk"}}, "user/{{ inputs.user }}");
  const auto run = h->run(definition, JsonObject{{"user", "bob"}});
  h->say(run, "hi");
  EXPECT_EQ(session("user/bob").size(), 2U);
}

TEST_F(SessionsTest, NullIsNoSessionAndOtherThingsAreRefused) {
  definition = talking({{.name = "talk"}}, "{{ inputs.user }}");
  const auto none = h->run(definition, JsonObject{{"user", nullptr}});
  h->say(none, "hi");
  EXPECT_EQ(h->status(none), RunStatus::completed);
  EXPECT_TRUE(store.list_sessions({})->empty());
  const auto number = h->run(definition, JsonObject{{"user", 7}});
  EXPECT_EQ(h->status(number), RunStatus::failed);
  EXPECT_NE(failure(number).find("must be a text, not 7"), std::string::npos) << failure(number);
  const auto empty = h->run(definition, JsonObject{{"user", ""}});
  EXPECT_NE(failure(empty).find("the name of a session is empty"), std::string::npos) << failure(empty);
}

TEST_F(SessionsTest, SecretsDoNotGetIntoASession) {
  h->secrets.add("hunter22");
  const auto run = h->run(definition);
  h->say(run, "it is hunter22");
  EXPECT_EQ(session(), (Texts{R"("asked")", R"("it is [redacted]")"}));
}

}  // namespace
}  // namespace skein::workflow
