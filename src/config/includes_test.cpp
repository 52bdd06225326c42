#include "config/includes.hpp"

#include <filesystem>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "config/config.hpp"
#include "support/test_files.hpp"

namespace skein::config {
namespace {

namespace fs = std::filesystem;

class IncludesTest : public ::testing::Test {
 protected:
  IncludesTest() { fs::create_directories(folder_.path() / "parts"); }
  void write(const std::string& name, const std::string& text) { folder_.write(name, text); }
  LoadResult load(const std::string& text) {
    write("flow.yaml", text);
    return load_workflow_file(folder_.path() / "flow.yaml");
  }
  std::string document(const std::string& text) {
    const auto loaded = load(text);
    return loaded ? to_json(loaded->definition->document) : problems(loaded);
  }
  std::string problems(const LoadResult& loaded) {
    if (loaded) return "fine";
    std::string out;
    for (auto problem : loaded.error()) {
      problem.file = fs::path(problem.file).lexically_relative(folder_.path());
      out += to_string(problem) + "\n";
    }
    return out;
  }

  skein::testing::Folder folder_;
};

constexpr auto task_a = "tasks: [{name: a, agent_name: local, action: transform}]\n";

TEST_F(IncludesTest, TheDocumentIsWhatOneFileWouldHold) {
  write("parts/b.yaml", "include: [c.yaml]\ntasks: [{name: b, agent_name: x, action: act}]\noutputs: {b: 1}\n");
  write("parts/c.yaml", "agents: [{name: x, type: custom}]\ntasks: [{name: c, agent_name: x, action: act}]\ninputs: {n: integer}\n");
  const std::string text = std::string("name: n\ninclude: [parts/b.yaml]\ninputs: {n: integer}\n") + task_a;
  const auto included = load(text);
  ASSERT_TRUE(included) << problems(included);
  const auto written = load(
      "name: n\ninputs: {n: integer}\nagents: [{name: x, type: custom}]\noutputs: {b: 1}\n"
      "tasks: [{name: c, agent_name: x, action: act}, {name: b, agent_name: x, action: act}, {name: a, agent_name: local, action: "
      "transform}]\n");
  ASSERT_TRUE(written) << problems(written);
  EXPECT_EQ(included->definition->hash, written->definition->hash);
  EXPECT_EQ(load_workflow_document(included->definition->document)->definition->hash, included->definition->hash);
}

TEST_F(IncludesTest, AChangeOfAnIncludedFileChangesTheHash) {
  const std::string text = std::string("name: n\ninclude: [part.yaml]\n") + task_a;
  write("part.yaml", "agents: [{name: x, type: custom, timeout: 1}]\n");
  const auto before = load(text);
  ASSERT_TRUE(before) << problems(before);
  write("part.yaml", "agents: [{name: x, type: custom, timeout: 2}]\n");
  const auto after = load(text);
  ASSERT_TRUE(after) << problems(after);
  EXPECT_NE(before->definition->hash, after->definition->hash);
}

TEST_F(IncludesTest, AFileWithTheSameParametersIsThereOnce) {
  write("part.yaml",
        "parameters: {n: {type: integer, default: 1}}\ntasks: [{name: \"t{{ parameters.n }}\", agent_name: local, action: transform}]\n");
  EXPECT_EQ(
      document("name: n\ninclude: [part.yaml, ./part.yaml, {file: parts/../part.yaml, parameters: {n: 1}}, {file: part.yaml, parameters: "
               "{n: 2}}]\n"),
      R"({"name":"n","tasks":[{"name":"t1","agent_name":"local","action":"transform"},{"name":"t2","agent_name":"local","action":"transform"}]})");
}

TEST_F(IncludesTest, DefaultsOfTheIncludingFileWin) {
  write("one.yaml", "include: [two.yaml]\ndefaults: {timeout: 1, deadline: 1}\n");
  write("two.yaml", "defaults: {timeout: 2, deadline: 2, max_concurrency: 2}\n");
  EXPECT_EQ(
      document(std::string("name: n\ninclude: [one.yaml]\ndefaults: {timeout: 0.5}\n") + task_a),
      R"({"name":"n","defaults":{"timeout":0.5,"deadline":1,"max_concurrency":2},"tasks":[{"name":"a","agent_name":"local","action":"transform"}]})");
}

TEST_F(IncludesTest, InputsThatSayTheSameAreOne) {
  write("one.yaml", "inputs: {n: {type: integer, minimum: 1}}\n");
  write("two.yaml", "inputs: {n: {minimum: 1, type: integer}}\n");
  EXPECT_EQ(problems(load(std::string("name: n\ninclude: [one.yaml, two.yaml]\n") + task_a)), "fine");
}

TEST_F(IncludesTest, ParametersThatAreMissingAreToldWhereTheFileIsIncluded) {
  write("part.yaml", "parameters: {who: string}\ntasks: [{name: \"{{ parameters.who }}\", agent_name: local, action: t}]\n");
  EXPECT_EQ(problems(load("name: n\ninclude:\n  - part.yaml\ntasks: [{name: a, agent_name: none, action: t}]\n")),
            "flow.yaml:3:5: part.yaml needs its parameter 'who': a string; add it under 'parameters'\n"
            "flow.yaml:4:31: Task 'a' references undefined agent 'none'; declare it under 'agents'\n");
}

TEST_F(IncludesTest, ParametersGoOnToFilesThatAPartIncludes) {
  write("outer.yaml", "parameters: {who: string}\ninclude: [{file: parts/inner.yaml, parameters: {name: \"{{ parameters.who }}\"}}]\n");
  write("parts/inner.yaml", "parameters: {name: string}\ntasks: [{name: \"{{ parameters.name }}\", agent_name: local, action: t}]\n");
  EXPECT_EQ(document("name: n\ninclude: [{file: outer.yaml, parameters: {who: maria}}]\n"),
            R"({"name":"n","tasks":[{"name":"maria","agent_name":"local","action":"t"}]})");
}

TEST_F(IncludesTest, WarningsNameTheFileTheyAreAbout) {
  write("part.yaml", "agents:\n  - {name: x, type: http_api, endpoint: \"http://h\", authentication: {type: bearer, token: abc}}\n");
  const auto loaded = load(std::string("name: n\ninclude: [part.yaml]\n") + task_a);
  ASSERT_TRUE(loaded) << problems(loaded);
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_EQ(fs::path(loaded->warnings[0].file).filename(), "part.yaml");
  EXPECT_EQ(loaded->warnings[0].line, 2);
}

TEST_F(IncludesTest, ProblemsAfterAParameterPointAtTheStringThatHoldsThem) {
  write("part.yaml",
        "parameters: {n: {default: 1}}\ntasks:\n  - {name: a, agent_name: local, action: t, parameters: {v: \"{{ parameters.n + "
        "none.result }}\"}}\n");
  EXPECT_EQ(problems(load("name: n\ninclude: [part.yaml]\n")),
            "part.yaml:3:61: there is no task or input 'none'; declare it, or put text in quotes\n");
}

TEST_F(IncludesTest, AWorkflowThatIsRunMayIncludeFilesToo) {
  write("parts/inner.yaml", "name: inner\ninclude: [tasks.yaml]\n");
  write("parts/tasks.yaml", task_a);
  const std::string outer =
      "name: n\nagents: [{name: x, type: workflow, workflow: parts/inner.yaml}]\ntasks: [{name: t, agent_name: x, action: run}]\n";
  EXPECT_EQ(problems(load(outer)), "fine");
  write("parts/tasks.yaml", "tasks: [{name: a, agent_name: none, action: transform}]\n");
  EXPECT_EQ(problems(load(outer)), "parts/tasks.yaml:1:31: Task 'a' references undefined agent 'none'; declare it under 'agents'\n");
}

TEST_F(IncludesTest, CirclesThroughWorkflowsAreFound) {
  write("part.yaml", "agents: [{name: x, type: workflow, workflow: flow.yaml}]\n");
  EXPECT_EQ(problems(load(std::string("name: n\ninclude: [part.yaml]\n") + task_a)),
            "part.yaml:1:46: workflows run each other in a circle: flow.yaml → part.yaml → flow.yaml; break it\n");
}

TEST_F(IncludesTest, DepthIsLimited) {
  for (int i = 0; i < 20; ++i) write(fmt::format("p{}.yaml", i), fmt::format("include: [p{}.yaml]\n", i + 1));
  EXPECT_EQ(problems(load(std::string("name: n\ninclude: [p0.yaml]\n") + task_a)),
            "p14.yaml:1:11: more than 16 files inside each other; make it flatter\n");
}

TEST_F(IncludesTest, TheNumberOfFilesIsLimited) {
  // Each includes the next twice, with other parameters: 2^12 files without a limit.
  for (int i = 0; i < 12; ++i) {
    write(fmt::format("p{}.yaml", i), fmt::format("parameters: {{w: {{default: x}}}}\ninclude:\n"
                                                  "  - {{file: p{0}.yaml, parameters: {{w: \"{{{{ parameters.w }}}}1\"}}}}\n"
                                                  "  - {{file: p{0}.yaml, parameters: {{w: \"{{{{ parameters.w }}}}2\"}}}}\n",
                                                  i + 1));
  }
  write("p12.yaml", "parameters: {w: string}\n");
  const auto loaded = load(std::string("name: n\ninclude: [p0.yaml]\n") + task_a);
  ASSERT_FALSE(loaded);
  EXPECT_NE(problems(loaded).find("more than 256 files are included"), std::string::npos) << problems(loaded);
}

TEST_F(IncludesTest, TheSizeOfAllTogetherIsLimited) {
  const std::string megabytes(3 << 20, ' ');
  std::string text = "name: n\ninclude:\n";
  for (int i = 0; i < 6; ++i) {
    write(fmt::format("p{}.yaml", i), "description: x\n" + megabytes + "\n");
    text += fmt::format("  - p{}.yaml\n", i);
  }
  EXPECT_EQ(problems(load(text + task_a)),
            "flow.yaml:8:5: the files that are included are larger than 16 MiB together; keep data in files of its own\n");
}

TEST_F(IncludesTest, WhatParametersBringIsLimitedToo) {
  std::string part = "parameters: {w: string}\ntasks:\n";
  for (int i = 0; i < 200; ++i)
    part += fmt::format("  - {{name: t{}, agent_name: local, action: t, description: \"{{{{ parameters.w }}}}\"}}\n", i);
  write("part.yaml", part);
  EXPECT_EQ(problems(load("name: n\ninclude:\n  - {file: part.yaml, parameters: {w: " + std::string(200'000, 'x') + "}}\n")),
            "flow.yaml:3:5: the files that are included are larger than 16 MiB together; keep data in files of its own\n");
}

TEST_F(IncludesTest, TextsWithoutAFolderCannotInclude) {
  const auto loaded = load_workflow_text(std::string("name: n\ninclude: [a.yaml]\n") + task_a, "text", Format::yaml);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(to_string(loaded.error().front()),
            "text:2:10: files cannot be included here, because there is no folder to start from; write out what they hold");
}

TEST_F(IncludesTest, DocumentsOfTheBuilderIncludeFromAFolder) {
  write("part.yaml", task_a);
  const Json document(JsonObject{{"name", "n"}, {"include", JsonArray{Json("part.yaml")}}});
  const auto loaded = load_workflow_document(document, folder_.path());
  ASSERT_TRUE(loaded) << problems(loaded);
  write("part.yaml", "tasks: [{name: a, agent_name: none, action: t}]\n");
  const auto wrong = load_workflow_document(document, folder_.path());
  ASSERT_FALSE(wrong);
  EXPECT_EQ(problems(wrong), "part.yaml:1:31: Task 'a' references undefined agent 'none'; declare it under 'agents'\n");
}

}  // namespace
}  // namespace skein::config
