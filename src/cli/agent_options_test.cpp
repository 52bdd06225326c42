#include "cli/agent_options.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/config.hpp"

namespace skein::cli {
namespace {

class AgentOptionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "skein-agent-options-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string& name, std::string_view content) {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }
  static std::string message(const AgentOptions& options, std::string_view usual = "") {
    const auto agent = agent_of(options, {}, usual);
    return agent ? "" : agent.error().message;
  }
  std::filesystem::path folder_;
};

TEST_F(AgentOptionsTest, EverythingThatCanBeSaidMakesAValidWorkflow) {
  const AgentOptions options{.model = "test-free/x",
                             .tools = {"calculator"},
                             .instructions = "Use {{braces}} as they are.",
                             .system_file = {},
                             .role = "a {{clerk}}",
                             .max_turns = 5,
                             .budget_cost = "$0.50",
                             .budget_tokens = 1000,
                             .output_schema = file("s.json", R"({"type":"object","properties":{"a":{"description":"{{x}}"}}})"),
                             .images = {}};
  auto changed = options;
  changed.model = "openai/gpt-4o";
  auto agent = agent_of(changed, {}, "");
  ASSERT_TRUE(agent) << agent.error().message;
  const Json document = workflow_of(std::move(*agent), true, nullptr);
  const auto loaded = config::load_workflow_document(document);
  ASSERT_TRUE(loaded) << config::to_string(loaded.error().front());
  const auto& made = loaded->definition->agents.at(0);
  EXPECT_EQ(made.budget.tokens, 1000U);
  EXPECT_EQ(made.budget.nano_dollars, 500'000'000U);
  ASSERT_EQ(loaded->definition->inputs.size(), 2U);
  EXPECT_NE(message(options).find("there is no provider"), std::string::npos);
}

TEST_F(AgentOptionsTest, TheModelComesFromTheOptionTheFileOrTheEnvironment) {
  const auto model = [](const AgentOptions& options, JsonObject base, std::string_view usual) {
    const auto agent = agent_of(options, std::move(base), usual);
    return agent ? std::string(agent->at("model").get_string()) : agent.error().message;
  };
  const JsonObject base{{"name", "a"}, {"type", "ai_agent"}, {"model", "ollama/a"}};
  EXPECT_EQ(model({.model = "ollama/b"}, base, "ollama/c"), "ollama/b");
  EXPECT_EQ(model({}, base, "ollama/c"), "ollama/a");
  EXPECT_EQ(model({}, {}, "ollama/c"), "ollama/c");
  EXPECT_NE(model({}, {}, "").find("set SKEIN_MODEL"), std::string::npos);
  EXPECT_NE(model({.model = "gpt-4o"}, {}, "").find("did you mean 'openai/gpt-4o'"), std::string::npos);
}

TEST_F(AgentOptionsTest, MistakesSayWhatToWrite) {
  const auto with = [](auto change) {
    AgentOptions options{.model = "ollama/a"};
    change(options);
    return message(options);
  };
  EXPECT_NE(with([](auto& o) { o.budget_cost = "cheap"; }).find("such as 0.50, not 'cheap'"), std::string::npos);
  EXPECT_NE(with([](auto& o) { o.budget_cost = "0"; }).find("above 0"), std::string::npos);
  EXPECT_NE(with([](auto& o) { o.system_file = "/nowhere"; }).find("--system-file: /nowhere cannot be read"), std::string::npos);
  EXPECT_NE(with([](auto& o) { o.system_file = "a", o.instructions = "b"; }).find("keep one"), std::string::npos);
  EXPECT_NE(with([this](auto& o) { o.output_schema = file("l.json", "[]"); }).find("instead of a JSON Schema"), std::string::npos);
  EXPECT_NE(with([this](auto& o) { o.output_schema = file("b.json", "{"); }).find("--output-schema"), std::string::npos);
}

TEST_F(AgentOptionsTest, PicturesAreAddressesOrFiles) {
  using namespace std::string_literals;
  const auto images = read_images({"https://example.org/a.png", file("a.bin", "\x89PNG\r\n\x1a\nrest"s)});
  ASSERT_TRUE(images);
  EXPECT_EQ(images->at(0), Json("https://example.org/a.png"));
  EXPECT_TRUE(images->at(1).get_string().starts_with("data:image/png;base64,iVBORw0KGgpyZXN0"));
  const auto text = read_images({file("a.png", "no picture")});
  ASSERT_FALSE(text);
  EXPECT_NE(text.error().message.find("PNG, JPEG, GIF and WebP"), std::string::npos);
}

TEST_F(AgentOptionsTest, AnAgentOfAFileIsChosen) {
  const auto document =
      parse_json(R"({"agents": [{"name": "glue", "type": "local"}, {"name": "writer", "type": "ai_agent", "model": "ollama/a"},
                                                  {"name": "editor", "type": "ai_agent", "model": "ollama/b"}]})");
  const auto choose = [&](std::string_view name) {
    const auto agent = choose_agent(*document, name, "f.yaml");
    return agent ? std::string(agent->at("model").get_string()) : agent.error().message;
  };
  EXPECT_EQ(choose("editor"), "ollama/b");
  EXPECT_EQ(choose(""), "f.yaml has several agents with a model; say which with --agent: writer or editor");
  EXPECT_EQ(choose("editr"), "f.yaml has no agent 'editr'; did you mean 'editor'?");
  EXPECT_NE(choose("glue").find("has no model"), std::string::npos);
  EXPECT_FALSE(choose_agent(Json(JsonObject{}), "", "f.yaml"));
}

}  // namespace
}  // namespace skein::cli
