#include "cli/progress_model.hpp"

#include <gtest/gtest.h>

#include "cli/progress_view.hpp"

namespace skein::cli {
namespace {

using namespace std::chrono_literals;
using Kind = model::Delta::Kind;

const Instant start{seconds{1'700'000'000}};

JsonPtr json(std::string_view text) { return std::make_shared<const Json>(parse_json(text).value()); }

/// A run whose one task thinks.
struct Thinking {
  workflow::Definition flow;
  std::optional<RunProgress> run;

  Thinking() {
    flow.name = "thinking";
    workflow::TaskDefinition task;
    task.name = "think";
    flow.tasks.push_back(std::move(task));
    flow.own_tasks = 1;
    run.emplace(RunId{}, flow);
    tell(workflow::RunCreated{});
    tell(workflow::AttemptStarted{.attempt = {.task = 0, .activation = 1, .attempt = 1}, .wake_at = {}});
    tell(workflow::CallStarted{.attempt = {.task = 0}, .request = json(R"({"model":"test/small","turn":1})")});
  }
  void tell(workflow::EventBody body) { run->apply({.at = start, .body = std::move(body)}); }
  std::string line(std::size_t width = 60) {
    return render(*run, {.width = width, .height = 0, .utf8 = true, .interrupted = false}, start + 1s).back().plain();
  }
};

TEST(RunProgress, ShowsTheEndOfWhatAModelSays) {
  Thinking t;
  EXPECT_NE(t.line().find("asks test/small (turn 1)"), std::string::npos);
  t.run->hear("think", Kind::text, "First line\nIt is ");
  t.run->hear("think", Kind::text, "fi");
  EXPECT_TRUE(t.line().ends_with("  It is fi"));
  t.run->hear("think", Kind::text, "ve.\n");
  EXPECT_TRUE(t.line().ends_with("It is five.")) << t.line();  // until the next line begins
  t.run->hear("other", Kind::text, "nobody");
  EXPECT_TRUE(t.line().ends_with("It is five."));
}

TEST(RunProgress, LongLinesShowTheirEnd) {
  Thinking t;
  for (int i = 0; i < 100; ++i) t.run->hear("think", Kind::text, "schön und ");
  t.run->hear("think", Kind::text, "gut");
  const auto line = t.line();
  EXPECT_TRUE(line.ends_with("schön und gut")) << line;
  EXPECT_NE(line.find("…"), std::string::npos);
  EXPECT_LE(display_width(line), 60U);
}

TEST(RunProgress, ToolCallsAndCostsAreShown) {
  Thinking t;
  t.run->hear("think", Kind::text, "Let me see");
  t.run->hear("think", Kind::tool_name, "add");
  EXPECT_TRUE(t.line().ends_with("asks for add"));
  t.tell(workflow::CallEnded{.attempt = {.task = 0},
                             .answer = json(R"({"message":{"role":"assistant","parts":[]}})"),
                             .used = {.tokens = 1234, .nano_dollars = 2'100'000, .tool_calls = 0}});
  t.tell(workflow::CallStarted{
      .attempt = {.task = 0}, .number = 2, .kind = agent::CallKind::tool, .request = json(R"({"tool":"add","arguments":{"n":2}})")});
  EXPECT_NE(t.line().find(R"(calls add {"n":2})"), std::string::npos);
  const auto lines = render(*t.run, {.width = 100, .height = 0, .utf8 = true, .interrupted = false}, start + 1s);
  EXPECT_NE(lines.front().plain().find("1,234 tokens, $0.0021"), std::string::npos);
}

}  // namespace
}  // namespace skein::cli
