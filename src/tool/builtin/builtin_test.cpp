#include "tool/builtin/builtin.hpp"

#include <gtest/gtest.h>

#include "tool/tool_test_bench.hpp"

namespace skein::tool {
namespace {

using testing::Bench;
using testing::said;

TEST(Builtin, AllCanBeRegistered) {
  Registry registry;
  const auto tools = builtin_tools({});
  ASSERT_TRUE(tools);
  std::string names;
  for (const auto& tool : *tools) {
    EXPECT_TRUE(registry.add(tool)) << tool->spec().name;
    EXPECT_FALSE(tool->spec().description.empty());
    EXPECT_EQ(tool->spec().effect, Effect::pure);
    names += tool->spec().name + " ";
  }
  EXPECT_EQ(names, "ask_human calculator current_time read_file ");
}

TEST(Builtin, APersonIsAskedByRunsOnly) {
  Bench bench;
  EXPECT_TRUE(ask_human()->spec().asks_person);
  EXPECT_EQ(said(bench.call(*ask_human(), R"({"question": "Which?"})")),
            "failed: a person can be asked only by an agent that works on a task of a run");
}

TEST(Builtin, CalculatorAnswersANumber) {
  Bench bench;
  EXPECT_EQ(said(bench.call(*calculator(), R"({"expression": "(1200 - 350) * 2"})")), "ok: 1700");
  EXPECT_EQ(said(bench.call(*calculator(), R"({"expression": "1 / 0"})")),
            "failed: cannot compute '1 / 0': at character 3: division by zero");
  const auto tool = calculator();
  const auto& spec = tool->spec();
  EXPECT_EQ(misfits(spec, parse_json(R"({"expression": "1"})").value()), std::vector<std::string>{});
  EXPECT_EQ(misfits(spec, parse_json(R"({"expression": 1})").value()).size(), 1U);
  EXPECT_EQ(misfits(spec, parse_json(R"({"expression": "1", "more": 1})").value()).size(), 1U);
}

TEST(Builtin, CurrentTimeAsksTheClock) {
  Bench bench;
  EXPECT_EQ(said(bench.call(*current_time(), "{}")), R"(ok: {"utc":"2023-11-14T22:13:20.000Z","weekday":"Tuesday","unix":1700000000})");
}

}  // namespace
}  // namespace skein::tool
