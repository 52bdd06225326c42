#include "cli/gantt.hpp"

#include <gtest/gtest.h>

#include "support/definitions.hpp"

namespace skein::cli {
namespace {

using namespace workflow;

constexpr Instant t0{seconds{1'000'000}};

struct GanttTest : ::testing::Test {
  std::shared_ptr<Definition> definition = skein::testing::make_definition({{.name = "fetch"}, {.name = "each"}, {.name = "never"}});
  Gantt gantt{*definition};

  void at(int second, EventBody body) { gantt.apply({.at = t0 + seconds{second}, .body = std::move(body)}); }
  std::string drawn(int now, std::size_t width = 27) const {
    std::string out;
    for (const auto& line : gantt.lines(width, false, false, t0 + seconds{now})) out += line + "\n";
    return out;
  }
};

TEST_F(GanttTest, ShowsAttemptsThatFailedAndWaits) {
  at(0, RunCreated{});
  at(0, AttemptStarted{.attempt = {.task = 0}});
  at(4, AttemptFailed{.attempt = {.task = 0}, .retry_at = t0 + seconds{8}});
  at(8, AttemptStarted{.attempt = {.task = 0, .attempt = 2}});
  at(12, TaskCompleted{.attempt = {.task = 0, .attempt = 2}});
  at(12, ItemsListed{.task = 1, .items = std::make_shared<const Json>(JsonArray{1, 2})});
  at(12, AttemptStarted{.attempt = {.task = 1, .item = 0}});
  at(14, TaskFailed{.attempt = {.task = 1, .item = 0}});
  at(20, ItemsEnded{.task = 1, .error = Error{}});
  at(20, RunFinished{});
  EXPECT_EQ(drawn(99, 28),
            "fetch    |xxxx..#####\n"
            "each [2] |          xxxxxxx\n"
            "          0           20.0s\n"
            "          # works  x fails  . waits\n")
      << drawn(99, 28);
}

TEST_F(GanttTest, WhatHasNotEndedGoesOnUntilNow) {
  at(0, RunCreated{});
  at(0, ApprovalRequested{.task = 0});
  at(5, ApprovalGiven{.task = 0});
  at(5, AttemptStarted{.attempt = {.task = 0, .activation = 3}});
  EXPECT_EQ(drawn(10, 20).substr(0, drawn(10, 20).find('\n')), "fetch ×3 |.....#####");
  at(6, TaskCancelled{.task = 0});
  at(6, TaskFailed{.attempt = {.task = 1, .attempt = 0}});
  at(7, RunFinished{});
  at(8, CompensationStarted{});
  EXPECT_NE(drawn(10).find("each"), std::string::npos);
}

TEST_F(GanttTest, ARunThatNeverBeganHasOnlyAnAxis) {
  at(0, RunCreated{});
  EXPECT_EQ(drawn(0).find('|'), std::string::npos);
}

}  // namespace
}  // namespace skein::cli
