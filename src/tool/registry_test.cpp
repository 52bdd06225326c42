#include "tool/registry.hpp"

#include <gtest/gtest.h>

namespace skein::tool {
namespace {

class Named final : public Tool {
 public:
  explicit Named(std::string name, Json parameters = JsonObject{{"type", "object"}}) {
    spec_.name = std::move(name);
    spec_.parameters = std::move(parameters);
  }
  [[nodiscard]] const Spec& spec() const override { return spec_; }
  [[nodiscard]] asio::awaitable<Outcome> call(const Call&, const Services&) const override { co_return Outcome::ok(Json(spec_.name)); }

 private:
  Spec spec_;
};

struct ToolRegistry : ::testing::Test {
  ToolRegistry() {
    for (const auto* name : {"read_file", "db_query", "db_list", "calculator"}) EXPECT_TRUE(registry.add(std::make_shared<Named>(name)));
  }
  std::string chosen(std::vector<std::string> patterns) const {
    const auto tools = registry.select(patterns);
    if (!tools) return tools.error().message;
    std::string names;
    for (const auto& tool : *tools) names += tool->spec().name + " ";
    return names;
  }
  Registry registry;
};

TEST_F(ToolRegistry, ToolsAreSelectedByNameAndPattern) {
  EXPECT_EQ(chosen({"read_file", "db_*", "read*"}), "db_list db_query read_file ");
  EXPECT_EQ(chosen({"*"}), "calculator db_list db_query read_file ");
  EXPECT_EQ(chosen({"*_*e*"}), "db_query read_file ");
  EXPECT_EQ(chosen({}), "");
  EXPECT_EQ(registry.all().size(), 4U);
}

TEST_F(ToolRegistry, WhatSelectsNothingIsAnErrorWithASuggestion) {
  EXPECT_EQ(chosen({"calculater"}), "there is no tool 'calculater'; did you mean 'calculator'? `skein tools list` shows all");
  EXPECT_EQ(registry.find("nothing"), nullptr);
  EXPECT_EQ(registry.find("db_list")->spec().name, "db_list");
}

TEST_F(ToolRegistry, NamesAndSchemasAreChecked) {
  EXPECT_FALSE(registry.add(std::make_shared<Named>("")));
  EXPECT_FALSE(registry.add(std::make_shared<Named>("read file")));
  EXPECT_FALSE(registry.add(std::make_shared<Named>(std::string(65, 'a'))));
  EXPECT_FALSE(registry.add(std::make_shared<Named>("list", JsonObject{{"type", "array"}})));
  EXPECT_FALSE(registry.add(std::make_shared<Named>("list", 7)));
}

TEST_F(ToolRegistry, ArgumentsThatDoNotFitAreSaidInWords) {
  Spec spec;
  spec.parameters = *parse_json(R"({"type":"object","properties":{"n":{"type":"integer","minimum":1}},"required":["n"]})");
  EXPECT_TRUE(misfits(spec, JsonObject{{"n", 2}}).empty());
  EXPECT_EQ(misfits(spec, JsonObject{{"n", 0}}),
            std::vector<std::string>{"'arguments.n' must be an integer, at least 1, got the number 0"});
  EXPECT_FALSE(misfits(spec, JsonObject{}).empty());
}

TEST_F(ToolRegistry, EffectsHaveNames) {
  EXPECT_EQ(to_string(Effect::pure), "pure");
  EXPECT_EQ(to_string(Effect::idempotent), "idempotent");
  EXPECT_EQ(to_string(Effect::effect), "effect");
}

}  // namespace
}  // namespace skein::tool
