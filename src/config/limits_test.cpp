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

std::size_t told(const std::string& text, std::string_view what) {
  const auto loaded = load_workflow_text(text, "w.yaml", Format::yaml);
  EXPECT_FALSE(loaded);
  if (loaded) return 0;
  const auto speaks_of = [&](const Problem& problem) { return problem.message.find(what) != std::string::npos; };
  return static_cast<std::size_t>(std::ranges::count_if(loaded.error(), speaks_of));
}

std::string tasks(std::size_t count, std::string_view more) {
  std::string out = "name: w\ntasks:\n";
  for (std::size_t i = 0; i < count; ++i)
    out += fmt::format("  - {{name: t{0}, agent_name: local, action: transform{1}}}\n", i, fmt::format(fmt::runtime(more), i));
  return out;
}

TEST(Limits, SoManyCirclesAreShownAndNoMore) {
  EXPECT_EQ(told(tasks(max_reported_cycles - 1, ", depends_on: [t{}]"), "Circular dependency"), max_reported_cycles - 1);
  EXPECT_EQ(told(tasks(max_reported_cycles + 5, ", depends_on: [t{}]"), "Circular dependency"), max_reported_cycles);
}

TEST(Limits, SoManyLoopsAreShownAndNoMore) {
  auto text = tasks(max_reported_cycles + 5, "") + "edges:\n";
  for (std::size_t i = 0; i < max_reported_cycles + 5; ++i) text += fmt::format("  - {{from: t{0}, to: t{0}, when: \"{{{{ 1 }}}}\"}}\n", i);
  EXPECT_EQ(told(text, "Loop without a bound"), max_reported_cycles);
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
