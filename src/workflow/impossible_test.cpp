#include "workflow/impossible.hpp"

#include <gtest/gtest.h>

namespace skein::workflow {
namespace {

TEST(Impossible, IsARefusalOfAJournalAndABugOfAProgram) {
  const Result<void> refused = impossible("nothing ran");
  EXPECT_EQ(refused.error().message, "the journal cannot be right: nothing ran");
  EXPECT_EQ(refused.error().code, ErrorCode::internal);
  EXPECT_THROW(must_follow(refused), std::logic_error);
  EXPECT_NO_THROW(must_follow({}));
}

}  // namespace
}  // namespace skein::workflow
