#include "http/admission.hpp"

#include <array>

#include <gtest/gtest.h>

namespace skein::http {
namespace {

using Transfers = std::vector<Admission::Transfer>;

class AdmissionTest : public ::testing::Test {
 protected:
  Admission::Transfer t(std::size_t number) { return &names[number]; }
  Admission admission;

 private:
  std::array<char, 8> names{};
};

TEST_F(AdmissionTest, OneAtATimeLooksForAConnection) {
  EXPECT_TRUE(admission.ask("a", t(0)));
  EXPECT_FALSE(admission.ask("a", t(1)));
  EXPECT_FALSE(admission.ask("a", t(2)));
  EXPECT_TRUE(admission.admitted().empty());
  admission.connected(t(0), Admission::Kind::shared);
  EXPECT_EQ(admission.admitted(), Transfers{t(1)});
  EXPECT_FALSE(admission.ask("a", t(3)));
  admission.connected(t(1), Admission::Kind::shared);
  EXPECT_EQ(admission.admitted(), Transfers{t(2)});
  admission.connected(t(2), Admission::Kind::shared);
  EXPECT_EQ(admission.admitted(), Transfers{t(3)});
}

TEST_F(AdmissionTest, OriginsDoNotWaitForEachOther) {
  EXPECT_TRUE(admission.ask("a", t(0)));
  EXPECT_TRUE(admission.ask("b", t(1)));
}

TEST_F(AdmissionTest, NobodyWaitsWhereConnectionsCannotBeShared) {
  EXPECT_TRUE(admission.ask("a", t(0)));
  EXPECT_FALSE(admission.ask("a", t(1)));
  EXPECT_FALSE(admission.ask("a", t(2)));
  admission.connected(t(0), Admission::Kind::single);
  EXPECT_EQ(admission.admitted(), (Transfers{t(1), t(2)}));
  EXPECT_TRUE(admission.ask("a", t(3)));
  EXPECT_TRUE(admission.ask("a", t(4)));
}

TEST_F(AdmissionTest, TheNextOneLooksWhereTheFirstEndsWithoutAConnection) {
  EXPECT_TRUE(admission.ask("a", t(0)));
  EXPECT_FALSE(admission.ask("a", t(1)));
  EXPECT_FALSE(admission.ask("a", t(2)));
  admission.gone(t(0));
  EXPECT_EQ(admission.admitted(), Transfers{t(1)});
  admission.gone(t(1));
  EXPECT_EQ(admission.admitted(), Transfers{t(2)});
}

TEST_F(AdmissionTest, WhoGivesUpIsNotAdmitted) {
  EXPECT_TRUE(admission.ask("a", t(0)));
  EXPECT_FALSE(admission.ask("a", t(1)));
  EXPECT_FALSE(admission.ask("a", t(2)));
  admission.gone(t(1));
  admission.connected(t(0), Admission::Kind::shared);
  EXPECT_EQ(admission.admitted(), Transfers{t(2)});
  EXPECT_FALSE(admission.ask("a", t(3)));
  admission.connected(t(2), Admission::Kind::shared);
  admission.gone(t(3));  // admitted, and not begun yet
  EXPECT_TRUE(admission.admitted().empty());
}

TEST_F(AdmissionTest, WhatAnOriginSpeaksIsForgottenWithItsLastTransfer) {
  EXPECT_TRUE(admission.ask("a", t(0)));
  admission.connected(t(0), Admission::Kind::single);
  admission.gone(t(0));
  EXPECT_TRUE(admission.empty());
  EXPECT_TRUE(admission.ask("a", t(0)));
  EXPECT_FALSE(admission.ask("a", t(1)));
  admission.gone(t(0));
  EXPECT_EQ(admission.admitted(), Transfers{t(1)});
  admission.gone(t(1));
  EXPECT_TRUE(admission.empty());
}

}  // namespace
}  // namespace skein::http
