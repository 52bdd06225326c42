#include "cli/report_view.hpp"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>

#include "cli/drawing.hpp"

namespace skein::cli {
namespace {

runtime::TaskReport task(std::string name, TaskStatus status, Json result) {
  runtime::TaskReport out;
  out.name = std::move(name);
  out.agent = "agent";
  out.status = status;
  if (status == TaskStatus::completed) out.result = std::make_shared<const Json>(std::move(result));
  return out;
}

TEST(ReportView, StringsAreShownAsTheyAreAndTheRestAsJson) {
  EXPECT_EQ(readable(Json("two\nlines\n")), "two\nlines");
  EXPECT_EQ(readable(Json("\x1b[2Jx")), "[2Jx");
  EXPECT_EQ(readable(Json(3)), "3");
  EXPECT_EQ(readable(Json(JsonObject{{"a", 1}})), "{\"a\":1}");
  EXPECT_EQ(readable(Json(JsonObject{{"a", std::string(80, 'x')}})), "{\n  \"a\": \"" + std::string(80, 'x') + "\"\n}");
}

TEST(ReportView, LongValuesAreCutWithAHint) {
  EXPECT_EQ(shorten_lines("a\nb\nc\nd", 2, "skein show x"), "a\nb\n… 2 more lines: skein show x");
  EXPECT_EQ(shorten_lines("a\nb\nc", 2, "x"), "a\nb\nc") << "a hint would be as long as what it hides";
  EXPECT_EQ(shorten_lines("a\nb", 2, "x"), "a\nb");
  EXPECT_EQ(shorten_lines("a\nb\nc\nd", 0, "x"), "a\nb\nc\nd");
}

TEST(ReportView, OutputsAreTheResultElseTheLastTaskIs) {
  runtime::RunReport report;
  report.status = RunStatus::completed;
  report.tasks.push_back(task("first", TaskStatus::completed, Json("one")));
  report.tasks.push_back(task("second", TaskStatus::completed, Json("two")));
  report.tasks.push_back(task("third", TaskStatus::skipped, Json()));
  EXPECT_EQ(result_text(report, {}), "two");
  report.outputs = std::make_shared<const Json>(JsonObject());
  EXPECT_EQ(result_text(report, {}), "two");
  report.outputs = std::make_shared<const Json>(JsonObject{{"n", 3}, {"text", "a\nb"}});
  EXPECT_EQ(result_text(report, {}), "n: 3\ntext:\na\nb");
  EXPECT_EQ(result_text(runtime::RunReport(), {}), "");
}

TEST(ReportView, ShowsEveryTaskAndWhatBecameOfIt) {
  runtime::RunReport report;
  report.workflow = "report";
  report.version = "1.0.0";
  report.status = RunStatus::failed;
  report.error = "task 'fetch' failed";
  report.tasks.push_back(task("fetch", TaskStatus::failed, Json()));
  report.tasks.back().error =
      Error{.code = ErrorCode::timeout, .message = "Request timeout", .context = {}, .retryable = true, .retry_after = {}};
  report.tasks.push_back(task("join", TaskStatus::skipped, Json()));
  report.tasks.back().skip_reason = "it needs 'fetch'";
  const auto text = report_text(report, Terminal{}, Instant{});
  for (const char* part :
       {"report 1.0.0  failed", "task 'fetch' failed", "Request timeout", "it needs 'fetch'", "skein show 00000000-0000 --task NAME"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
  }
}

TEST(Dot, QuotesAreEscapedAndStatesAreColoured) {
  Drawing drawing{.title = "a \"flow\"",
                  .boxes = {{.name = "x\\", .about = "a: \"b\"", .status = TaskStatus::failed, .progress = "round 2"}},
                  .arrows = {}};
  drawing.arrows.push_back({.from = std::nullopt, .to = 0, .kind = Drawing::Kind::edge, .label = "n > 1"});
  drawing.arrows.push_back({.from = 0, .to = std::nullopt, .kind = Drawing::Kind::order, .label = {}});
  const auto text = to_dot(drawing);
  for (const char* part : {"digraph \"a \\\"flow\\\"\" {", "t0 [label=\"x\\\\\\na: \\\"b\\\"\\nfailed, round 2\", fillcolor=\"#f8d7da\"];",
                           "start -> t0 [label=\"n > 1\"];", "t0 -> end [style=dotted];"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
  }
}

TEST(Mermaid, LabelsAreEscapedAndTheOrderOfTheFileIsDotted) {
  workflow::Definition flow;
  flow.agents.push_back({});
  flow.agents.back().name = "a<b>";
  for (const char* name : {"one", "two \"x\"", "three"}) {
    workflow::TaskDefinition next;
    next.name = name;
    next.action = "do";
    flow.tasks.push_back(std::move(next));
  }
  flow.tasks[2].depends_on = {0};
  workflow::finish_definition(flow);
  const auto text = to_mermaid(draw(flow));
  EXPECT_NE(text.find("t1[\"two #quot;x#quot;<br/><small>a#lt;b#gt;: do</small>\"]"), std::string::npos) << text;
  EXPECT_NE(text.find("t0 -.-> t1"), std::string::npos);
  EXPECT_NE(text.find("t0 --> t2"), std::string::npos);
  EXPECT_NE(text.find("t1 -.-> t2"), std::string::npos);
  flow.parallel_execution = true;
  EXPECT_EQ(to_mermaid(draw(flow)).find("-.->"), std::string::npos);
}

}  // namespace
}  // namespace skein::cli
