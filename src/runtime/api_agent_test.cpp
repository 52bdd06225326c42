#include <skein/async.hpp>
#include <skein/skein.hpp>

#include <atomic>
#include <fstream>
#include <future>
#include <mutex>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "support/test_files.hpp"

namespace skein {
namespace {

struct SearchArgs {
  std::string query;
  int max_results = 5;
};
SKEIN_DESCRIBE(SearchArgs, (query, "What to look for"), (max_results, "How many results"))

struct Report {
  std::string title;
  std::vector<std::string> points;
  int pages = 1;
};
SKEIN_DESCRIBE(Report, (title, "In a few words"), (points, "What it says"), (pages, "How long", at_least(1)))

constexpr std::string_view searching =
    R"({"tool_calls": [{"name": "web_search", "arguments": {"query": "geese"}}], "usage": {"input": 100, "output": 20}})";

class AgentTest : public ::testing::Test {
 protected:
  /// A model that says these answers, one after another; each a JSON object.
  std::string says(const std::vector<std::string_view>& answers, const std::string& name = "model.json") {
    const auto path = folder_.path() / name;
    std::ofstream file(path);
    file << R"({"answers": [)";
    for (std::size_t i = 0; i < answers.size(); ++i) file << (i == 0 ? "" : ", ") << answers[i];
    file << "]}";
    return "scripted/" + path.string();
  }
  /// Remembers what it was asked.
  Tool search() {
    return skein::tool("web_search", "Search the web for information", [this](const SearchArgs& a) {
      const std::lock_guard lock(mutex_);
      asked_.push_back(a.query + " " + std::to_string(a.max_results));
      return ToolAnswer{.value = Json("geese fly in a skein"), .sources = {"https://example.org/geese"}};
    });
  }
  std::vector<std::string> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  Runtime on_disk() {
    return std::move(
        Runtime::open({.store = (folder_.path() / "runs.db").string(), .durability = Durability::normal, .threads = 1}).value());
  }

  testing::Folder folder_;
  std::mutex mutex_;
  std::vector<std::string> asked_;
};

Runtime in_memory() { return std::move(Runtime::open({.store = {}, .durability = Durability::memory, .threads = 1}).value()); }

TEST_F(AgentTest, AnswersWithItsTools) {
  Agent agent({.name = "ResearchAgent",
               .model = says({searching, R"({"text": "In a skein.", "usage": {"input": 130, "output": 5, "cached_input": 90}})"}),
               .tools = {search(), tools::read_file()}});
  const auto result = agent.run("How do geese fly?");
  ASSERT_TRUE(result) << result.error->message;
  EXPECT_EQ(result.text(), "In a skein.");
  EXPECT_EQ(result.value, Json("In a skein."));
  EXPECT_EQ(result.status, RunStatus::completed);
  EXPECT_EQ(result.agent, "ResearchAgent");
  EXPECT_EQ(result.run_id.size(), 36U);
  EXPECT_EQ(result.task_id, result.run_id + ":answer:1");
  EXPECT_EQ(asked(), std::vector<std::string>{"geese 5"});
  EXPECT_EQ(result.sources, std::vector<std::string>{"https://example.org/geese"});
  EXPECT_EQ(result.turns, 2U);
  EXPECT_EQ(result.tool_calls, 1U);
  EXPECT_EQ(result.usage.input_tokens, 230U);
  EXPECT_EQ(result.usage.output_tokens, 25U);
  EXPECT_EQ(result.usage.cached_tokens, 90U);
  EXPECT_EQ(result.tokens, 255U);
  EXPECT_EQ(result.cost, 0.0);
  EXPECT_EQ(result.messages.size(), 4U);
  EXPECT_LE(result.created, result.finished);
}

TEST_F(AgentTest, ReadsItsAnswerIntoAStruct) {
  Agent agent({.model = says({R"({"text": {"title": "Geese", "points": ["they fly"], "pages": 0}})",
                              R"({"text": {"title": "Geese", "points": ["they fly"]}})"})});
  const auto report = agent.run<Report>("Report on geese.");
  ASSERT_TRUE(report) << report.error->message;
  EXPECT_EQ(report->title, "Geese");
  EXPECT_EQ((*report).points, std::vector<std::string>{"they fly"});
  EXPECT_EQ(report->pages, 1);
  EXPECT_EQ(report.turns, 2U) << "the first answer was sent back";
  EXPECT_EQ(report.text(), R"({"title":"Geese","points":["they fly"]})");
  EXPECT_TRUE(agent.workflow()) << "the agent's own answer is a text still";
}

TEST_F(AgentTest, AnAnswerThatNeverFitsIsAnError) {
  Agent agent({.model = says({R"({"text": "no"})", R"({"text": "no"})", R"({"text": "no"})"}), .output_schema = schema_of<Report>()});
  const auto result = agent.run("Report on geese.");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error->code, ErrorCode::agent_failed);
  EXPECT_EQ(result.status, RunStatus::failed);
  EXPECT_TRUE(result.value.is_null());
  EXPECT_EQ(result.text(), "");
}

TEST_F(AgentTest, CallbacksHearWhatIsSaidAndCalled) {
  std::string said;
  std::string thought;
  std::vector<std::string> called;
  Agent agent({.model = says({R"({"reasoning": "I must look.", "tool_calls": [{"name": "web_search", "arguments": {"query": "geese"}}]})",
                              R"({"text": "In a skein."})"}),
               .tools = {search()},
               .on_text = [&](std::string_view text) { said += text; },
               .on_reasoning = [&](std::string_view text) { thought += text; },
               .on_tool_call =
                   [&](const AgentToolCall& call) {
                     called.push_back("call " + std::to_string(call.number) + " " + std::string(call.tool) + " " +
                                      to_json(*call.arguments) + (call.result == nullptr ? "" : "?"));
                     throw std::runtime_error("a mistake of the listener's");
                   },
               .on_tool_result =
                   [&](const AgentToolCall& call) {
                     called.push_back("result " + std::to_string(call.number) + " " + std::string(call.tool) + " " + to_json(*call.result) +
                                      (call.failed ? " failed" : ""));
                   }});
  const auto result = agent.run("How do geese fly?");
  ASSERT_TRUE(result) << result.error->message;
  EXPECT_EQ(said, "In a skein.");
  EXPECT_EQ(thought, "I must look.");
  EXPECT_EQ(called, (std::vector<std::string>{R"(call 2 web_search {"query":"geese"})", R"(result 2 web_search "geese fly in a skein")"}));
  said.clear();
  ASSERT_TRUE(agent.run("Again."));
  EXPECT_EQ(said, "In a skein.") << "each run is listened to";
}

TEST_F(AgentTest, ABudgetEndsItBeforeTheCallThatWouldBreakIt) {
  Agent agent({.model = says({searching, R"({"text": "In a skein."})"}), .tools = {search()}, .budget = {.tool_calls = 0}});
  const auto result = agent.run("How do geese fly?");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error->code, ErrorCode::budget_exceeded) << result.error->message;
  EXPECT_EQ(result.tokens, 120U) << "what the first answer cost";
  EXPECT_TRUE(asked().empty());
}

TEST_F(AgentTest, WhatCannotBeginSaysWhy) {
  Agent nobody({.model = "gpt-4o"});
  const auto refused = nobody.run("x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error->code, ErrorCode::invalid_definition);
  EXPECT_NE(refused.error->message.find("provider/model"), std::string::npos) << refused.error->message;
  EXPECT_TRUE(refused.run_id.empty());
  EXPECT_FALSE(nobody.start("x"));

  Agent missing({.model = "scripted/" + (folder_.path() / "none.json").string(), .retry = Retry{.max_attempts = 1}});
  const auto failed = missing.run("x");
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error->message.find("none.json"), std::string::npos) << failed.error->message;

  Agent toolless({.model = says({}), .tools = {"calcualtor"}});
  const auto unknown = toolless.run("x");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error->message.find("did you mean 'calculator'?"), std::string::npos) << unknown.error->message;

  auto named = skein::tool("no name", "x", [] { return 1; });
  Agent bad({.model = says({}), .tools = {named}});
  EXPECT_EQ(bad.run("x").error->code, ErrorCode::invalid_argument);

  Agent fine({.model = says({R"({"text": "x"})"})});
  EXPECT_EQ(fine.run("").error->code, ErrorCode::invalid_argument);
  EXPECT_EQ(fine.wait("nonsense").error->code, ErrorCode::invalid_argument);
  EXPECT_EQ(fine.resume("0190163d-8694-739b-aea5-966c26f8ad91").error->code, ErrorCode::not_found);
}

TEST_F(AgentTest, InstructionsAreTextAndNoExpressions) {
  Agent agent({.model = says({R"({"text": "\"{{ fine }}\""})"}),
               .instructions = "Write {{ name }} as it is, and \\{{ too.",
               .role = "a {{careful}} writer",
               .output_schema = JsonObject{{"type", "string"}, {"description", "as {{ this }}"}}});
  const auto result = agent.run("Say {{ 1 }}.");
  ASSERT_TRUE(result) << result.error->message;
  EXPECT_EQ(result.value, Json("{{ fine }}"));
  EXPECT_NE(to_json(result.messages).find("Say {{ 1 }}."), std::string::npos);
}

TEST_F(AgentTest, AgentsOfARuntimeShareItsTools) {
  auto runtime = in_memory();
  const auto tool = search();
  const auto answers = says({searching, R"({"text": "In a skein."})"});
  Agent first({.model = answers, .tools = {tool, tools::read_file("docs")}}, runtime);
  Agent second({.model = answers, .tools = {tool, tools::read_file("docs"), "calc*"}}, runtime);
  Agent other({.model = answers, .tools = {search()}}, runtime);
  EXPECT_TRUE(first.run("x"));
  EXPECT_TRUE(second.run("x"));
  const auto refused = other.run("x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error->code, ErrorCode::already_exists);
  EXPECT_TRUE(runtime.register_tool(search())) << "whoever registers a tool means it";

  Agent named({.model = answers, .tools = {"web_*"}}, runtime);
  EXPECT_TRUE(named.run("x"));
  EXPECT_EQ(asked().size(), 3U);
}

TEST_F(AgentTest, AgentsOfFilesCallToolsOfPrograms) {
  LeadAgent lead({.store = {}, .durability = Durability::memory, .threads = 1});
  lead.register_tool(search());
  const auto workflow =
      WorkflowBuilder("flow")
          .agent(AgentBuilder("thinker", "ai_agent").model(says({searching, R"({"text": "In a skein."})"})).tool("web_search"))
          .task(TaskBuilder("think", "thinker", "How do geese fly?"))
          .output("said", "{{ think.result.output }}")
          .build();
  ASSERT_TRUE(workflow) << workflow.error().message;
  const auto result = lead.execute_workflow(*workflow);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->outputs.at("said"), Json("In a skein.")) << result->error;
  lead.register_tool(skein::tool("no name", "x", [] { return 1; }));
  EXPECT_FALSE(lead.execute_workflow(*workflow));
}

TEST_F(AgentTest, GoesOnAfterItsProcessWithoutAskingAgain) {
  std::string id;
  {
    auto runtime = on_disk();
    std::promise<void> second_call;
    std::atomic<int> calls{0};
    runtime.observe([&](const RunEvent& event) {
      if (event.type == "model_called" && ++calls == 2) second_call.set_value();
    });
    Agent agent({.model = says({searching, R"({"text": "In a skein.", "delay": "1h"})"}), .tools = {search()}}, runtime);
    const auto started = agent.start("How do geese fly?");
    ASSERT_TRUE(started) << started.error().message;
    id = *started;
    second_call.get_future().get();
  }
  auto runtime = on_disk();
  std::atomic<int> calls{0};
  std::string said;
  runtime.observe([&](const RunEvent& event) { calls += event.type == "model_called" || event.type == "tool_called" ? 1 : 0; });
  Agent agent({.model = says({searching, R"({"text": "In a skein."})"}),
               .tools = {search()},
               .on_text = [&](std::string_view text) { said += text; }},
              runtime);
  EXPECT_EQ(agent.wait(id).error->code, ErrorCode::conflict);
  const auto result = agent.resume(id);
  ASSERT_TRUE(result) << result.error->message;
  EXPECT_EQ(result.run_id, id);
  EXPECT_EQ(result.text(), "In a skein.");
  EXPECT_EQ(result.turns, 2U);
  EXPECT_EQ(asked().size(), 1U) << "the tool was called before";
  EXPECT_EQ(calls, 0) << "the call in flight is repeated and not begun anew";
  EXPECT_EQ(said, "In a skein.");
  EXPECT_EQ(agent.resume(id).text(), "In a skein.") << "a run that has ended is told again";
}

TEST_F(AgentTest, OnlyRunsOfAgentsHaveAnswers) {
  auto runtime = in_memory();
  const auto other = runtime.run(WorkflowBuilder("other").task(TaskBuilder("t", "local", "transform")).build().value());
  ASSERT_TRUE(other) << other.error().message;
  Agent agent({.model = says({})}, runtime);
  EXPECT_EQ(agent.wait(other->run_id).error->code, ErrorCode::invalid_argument);
}

TEST_F(AgentTest, AnswersLater) {
  Agent agent({.model = says({R"({"text": {"title": "Geese", "points": ["they fly"]}})"})});
  std::promise<AgentResult> plain;
  agent.run_async("Report.", [&](AgentResult result) { plain.set_value(std::move(result)); });
  EXPECT_EQ(plain.get_future().get().text(), R"({"title":"Geese","points":["they fly"]})");
  std::promise<std::string> typed;
  agent.run_async<Report>("Report.",
                          [&](const TypedAgentResult<Report>& report) { typed.set_value(report ? report->title : report.error->message); });
  EXPECT_EQ(typed.get_future().get(), "Geese");
  Agent refused({.model = "x"});
  std::promise<AgentResult> error;
  refused.run_async({.prompt = "x"}, [&](AgentResult result) { error.set_value(std::move(result)); });
  EXPECT_EQ(error.get_future().get().error->code, ErrorCode::invalid_definition);
}

boost::asio::awaitable<std::string> ask(Agent& agent) {
  const auto words = co_await async_run(agent, "Report.", boost::asio::use_awaitable);
  const auto report = co_await async_run<Report>(agent, AgentTask{.prompt = "Report."}, boost::asio::use_awaitable);
  co_return words.text() + (report ? report->title : report.error->message);
}

TEST_F(AgentTest, AnswersInACoroutine) {
  boost::asio::io_context io;  // outlives the agent, whose thread posts to it
  Agent agent({.model = says({R"({"text": {"title": "Geese", "points": ["they fly"]}})"})});
  auto answer = boost::asio::co_spawn(io, ask(agent), boost::asio::use_future);
  io.run();
  EXPECT_EQ(answer.get(), R"({"title":"Geese","points":["they fly"]}Geese)");
}

TEST_F(AgentTest, GoesOnWithAConversation) {
  const auto answers = says({R"({"text": "A goose."})", R"({"text": "It flies."})"});
  Agent talks({.model = answers, .session = "geese"});
  EXPECT_EQ(talks.run("What is that?").text(), "A goose.");
  const auto second = talks.run("What does it do?");
  EXPECT_EQ(second.text(), "It flies.") << "the second answer follows the first" << (second ? "" : second.error->message);
  Agent forgets({.model = answers});
  EXPECT_EQ(forgets.run("What is that?").text(), "A goose.");
  EXPECT_EQ(forgets.run("What does it do?").text(), "A goose.") << "each begins anew";
}

TEST_F(AgentTest, GuardrailsKeepItWithinBounds) {
  Agent agent({.model = says({R"({"text": "It is confidential."})"}),
               .guardrails = {.input = {{.max_length = 20}}, .output = {{.forbidden_words = {"confidential"}, .action = "redact"}}}});
  const auto redacted = agent.run("What is that?");
  ASSERT_TRUE(redacted) << redacted.error->message;
  EXPECT_EQ(redacted.text().find("confidential"), std::string::npos) << redacted.text();
  EXPECT_FALSE(agent.run("What is that, if I may ask?"));
}

TEST_F(AgentTest, AsksAnotherModelForAStep) {
  Agent agent({.model = says({R"({"text": "A swan."})", R"({"text": "unused"})", R"({"text": "A goose."})"}),
               .step_models = {{"reflect", says({R"({"text": "unused"})", R"({"text": "It is a goose."})"}, "reviewer.json")}},
               .reflect = true});
  const auto result = agent.run("What is that?");
  ASSERT_TRUE(result) << result.error->message;
  EXPECT_EQ(result.reflection_notes, "It is a goose.");
  EXPECT_EQ(result.text(), "A goose.");
}

TEST_F(AgentTest, APersonSaysWhichOfItsCallsTheyMean) {
  auto runtime = in_memory();
  std::mutex mutex;
  std::vector<unsigned> asked;
  std::promise<void> both;
  runtime.observe([&](const RunEvent& event) {
    if (event.type != "person_asked") return;
    const std::lock_guard lock(mutex);
    EXPECT_EQ(event.request->at("question"), Json("May 'agent' call web_search?"));
    asked.push_back(event.call);
    if (asked.size() == 2) both.set_value();
  });
  Agent agent({.model = says({R"({"tool_calls": [{"name": "web_search", "arguments": {"query": "geese"}},
                                                 {"name": "web_search", "arguments": {"query": "swans"}}]})",
                              R"({"text": "Well."})"}),
               .tools = {search()},
               .approve = {"web_search"}},
              runtime);
  const auto run = agent.start("Compare them.").value();
  both.get_future().wait();
  constexpr std::string_view task = "answer";
  EXPECT_EQ(runtime.approve(run, task, "ann", {.call = 77}).has_value(), true) << "the owner looks at it: nobody asked";
  ASSERT_TRUE(runtime.approve(run, task, "ann", {.set = {{"query", "ducks"}}, .call = asked[1]}));
  ASSERT_TRUE(runtime.reject(run, task, "ann", {.comment = "not those", .call = asked[0]}));
  const auto result = agent.wait(run);
  ASSERT_TRUE(result) << result.error->message;
  EXPECT_EQ(this->asked(), std::vector<std::string>{"ducks 5"});
}

TEST_F(AgentTest, ARetryWithAHigherBudgetGoesOnWhereTheOldOneEnded) {
  auto runtime = in_memory();
  Agent agent({.name = "thrifty",
               .model = says({searching, R"({"text": "In a skein.", "usage": {"input": 130, "output": 5}})"}),
               .tools = {search()},
               .budget = {.tool_calls = 0}},
              runtime);
  const auto over = agent.run("How do geese fly?");
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error->code, ErrorCode::budget_exceeded);
  EXPECT_EQ(runtime.retry(over.run_id, {.budget = {.cost = -1}}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(runtime.retry(over.run_id, {.budget = {.wall_time = "soon"}}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(runtime.retry(over.run_id, {.agent_budgets = {{"nobody", {.tokens = 5}}}}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(runtime.retry(over.run_id, {.agent_budgets = {{"thrifty", {.daily = DailyBudget{.tokens = 5}}}}}).error().code,
            ErrorCode::invalid_argument);
  const auto next = runtime.retry(over.run_id, {.budget = {.wall_time = "1h"}, .agent_budgets = {{"thrifty", {.tool_calls = 3}}}});
  ASSERT_TRUE(next) << next.error().message;
  const auto result = agent.wait(*next);
  ASSERT_TRUE(result) << result.error->message;
  EXPECT_EQ(result.text(), "In a skein.");
  EXPECT_EQ(result.turns, 2U) << "what the old run was told is not asked again";
}

TEST_F(AgentTest, TalksAboutPicturesAndWhatWasSaidBefore) {
  Agent agent({.model = says({R"({"match": "And this?", "text": "A goose."})"})});
  const auto result = agent.run({.prompt = "And this?",
                                 .images = {"https://example.org/goose.png"},
                                 .messages = {JsonObject{{"role", "user"}, {"content", "What is that?"}},
                                              JsonObject{{"role", "assistant"}, {"content", "A swan."}}}});
  ASSERT_TRUE(result) << result.error->message;
  EXPECT_EQ(result.text(), "A goose.");
  EXPECT_EQ(result.messages.size(), 4U);
}

}  // namespace
}  // namespace skein
