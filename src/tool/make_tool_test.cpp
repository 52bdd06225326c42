#include <gtest/gtest.h>

#include "tool/function_tool.hpp"
#include "tool/tool_test_bench.hpp"

namespace skein::tool {
namespace {

ToolFunction echo() {
  ToolFunction out;
  out.name = "echo";
  out.description = "Says what it got";
  out.parameters = parse_json(R"({"type": "object", "properties": {"a": {"type": "integer"}}})").value();
  out.options = {.effect = ToolEffect::idempotent, .timeout = seconds{60}};
  out.call = [](const Json& arguments, const ToolCall& call) -> Result<ToolAnswer> {
    return ToolAnswer{Json(to_json(arguments) + call.idempotency_key + call.run_id + call.agent), {"source"}};
  };
  return out;
}

TEST(MakeTool, TheLoopSeesWhatWasRegistered) {
  const auto tool = unwrap(make_tool(echo()));
  EXPECT_EQ(tool->spec().name, "echo");
  EXPECT_EQ(tool->spec().description, "Says what it got");
  EXPECT_EQ(tool->spec().effect, Effect::idempotent);
  EXPECT_EQ(tool->spec().timeout, milliseconds{60'000});
  Registry registry;
  EXPECT_TRUE(registry.add(tool));
  auto pure = echo();
  pure.options.effect = ToolEffect::pure;
  EXPECT_EQ(unwrap(make_tool(std::move(pure)))->spec().effect, Effect::pure);
  EXPECT_EQ(unwrap(make_tool({}))->spec().effect, Effect::effect);
}

TEST(MakeTool, TheFunctionSeesTheCall) {
  testing::Bench bench;
  const auto tool = unwrap(make_tool(echo()));
  const auto outcome = bench.call(*tool, R"({"a": 1})");
  EXPECT_EQ(testing::said(outcome), R"(ok: {"a":1}keyrunagent)");
  EXPECT_EQ(outcome.sources, std::vector<std::string>{"source"});
}

TEST(MakeTool, WrapAndUnwrapAreInverse) {
  const auto tool = unwrap(make_tool(echo()));
  EXPECT_EQ(unwrap(wrap(tool)), tool);
}

}  // namespace
}  // namespace skein::tool
