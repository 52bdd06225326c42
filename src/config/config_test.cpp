#include "config/config.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include <boost/json/array.hpp>
#include <gtest/gtest.h>

namespace skein::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view smallest = "name: w\ntasks: [{name: a, agent_name: local, action: transform}]\n";

std::string first_problem(const LoadResult& result) { return result ? "none" : to_string(result.error().front()); }

workflow::DefinitionPtr load(std::string_view text) {
  auto loaded = load_workflow_text(text, "w.yaml", Format::yaml);
  EXPECT_TRUE(loaded) << first_problem(loaded);
  return loaded ? loaded->definition : nullptr;
}

TEST(Load, FillsDefaults) {
  const auto w = load(smallest);
  EXPECT_EQ(w->name, "w");
  EXPECT_EQ(w->version, "1.0.0");
  EXPECT_FALSE(w->parallel_execution);
  EXPECT_EQ(w->failure_strategy, workflow::FailureStrategy::stop_on_first_failure);
  EXPECT_EQ(w->global_timeout, std::nullopt);
  ASSERT_EQ(w->agents.size(), 1U);  // the built-in one
  EXPECT_EQ(w->agents[0].kind, "local");
  EXPECT_EQ(w->agents[0].timeout, seconds{30});
  EXPECT_EQ(w->agents[0].retry, resilience::RetryPolicy{});
  EXPECT_EQ(w->agents[0].circuit_breaker, std::nullopt);
  EXPECT_EQ(to_json(w->tasks[0].parameters.source()), "{}");
  EXPECT_EQ(w->tasks[0].retry, std::nullopt);
  EXPECT_FALSE(w->hash.empty());
}

TEST(Load, AnAgentOfThatNameReplacesTheBuiltInOne) {
  const auto w = load("name: w\nagents: [{name: local, type: custom}]\ntasks: [{name: a, agent_name: local, action: x}]\n");
  ASSERT_EQ(w->agents.size(), 1U);
  EXPECT_EQ(w->agents[0].kind, "custom");
}

TEST(Load, RetryOfATaskReplacesTheAgentsAsAWhole) {
  const auto w = load(R"(name: w
agents:
  - {name: a, type: custom, retry_config: {max_attempts: 9, max_delay: 5m}, circuit_breaker: {}}
tasks:
  - {name: a, agent_name: a, action: x, retry_config: {initial_delay: 250ms}, timeout: 1.5}
  - {name: b, agent_name: a, action: x, depends_on: [a]}
)");
  EXPECT_EQ(w->retry_of(0), (resilience::RetryPolicy{.initial_delay = milliseconds{250}}));
  EXPECT_EQ(w->timeout_of(0), milliseconds{1500});
  EXPECT_EQ(w->retry_of(1).max_attempts, 9U);
  EXPECT_EQ(w->retry_of(1).max_delay, seconds{300});
  EXPECT_EQ(w->agents[0].circuit_breaker, resilience::BreakerPolicy{});
  EXPECT_EQ(w->tasks[0].dependents, std::vector<workflow::TaskIndex>{1});
}

TEST(Load, TakesAByteOrderMark) { EXPECT_EQ(load("\xEF\xBB\xBF" + std::string(smallest))->name, "w"); }

TEST(Load, TakesWindowsLineEnds) {
  const auto w = load("name: w\r\ndescription: |\r\n  a\r\n  b\r\ntasks:\r\n  - {name: a, agent_name: local, action: x}\r\n");
  EXPECT_EQ(w->tasks.size(), 1U);
}

TEST(Load, RefusesLargeTexts) {
  EXPECT_EQ(first_problem(load_workflow_text(std::string(max_file_bytes + 1, ' '), "big.yaml", Format::yaml)),
            "big.yaml: the file is larger than 4 MiB; keep data in files of its own");
}

TEST(Load, FindsTheLineOfInvalidUtf8) {
  EXPECT_EQ(first_problem(load_workflow_text("a: b\nc: \xff", "w", Format::yaml)),
            "w:2:1: the text is not valid UTF-8; save the file as UTF-8");
}

TEST(LoadFile, SaysWhatIsWrongWithThePath) {
  const auto folder = fs::temp_directory_path() / ("skein_config_test_" + std::to_string(::getpid()));
  fs::create_directories(folder / "directory.yaml");
  const auto said = [&](const char* name) {
    return first_problem(load_workflow_file(folder / name)).substr((folder / name).string().size());
  };
  EXPECT_EQ(said("missing.yaml"), ": there is no such file; check the path");
  EXPECT_EQ(said("directory.yaml"), ": this is a directory; name a file in it");
  EXPECT_EQ(said("missing.txt"), ": there is no such file; check the path");
  std::ofstream(folder / "workflow.txt") << smallest;
  EXPECT_EQ(said("workflow.txt"), ": not a workflow file by its name; name it .yaml, .yml or .json");
  std::ofstream(folder / "GOOD.YML") << smallest;
  EXPECT_TRUE(load_workflow_file(folder / "GOOD.YML"));
  fs::remove_all(folder);
}

TEST(LoadDocument, NamesPointers) {
  const auto said = [](std::string_view json) { return first_problem(load_workflow_document(parse_json(json).value())); };
  EXPECT_EQ(said(R"({"name": "w", "tasks": [{"name": "a", "agent_name": "nobody", "action": "x"}]})"),
            "/tasks/0/agent_name: Task 'a' references undefined agent 'nobody'; declare it under 'agents'");
  EXPECT_EQ(said("{}"), "missing key 'name' in workflow; add it, as in 'name: daily_report'");
  EXPECT_EQ(said("5"), "the document must be an object, got the number 5; write its keys below it");
}

TEST(LoadDocument, HasTheLimitsOfFiles) {
  JsonArray many(max_document_nodes);
  EXPECT_EQ(first_problem(load_workflow_document(many)), "more than 100000 values; split the workflow or shorten its data");
  Json deep(1);
  for (std::size_t i = 0; i < max_document_depth; ++i) {
    JsonArray outer;
    outer.push_back(deep);
    deep = outer;
  }
  EXPECT_EQ(first_problem(load_workflow_document(deep)), "nested more than 64 levels deep; make it flatter");
}

TEST(LoadDocument, AcceptsTheDeepestFile) {
  const std::string parameters = "{v: " + std::string(59, '[') + "1" + std::string(59, ']') + "}";  // 64 levels with the number
  const auto w = load("name: w\ntasks: [{name: a, agent_name: local, action: x, parameters: " + parameters + "}]\n");
  ASSERT_NE(w, nullptr);
  EXPECT_TRUE(load_workflow_document(w->document));
}

TEST(Problems, ManyWrongReferencesEndInTime) {
  std::string text = "name: w\ntasks: [{name: a, agent_name: local, action: x}]\noutputs:\n";
  for (int i = 0; i < 3000; ++i)
    text += "  o" + std::to_string(i) + ": \"{{ nothing }}{{ 1 + }}{{ env.A }}\"\n  p" + std::to_string(i) + ": \"{{ nothing }}\"\n";
  const auto loaded = load_workflow_text(text, "w", Format::yaml);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().size(), max_problems + 1);
}

TEST(Problems, ManyUndefinedNamesEndInTime) {
  std::string text = "name: w\nparallel_execution: true\ntasks:\n";
  for (int i = 0; i < 4000; ++i) {
    const auto n = std::to_string(i);
    text += "  - {name: task_with_a_long_name_" + n + ", agent_name: x, action: x, depends_on: [task_with_a_lang_name_" + n + "_]}\n";
  }
  EXPECT_FALSE(load_workflow_text(text, "w", Format::yaml));
}

TEST(Problems, SayTheirFileAndSeverity) {
  EXPECT_EQ(to_string(Problem{
                .file = "f", .line = 3, .column = 4, .pointer = "/a", .message = "m", .excerpt = {}, .severity = Severity::warning}),
            "f:3:4: warning: m");
  EXPECT_EQ(
      to_string(Problem{.file = "f", .line = 0, .column = 0, .pointer = "/a", .message = "m", .excerpt = {}, .severity = Severity::error}),
      "f: /a: m");
}

}  // namespace
}  // namespace skein::config
