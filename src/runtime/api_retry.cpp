#include <cmath>

#include <fmt/format.h>
#include <skein/runtime.hpp>

#include "base/duration.hpp"
#include "runtime/api_state.hpp"
#include "runtime/runtime.hpp"

// Runs that do again what others did not complete.
namespace skein {
namespace {

constexpr double most_dollars = 1'000'000;

Result<agent::SpendLimits> spend_limits(const auto& budget, std::string_view of) {
  agent::SpendLimits out{.tokens = budget.tokens, .nano_dollars = {}, .tool_calls = budget.tool_calls};
  if (!budget.cost) return out;
  if (!(*budget.cost > 0) || *budget.cost > most_dollars)
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}: cost is {}; it must be US dollars, from above 0 to a million", of, *budget.cost));
  out.nano_dollars = static_cast<std::uint64_t>(std::llround(*budget.cost * 1e9));
  return out;
}

Result<std::optional<microseconds>> length_of(const std::optional<Duration>& wall_time) {
  if (!wall_time) return std::nullopt;
  const auto& value = wall_time->json();
  const auto length = value.is_string() ? parse_duration(value.get_string()) : duration_from_seconds(value.to_number<double>());
  if (length && *length > microseconds{0}) return length;
  return fail(ErrorCode::invalid_argument, "budget: wall_time must be a time above 0, in seconds or with a unit, such as \"30m\"");
}

Result<workflow::BudgetChanges> changes_in(const RetryOptions& options) {
  workflow::BudgetChanges out{.wall_time = {}, .attempts = options.budget.attempts, .spend = {}, .agents = {}};
  auto length = length_of(options.budget.wall_time);
  if (!length) return std::unexpected(std::move(length.error()));
  out.wall_time = *length;
  auto spend = spend_limits(options.budget, "budget");
  if (!spend) return std::unexpected(std::move(spend.error()));
  out.spend = *spend;
  for (const auto& [name, budget] : options.agent_budgets) {
    if (budget.daily) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("agent_budgets of '{}': a daily budget belongs to the workflow and cannot be another one for one run", name));
    }
    auto limits = spend_limits(budget, fmt::format("agent_budgets of '{}'", name));
    if (!limits) return std::unexpected(std::move(limits.error()));
    out.agents.emplace(name, *limits);
  }
  return out;
}

}  // namespace

Result<std::string> Runtime::retry(std::string_view run_id, const RetryOptions& options) {
  const auto id = parsed_run_id(run_id);
  if (!id) return std::unexpected(id.error());
  const auto budget = changes_in(options);
  if (!budget) return std::unexpected(budget.error());
  const auto made = state_->runtime->retry(*id, options.from, runtime::Runtime::Drive::here, *budget);
  if (!made) return std::unexpected(made.error());
  return made->str();
}

}  // namespace skein
