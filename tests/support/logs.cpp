#include "support/logs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <mutex>

namespace skein::testing {
namespace {

/// A test may log for hours; the end of it tells most.
constexpr std::size_t most_lines = 200;

struct Kept {
  std::mutex mutex;
  std::deque<std::string> lines;
  std::size_t dropped = 0;
};

Kept& kept() {
  static Kept instance;
  return instance;
}

void keep(log::Level /*level*/, std::string_view line) {
  auto& all = kept();
  const std::lock_guard lock(all.mutex);
  all.lines.emplace_back(line);
  if (all.lines.size() <= most_lines) return;
  all.lines.pop_front();
  ++all.dropped;
}

class Quiet final : public ::testing::EmptyTestEventListener {
  void OnTestStart(const ::testing::TestInfo& /*info*/) override {
    log::configure(log::Level::warning, log::Format::text);
    log::redirect(keep);
    auto& all = kept();
    const std::lock_guard lock(all.mutex);
    all.lines.clear();
    all.dropped = 0;
  }

  void OnTestEnd(const ::testing::TestInfo& info) override {
    log::redirect(nullptr);
    auto& all = kept();
    const std::lock_guard lock(all.mutex);
    if (!info.result()->Failed() || all.lines.empty()) return;
    std::fprintf(stderr, "what it logged%s:\n", all.dropped > 0 ? ", the end of it" : "");
    for (const auto& line : all.lines) std::fprintf(stderr, "  %s\n", line.c_str());
  }
};

}  // namespace

std::vector<std::string> logged() {
  auto& all = kept();
  const std::lock_guard lock(all.mutex);
  return {all.lines.begin(), all.lines.end()};
}

std::size_t logged(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(logged(), [&](const std::string& line) { return line.contains(text); }));
}

}  // namespace skein::testing

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  ::testing::UnitTest::GetInstance()->listeners().Append(new skein::testing::Quiet);
  return RUN_ALL_TESTS();
}
