#include "workflow/driver/day_budget.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "store/memory/memory_run_store.hpp"
#include "support/flaky_store.hpp"
#include "support/thinker.hpp"
#include "workflow/driver/machine_call.hpp"

namespace skein::workflow {
namespace {

/// A machine whose only call costs so much.
class OneCall final : public agent::Machine {
 public:
  explicit OneCall(agent::Spend cost) : cost_(cost) {}
  void begin_attempt() override {}
  void started(std::uint32_t, agent::CallKind, const JsonPtr&) override {}
  void answered(std::uint32_t, const JsonPtr&) override {}
  agent::Turn next(const agent::SpendLimits&) override { return {}; }
  std::optional<agent::CallAnswer> instead_of_repeating(std::uint32_t) override { return std::nullopt; }
  agent::CallAnswer failure(std::uint32_t, const Error& why) override {
    return {.value = JsonObject{{"error", std::string(to_string(why.code)) + ": " + why.message}}, .used = {}};
  }
  agent::asio::awaitable<agent::CallAnswer> perform(std::uint32_t) override {
    ++performed;
    co_return agent::CallAnswer{.value = "done", .used = cost_};
  }
  int performed = 0;

 private:
  agent::Spend cost_;
};

struct DayBudgetTest : ::testing::Test {
  testing::FlakyStore ledger{store::make_memory_run_store()};
  ManualClock clock{Instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / 31}} + std::chrono::hours{23}};
  agent::SpendLimits limits{.tokens = 1000, .nano_dollars = std::nullopt, .tool_calls = std::nullopt};
  int calls = 0;
  int performed = 0;

  AgentResponse call(agent::Spend most, agent::Spend cost, std::string key = {}) {
    auto work = std::make_shared<MachineWork>();
    auto machine = std::make_unique<OneCall>(cost);
    const auto& made = *machine;
    work->machine = std::move(machine);
    if (key.empty()) key = "run:t:1/" + std::to_string(++calls);
    MachineCallAgent agent(work, 1,
                           DayCall{.ledger = &ledger,
                                   .pool = nullptr,
                                   .clock = &clock,
                                   .agent = "shop/writer",
                                   .key = std::move(key),
                                   .limits = limits,
                                   .most = most});
    agent::asio::io_context io;
    auto answer = agent::asio::co_spawn(io, agent.execute({}), agent::asio::use_future);
    io.run();
    performed += made.performed;
    return answer.get();
  }
  static agent::Spend tokens(std::uint64_t count) { return {.tokens = count, .nano_dollars = count * 1'000'000, .tool_calls = 0}; }
  std::string said(const AgentResponse& response) { return std::string(response.result.at("error").as_string()); }
};

TEST_F(DayBudgetTest, ACallThatDoesNotFitIsNotMadeAndSaysUntilWhen) {
  EXPECT_EQ(call(tokens(600), tokens(300)).result, Json("done"));
  EXPECT_EQ(
      said(call(tokens(800), tokens(1))),
      "budget_exceeded: Budget exceeded: 'shop/writer' may spend 1000 tokens a day; 300 are spent, 0 reserved for calls that were not "
      "answered, and the next call may cost 800. It may spend again from 2026-04-01T00:00:00Z, or raise budget.daily");
  EXPECT_EQ(performed, 1);
  clock.advance(std::chrono::hours{1});
  EXPECT_EQ(call(tokens(800), tokens(1)).result, Json("done")) << "another day";
}

TEST_F(DayBudgetTest, MoneyIsToldAsMoney) {
  limits = {.tokens = std::nullopt, .nano_dollars = 1'000'000'000, .tool_calls = std::nullopt};
  EXPECT_EQ(call(tokens(600), tokens(300)).result, Json("done"));
  EXPECT_NE(said(call(tokens(800), tokens(1))).find("may spend $1.00 a day; $0.30 are spent, $0.00 reserved"), std::string::npos);
}

TEST_F(DayBudgetTest, PassingAShareIsToldOnce) {
  EXPECT_TRUE(call(tokens(700), tokens(700)).emitted.empty());
  const auto passing = call(tokens(200), tokens(150));
  ASSERT_EQ(passing.emitted.size(), 1U);
  EXPECT_EQ(passing.emitted[0].data.at("reason"), Json("day_budget"));
  EXPECT_TRUE(call(tokens(50), tokens(50)).emitted.empty());
}

TEST_F(DayBudgetTest, ACallThatIsRepeatedAfterACrashIsReservedOnce) {
  ASSERT_TRUE(ledger.reserve("day 2026-03-31 shop/writer", "k", {.tokens = 900}, {.tokens = 1000, .nano_dollars = {}})->granted);
  EXPECT_EQ(call(tokens(900), tokens(100), "k").result, Json("done"));
  EXPECT_EQ(ledger.account("day 2026-03-31 shop/writer")->settled.tokens, 100U);
  EXPECT_EQ(ledger.account("day 2026-03-31 shop/writer")->reserved.tokens, 0U);
}

TEST_F(DayBudgetTest, TheFirstCallOfADayForgetsAllBeforeYesterday) {
  for (const auto* day : {"29", "30"}) {
    ASSERT_TRUE(ledger.settle("day 2026-03-" + std::string(day) + " shop/other", "k", {.tokens = 1}));
  }
  ASSERT_TRUE(ledger.reserve("day 2026-03-29 shop/writer", "k", {.tokens = 1}, {})->granted);
  EXPECT_EQ(call(tokens(1), tokens(1)).result, Json("done"));
  EXPECT_EQ(*ledger.account("day 2026-03-29 shop/other"), store::Account{});
  EXPECT_EQ(*ledger.account("day 2026-03-29 shop/writer"), store::Account{});
  EXPECT_EQ(ledger.account("day 2026-03-30 shop/other")->settled.tokens, 1U) << "a call that began yesterday may be settled today";
  ASSERT_TRUE(ledger.settle("day 2026-03-01 shop/other", "k", {.tokens = 1}));
  EXPECT_EQ(call(tokens(1), tokens(1)).result, Json("done"));
  EXPECT_EQ(ledger.account("day 2026-03-01 shop/other")->settled.tokens, 1U) << "it was not the first";
}

TEST_F(DayBudgetTest, OldDaysAreThoseThatNobodyAsksToKeep) {
  EXPECT_EQ(days_before(clock.now()).end, "day 2026-03-30");
  EXPECT_EQ(days_before(clock.now(), clock.now() + std::chrono::hours{90}).end, "day 2026-03-30");
  EXPECT_EQ(days_before(clock.now(), clock.now() - std::chrono::hours{72}).end, "day 2026-03-28");
}

TEST_F(DayBudgetTest, WithoutTheStoreNothingIsSpent) {
  ledger.refuse = Error{.code = ErrorCode::store_full, .message = "no room", .context = {}, .retryable = false, .retry_after = {}};
  EXPECT_EQ(said(call(tokens(1), tokens(1))), "store_full: no room");
  EXPECT_EQ(performed, 0);
}

}  // namespace
}  // namespace skein::workflow
