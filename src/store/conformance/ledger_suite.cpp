#include <thread>

#include "store/conformance/support.hpp"

// What is spent over runs and processes.
namespace skein::store::conformance {
namespace {

constexpr ChargeLimits hundred{.tokens = 100, .nano_dollars = std::nullopt};

TEST_P(StoreConformance, WhatIsReservedIsSpentUntilItIsSettled) {
  ASSERT_TRUE(store_->reserve("day/a", "k1", {.tokens = 60, .nano_dollars = 6}, hundred)->granted);
  const auto refused = store_->reserve("day/a", "k2", {.tokens = 50}, hundred);
  EXPECT_FALSE(refused->granted);
  EXPECT_EQ(refused->before, (Account{.settled = {}, .reserved = {.tokens = 60, .nano_dollars = 6}}));
  const auto settled = store_->settle("day/a", "k1", {.tokens = 10, .nano_dollars = 1});
  EXPECT_EQ(settled->before, Charge{});
  EXPECT_EQ(settled->after, (Charge{.tokens = 10, .nano_dollars = 1}));
  EXPECT_TRUE(store_->reserve("day/a", "k2", {.tokens = 90}, hundred)->granted) << "up to the limit";
  EXPECT_EQ(*store_->account("day/a"), (Account{.settled = {.tokens = 10, .nano_dollars = 1}, .reserved = {.tokens = 90}}));
  EXPECT_EQ(*store_->account("day/b"), Account{});
}

TEST_P(StoreConformance, EachLimitOfAnAccountHolds) {
  const ChargeLimits both{.tokens = 1000, .nano_dollars = 10};
  EXPECT_FALSE(store_->reserve("a", "k", {.tokens = 1, .nano_dollars = 11}, both)->granted);
  EXPECT_FALSE(store_->reserve("a", "k", {.tokens = 1001, .nano_dollars = 1}, both)->granted);
  EXPECT_FALSE(store_->reserve("a", "k", {.tokens = ~std::uint64_t{0}, .nano_dollars = 1}, both)->granted);
  EXPECT_TRUE(store_->reserve("a", "k", {.tokens = 1000, .nano_dollars = 10}, both)->granted);
  EXPECT_TRUE(store_->reserve("b", "k", {.tokens = 5000, .nano_dollars = 50}, {})->granted) << "no limit";
}

TEST_P(StoreConformance, TheSameCallIsReservedOnce) {
  ASSERT_TRUE(store_->reserve("a", "k", {.tokens = 80}, hundred)->granted);
  EXPECT_TRUE(store_->reserve("a", "k", {.tokens = 80}, hundred)->granted);
  EXPECT_EQ(store_->account("a")->reserved.tokens, 80U);
  EXPECT_TRUE(store_->reserve("b", "k", {.tokens = 80}, hundred)->granted) << "another account's keys are others";
}

TEST_P(StoreConformance, WhatWasSettledAndIsAskedForAgainIsSpentTwice) {
  ASSERT_TRUE(store_->reserve("a", "k", {.tokens = 50}, hundred)->granted);
  ASSERT_TRUE(store_->settle("a", "k", {.tokens = 40}));
  ASSERT_TRUE(store_->reserve("a", "k", {.tokens = 50}, hundred)->granted) << "its answer was lost with its process";
  EXPECT_EQ(store_->settle("a", "k", {.tokens = 40})->after.tokens, 80U);
  EXPECT_EQ(store_->settle("a", "unknown", {.tokens = 5})->after.tokens, 85U);
}

TEST_P(StoreConformance, ReservationsOutliveTheirOwner) {
  ASSERT_TRUE(store_->reserve("a", "k", {.tokens = 80}, hundred)->granted);
  store_->close();
  EXPECT_FALSE(store_->reserve("a", "k2", {.tokens = 1}, hundred));
  const auto other = database_->open();
  EXPECT_FALSE(other->reserve("a", "k2", {.tokens = 30}, hundred)->granted);
  EXPECT_TRUE(other->reserve("a", "k", {.tokens = 80}, hundred)->granted);
  EXPECT_EQ(other->settle("a", "k", {.tokens = 10})->after.tokens, 10U);
  EXPECT_TRUE(other->reserve("a", "k2", {.tokens = 30}, hundred)->granted);
}

TEST_P(StoreConformance, AccountsAreForgottenByTheirNames) {
  ASSERT_TRUE(store_->settle("day 2026-03-29 a", "k", {.tokens = 1}));
  ASSERT_TRUE(store_->reserve("day 2026-03-29 b", "k", {.tokens = 1}, hundred)->granted);
  ASSERT_TRUE(store_->settle("day 2026-03-30 a", "k", {.tokens = 2}));
  ASSERT_TRUE(store_->reserve("day 2026-03-30 a", "k2", {.tokens = 3}, hundred)->granted);
  ASSERT_TRUE(store_->settle("other", "k", {.tokens = 4}));
  EXPECT_FALSE(store_->reserve("day 2026-03-29 c", "k", {.tokens = 101}, hundred)->granted) << "makes no account";
  EXPECT_EQ(*store_->forget_accounts("day ", "day 2026-03-30", true), 2U);
  EXPECT_EQ(store_->account("day 2026-03-29 a")->settled.tokens, 1U) << "only counted";
  EXPECT_EQ(*store_->forget_accounts("day ", "day 2026-03-30", false), 2U);
  EXPECT_EQ(*store_->forget_accounts("day ", "day 2026-03-30", false), 0U);
  EXPECT_EQ(*store_->account("day 2026-03-29 a"), Account{});
  EXPECT_EQ(*store_->account("day 2026-03-29 b"), Account{});
  EXPECT_EQ(*store_->account("day 2026-03-30 a"), (Account{.settled = {.tokens = 2}, .reserved = {.tokens = 3}}));
  EXPECT_EQ(store_->account("other")->settled.tokens, 4U);
  EXPECT_EQ(*store_->forget_accounts("z", "a", false), 0U);
  store_->close();
  EXPECT_FALSE(store_->forget_accounts("day ", "day 9", false));
}

TEST_P(StoreConformance, ManyOwnersAtOnceStayWithinALimit) {
  constexpr int owners = 3;
  constexpr int calls = 20;
  std::vector<std::unique_ptr<RunStore>> stores;
  for (int i = 0; i < owners; ++i) stores.push_back(database_->open());
  std::vector<std::thread> threads;
  for (int i = 0; i < owners; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < calls; ++j) {
        const auto key = std::to_string(i) + "/" + std::to_string(j);
        const auto reserved = stores[static_cast<std::size_t>(i)]->reserve("a", key, {.tokens = 7}, hundred);
        EXPECT_TRUE(reserved);
        if (reserved && reserved->granted && j % 2 == 0) EXPECT_TRUE(stores[static_cast<std::size_t>(i)]->settle("a", key, {.tokens = 3}));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto account = store_->account("a");
  EXPECT_LE(account->settled.tokens + account->reserved.tokens, 100U);
  EXPECT_GT(account->settled.tokens + account->reserved.tokens, 93U);
}

}  // namespace
}  // namespace skein::store::conformance
