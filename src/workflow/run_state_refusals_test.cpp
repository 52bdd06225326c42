#include <gtest/gtest.h>

#include "workflow/test_machine.hpp"

// Events of lists and attempts that cannot follow from what was folded before.
namespace skein::workflow {
namespace {

std::shared_ptr<Definition> lists() {
  const Json list = "{{ inputs.list }}";
  auto definition =
      testing::make_definition({{.name = "each", .for_each = list}, {"plain"}, {.name = "late", .needs = {"plain"}, .for_each = list}});
  definition->parallel_execution = true;
  return definition;
}

ItemsListed listed(TaskIndex task) { return {.task = task, .activation = 1, .items = json(JsonArray{1})}; }
ItemsEnded unlistable(TaskIndex task) { return {.task = task, .activation = 1, .error = broken(), .duration = {}}; }

TEST(Attempts, DifferWhereAnyMemberDoes) {
  const Attempt one{.task = 1, .activation = 2, .attempt = 3, .item = 4};
  EXPECT_EQ(one, (Attempt{.task = 1, .activation = 2, .attempt = 3, .item = 4}));
  EXPECT_NE(one, (Attempt{.task = 0, .activation = 2, .attempt = 3, .item = 4}));
  EXPECT_NE(one, (Attempt{.task = 1, .activation = 0, .attempt = 3, .item = 4}));
  EXPECT_NE(one, (Attempt{.task = 1, .activation = 2, .attempt = 0, .item = 4}));
  EXPECT_NE(one, (Attempt{.task = 1, .activation = 2, .attempt = 3, .item = 0}));
}

TEST(RunStateRefusals, ListsThatAreNoLists) {
  Machine m(lists());
  m.must_not(ItemsListed{.task = 0, .activation = 1, .items = nullptr});
  m.must_not(ItemsListed{.task = 0, .activation = 1, .items = json(JsonObject{})});
}

TEST(RunStateRefusals, ListsOutOfTurn) {
  Machine m(lists());
  m.must_not(listed(1));
  m.must_not(listed(2));
  m.must_not(ItemsListed{.task = 0, .activation = 2, .items = json(JsonArray{1})});
  m.list("each", 1);
  m.must_not(listed(0));
  m.stop();
  m.must_not(listed(0));
}

TEST(RunStateRefusals, ListsThatCouldNotBeMadeOutOfTurn) {
  Machine m(lists());
  m.must_not(unlistable(1));
  m.must_not(unlistable(2));
  m.must_not(ItemsEnded{.task = 0, .activation = 1, .error = {}, .duration = {}});
  m.must_not(ItemsEnded{.task = 0, .activation = 2, .error = broken(), .duration = {}});
  auto stopped = m;
  stopped.stop();
  stopped.must_not(unlistable(0));
  m.must({.at = t0, .body = unlistable(0)});
  EXPECT_EQ(m.status("each"), TaskStatus::failed);
  EXPECT_EQ(m.state.tasks()[0].result, nullptr);
}

TEST(RunStateRefusals, FailuresBeforeTheirTurn) {
  Machine m(testing::make_definition({{"first"}, {.name = "second", .needs = {"first"}}}));
  m.must_not(TaskFailed{.attempt = {.task = 1, .activation = 1, .attempt = 0}, .error = broken(), .duration = {}});
  m.must({.at = t0, .body = TaskFailed{.attempt = {.task = 0, .activation = 1, .attempt = 0}, .error = broken(), .duration = {}}});
  EXPECT_EQ(m.status("first"), TaskStatus::failed);
}

TEST(RunStateRefusals, ItemsThatAreNotThere) {
  Machine m(lists());
  const Attempt beyond{.task = 0, .activation = 1, .attempt = 1, .item = 5};
  for (const bool running : {false, true}) {
    if (running) m.list("each", 1);
    m.must_not(AttemptStarted{.attempt = beyond, .wake_at = {}, .signal = {}});
    m.must_not(TaskCompleted{.attempt = beyond, .result = json(1), .metadata = {}, .duration = {}});
    m.must_not(TaskFailed{.attempt = beyond, .error = broken(), .duration = {}});
  }
}

}  // namespace
}  // namespace skein::workflow
