#include "config/prompts.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "config/config.hpp"
#include "support/test_files.hpp"

namespace skein::config {
namespace {

namespace fs = std::filesystem;

class PromptsTest : public ::testing::Test {
 protected:
  PromptsTest() { fs::create_directories(folder_.path() / "prompts"); }
  /// Of a workflow whose only agent has these instructions.
  LoadResult load(std::string_view instructions) {
    folder_.write("flow.yaml",
                  fmt::format("name: n\ninputs: {{product: string}}\nagents:\n  - name: a\n    type: ai_agent\n    model: openai/x\n"
                              "    instructions: {}\ntasks: [{{name: t, agent_name: a, action: x}}]\n",
                              instructions));
    return load_workflow_file(folder_.path() / "flow.yaml");
  }
  std::string told(std::string_view instructions) {
    const auto loaded = load(instructions);
    if (!loaded) return problems(loaded);
    return std::string(loaded->definition->document.at_pointer("/agents/0/instructions").as_string());
  }
  std::string problems(const LoadResult& loaded) {
    std::string out;
    for (auto problem : loaded.error()) {
      problem.file = fs::path(problem.file).lexically_relative(folder_.path());
      out += (out.empty() ? "" : "\n") + to_string(problem);
    }
    return out;
  }
  skein::testing::Folder folder_;
};

constexpr auto support =
    "---\ndescription: For customers\nparameters:\n  tone: {type: string, default: friendly}\n  days: integer\n---\n"
    "Be {{ parameters.tone }}. Answer within {{ parameters.days }} days about {{ inputs.product }}.\n";

TEST_F(PromptsTest, TheTextOfAFileBecomesAPartOfTheWorkflow) {
  folder_.write("prompts/plain.md", "Be brief.\n--- is a line\n");
  EXPECT_EQ(told("{file: prompts/plain.md}"), "Be brief.\n--- is a line\n");
  const auto before = load("{file: prompts/plain.md}")->definition->hash;
  folder_.write("prompts/plain.md", "Be long.");
  EXPECT_NE(load("{file: prompts/plain.md}")->definition->hash, before);
}

TEST_F(PromptsTest, ParametersAreFilledInWithWhatIsGivenOrTheirDefaults) {
  folder_.write("prompts/support.md", support);
  EXPECT_EQ(told("{file: prompts/support.md, parameters: {days: 3}}"), "Be friendly. Answer within 3 days about {{ inputs.product }}.\n");
  EXPECT_EQ(told("{file: prompts/support.md, parameters: {days: 3, tone: \"{{ inputs.product }}\"}}"),
            "Be {{ inputs.product }}. Answer within 3 days about {{ inputs.product }}.\n");
}

TEST_F(PromptsTest, WhatIsGivenMustFit) {
  folder_.write("prompts/support.md", support);
  EXPECT_EQ(told("{file: prompts/support.md}"),
            "flow.yaml:7:19: prompts/support.md needs its parameter 'days': an integer; add it under 'parameters'");
  EXPECT_EQ(told("{file: prompts/support.md, parameters: {days: soon}}"),
            "flow.yaml:7:65: parameter 'days' must be an integer, got the string \"soon\"");
  EXPECT_EQ(told("{file: prompts/support.md, parameters: {days: 3, tune: x}}"),
            "flow.yaml:7:68: prompts/support.md has no parameter 'tune'; did you mean 'tone'?");
  EXPECT_EQ(told("{file: prompts/support.md, with: {days: 3}}").substr(0, 56), "flow.yaml:7:46: unknown key 'with' in prompt; the keys h");
}

TEST_F(PromptsTest, WhatIsWrongInTheFileIsToldThere) {
  folder_.write("prompts/a.md", "---\nparameters: {x: strin}\n---\ntext");
  EXPECT_EQ(told("{file: prompts/a.md}").substr(0, 18), "prompts/a.md:2:17:");
  folder_.write("prompts/a.md", "---\nparameters: {x: string}\n");
  EXPECT_EQ(told("{file: prompts/a.md}"), "prompts/a.md:1:1: what begins with '---' needs a second line '---' before the text; add it");
  folder_.write("prompts/a.md", "Be\nso {{ parameters.kind }}.");
  EXPECT_EQ(told("{file: prompts/a.md}").substr(0, 17), "prompts/a.md:2:7:");
  folder_.write("prompts/a.md", "Be\nso {{ 1 + }}.");
  EXPECT_EQ(told("{file: prompts/a.md}").substr(0, 15), "prompts/a.md:2:");
  folder_.write("prompts/a.md", "---\n---\n \n");
  EXPECT_NE(told("{file: prompts/a.md}").find("there is no text"), std::string::npos);
  folder_.write("prompts/a.md", "a\xff");
  EXPECT_EQ(told("{file: prompts/a.md}"), "prompts/a.md:1:1: the text is not valid UTF-8; save the file as UTF-8");
  folder_.write("prompts/a.md", std::string(max_prompt_bytes + 1, 'x'));
  EXPECT_NE(told("{file: prompts/a.md}").find("larger than 1024 KiB"), std::string::npos);
}

TEST_F(PromptsTest, AFileThatIsNotThereIsToldWhereItIsNamed) {
  EXPECT_EQ(told("{file: prompts/nosuch.md}"), "flow.yaml:7:26: prompts/nosuch.md: there is no such file; check the path");
  EXPECT_NE(told("{file: \"{{ inputs.product }}\"}").find("without expressions"), std::string::npos);
}

TEST_F(PromptsTest, WhatTheTextRefersToIsCheckedWithTheWorkflow) {
  folder_.write("prompts/a.md", "About {{ inputs.nosuch }}.");
  EXPECT_EQ(told("{file: prompts/a.md}"), "flow.yaml:7:19: there is no input 'nosuch'; declare it under 'inputs'");
}

TEST_F(PromptsTest, IncludedFilesNameThemFromTheirOwnFolder) {
  folder_.write("prompts/plain.md", "Be {{ parameters.how }}.");
  folder_.write("prompts/plain.md", "---\nparameters: {how: string}\n---\nBe {{ parameters.how }}.");
  folder_.write(
      "prompts/part.yaml",
      "parameters: {how: string}\nagents:\n  - {name: a, type: ai_agent, model: openai/x, instructions: {file: plain.md, parameters: "
      "{how: \"{{ parameters.how }}\"}}}\n");
  folder_.write("flow.yaml",
                "name: n\ninclude: [{file: prompts/part.yaml, parameters: {how: kind}}]\ntasks: [{name: t, agent_name: a, action: x}]\n");
  const auto loaded = load_workflow_file(folder_.path() / "flow.yaml");
  ASSERT_TRUE(loaded) << problems(loaded);
  EXPECT_EQ(loaded->definition->document.at_pointer("/agents/0/instructions"), Json("Be kind."));
}

TEST_F(PromptsTest, WithoutAFolderThereAreNoFiles) {
  const auto loaded = load_workflow_text(
      "name: n\nagents: [{name: a, type: ai_agent, model: openai/x, instructions: {file: a.md}}]\ntasks: [{name: t, agent_name: a, action: "
      "x}]\n",
      "w.yaml", Format::yaml);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().front().message.find("write the text itself"), std::string::npos);
}

}  // namespace
}  // namespace skein::config
