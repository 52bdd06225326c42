#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "config/config.hpp"
#include "config/validate.hpp"
#include "support/test_files.hpp"

// Files of rubbish: checks that say so much and no more.
namespace skein::config {
namespace {

/// Tasks t0, t1, …
WorkflowSpec tasks(std::size_t count) {
  WorkflowSpec spec;
  for (std::size_t i = 0; i < count; ++i) spec.tasks.emplace_back().name = fmt::format("t{}", i);
  return spec;
}

std::size_t circles(std::size_t count) {
  auto spec = tasks(count);
  for (auto& task : spec.tasks) task.depends_on = {task.name};
  const Names names(spec);
  const EdgeGraphs edges(spec, names);
  describe::Problems problems;
  check_cycles(spec, Graph(spec, names, edges), problems);
  return problems.size();
}

TEST(Limits, SoManyCirclesAreFoundAndNoMore) {
  EXPECT_EQ(circles(3), 3U);
  EXPECT_EQ(circles(max_reported_cycles + 5), max_reported_cycles);
}

std::size_t loops(std::size_t count) {
  auto spec = tasks(count);
  for (const auto& task : spec.tasks) {
    auto& edge = spec.edges.emplace_back();
    edge.from = edge.to = task.name;
    edge.when.source = "{{ true }}";
  }
  const Names names(spec);
  describe::Problems problems;
  check_edges(spec, names, EdgeGraphs(spec, names), problems);
  return static_cast<std::size_t>(
      std::ranges::count_if(problems, [](const describe::Problem& one) { return one.message.starts_with("Loop without a bound"); }));
}

TEST(Limits, SoManyLoopsAreFoundAndNoMore) {
  EXPECT_EQ(loops(3), 3U);
  EXPECT_EQ(loops(max_reported_cycles + 5), max_reported_cycles);
}

TEST(Limits, WorkflowsStandInsideEachOtherSoDeepAndNoDeeper) {
  const skein::testing::Folder folder;
  const auto name = [](int i) { return fmt::format("w{}.yaml", i); };
  constexpr int deep = 40;
  for (int i = 0; i < deep; ++i) {
    const auto agents =
        i + 1 < deep ? fmt::format("agents: [{{name: next, type: workflow, workflow: {}}}]\n", name(i + 1)) : std::string("agents: []\n");
    folder.write(name(i), fmt::format("name: w{}\n{}tasks: [{{name: t, agent_name: local, action: transform}}]\n", i, agents));
  }
  const auto loaded = load_workflow_file(folder.at(name(0)));
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().front().message.find("workflows inside each other; make it flatter"), std::string::npos)
      << loaded.error().front().message;
}

}  // namespace
}  // namespace skein::config
