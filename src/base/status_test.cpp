#include <skein/status.hpp>

#include <gtest/gtest.h>

namespace skein {
namespace {

TEST(RunStatusNames, RoundTripAndOnlyTheLastFourAreFinal) {
  for (int i = 0; i <= static_cast<int>(RunStatus::cancelled); ++i) {
    const auto status = static_cast<RunStatus>(i);
    EXPECT_EQ(run_status_from(to_string(status)), status);
    EXPECT_EQ(is_final(status), i >= 3) << to_string(status);
  }
  EXPECT_FALSE(run_status_from("done"));
}

TEST(TaskStatusNames, RoundTripAndTheEndedOnesAreFinal) {
  for (int i = 0; i <= static_cast<int>(TaskStatus::compensated); ++i) {
    const auto status = static_cast<TaskStatus>(i);
    EXPECT_EQ(task_status_from(to_string(status)), status);
    EXPECT_EQ(is_final(status), i >= 4) << to_string(status);
  }
  EXPECT_FALSE(task_status_from("done"));
}

}  // namespace
}  // namespace skein
