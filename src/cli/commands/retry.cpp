#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <span>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "cli/commands/commands.hpp"
#include "cli/new_run.hpp"

// `skein retry`: what failed once more, without what was done.
namespace skein::cli {
namespace {

struct RetryOptions : NewRunOptions {
  std::vector<std::string> budgets;
};

constexpr std::array<std::string_view, 5> amounts{"tokens", "cost", "tool_calls", "attempts", "wall_time"};
constexpr double most_dollars = 1'000'000;

Result<std::uint64_t> whole_number(const std::string& pair, const std::string& text) {
  std::uint64_t out = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out);
  if (read.ec != std::errc{} || read.ptr != end || out > std::numeric_limits<std::uint32_t>::max())
    return fail(ErrorCode::invalid_argument, fmt::format("--budget {}: write a whole number from 0", pair));
  return out;
}

Result<void> set_spend(agent::SpendLimits& limits, const std::string& pair, std::string_view what, const std::string& text) {
  if (what != "cost") {
    const auto number = whole_number(pair, text);
    if (!number) return std::unexpected(number.error());
    (what == "tokens" ? limits.tokens : limits.tool_calls) = *number;
    return {};
  }
  const auto parsed = parse_json(text);
  boost::system::error_code not_a_number;
  const auto dollars = parsed ? parsed->to_number<double>(not_a_number) : 0.0;
  if (!parsed || not_a_number || dollars <= 0 || dollars > most_dollars)
    return fail(ErrorCode::invalid_argument, fmt::format("--budget {}: write US dollars, such as 2.50", pair));
  limits.nano_dollars = static_cast<std::uint64_t>(std::llround(dollars * 1e9));
  return {};
}

/// `WHAT=N` and `AGENT.WHAT=N`.
Result<workflow::BudgetChanges> budgets_in(const std::vector<std::string>& pairs) {
  workflow::BudgetChanges out;
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos)
      return fail(ErrorCode::invalid_argument, fmt::format("--budget {}: write it as tokens=50000 or AGENT.tokens=50000", pair));
    const auto name = pair.substr(0, equals);
    const auto text = pair.substr(equals + 1);
    const auto dot = name.rfind('.');
    const auto agent = dot == std::string::npos ? std::string{} : name.substr(0, dot);
    const auto what = dot == std::string::npos ? name : name.substr(dot + 1);
    const bool of_run = what == "attempts" || what == "wall_time";
    if (std::ranges::find(amounts, what) == amounts.end() || (of_run && !agent.empty())) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("--budget {}: {} has no budget of '{}'{} (there are tokens, cost, tool_calls, and for the run attempts and "
                              "wall_time)",
                              pair, agent.empty() ? "a run" : "an agent", what,
                              of_run ? std::string{} : did_you_mean(what, std::span<const std::string_view>(amounts))));
    }
    if (what == "attempts") {
      const auto number = whole_number(pair, text);
      if (!number) return std::unexpected(number.error());
      out.attempts = static_cast<std::uint32_t>(*number);
    } else if (what == "wall_time") {
      out.wall_time = parse_duration(text);
      if (!out.wall_time) return fail(ErrorCode::invalid_argument, fmt::format("--budget {}: write a time with a unit, such as 30m", pair));
    } else if (auto set = set_spend(agent.empty() ? out.spend : out.agents[agent], pair, what, text); !set) {
      return std::unexpected(set.error());
    }
  }
  return out;
}

}  // namespace

void register_retry(CommandLine& line, Session& session) {
  auto options = std::make_shared<RetryOptions>();
  auto& command = line.command("retry", "Run", "Do again what a run that has ended did not complete");
  command.details(
      "Makes a new run of the same definition that keeps what completed: those steps do not run again. What failed, was cancelled or never "
      "began "
      "is done, and everything that depends on it. An agent goes on with the conversation that a budget or a model out of reach ended. The "
      "old run stays as it is. Exit codes are those of `skein run`.");
  add_new_run_options(command, *options);
  command.repeated(
      "--budget", options->budgets, "[AGENT.]WHAT=N",
      "Another budget than the workflow's: tokens, cost (US dollars), tool_calls, of the run or of an agent in it; attempts or "
      "wall_time of the run. What is kept uses up nothing of it");
  add_drive_options(command, options->drive);
  command.example("skein retry last", "The service is back: go on where the newest run failed")
      .example("skein retry 0190163d-8694 --from summary", "Also do again a task that completed, and what follows from it")
      .example("skein retry last --budget cost=2.50 --budget writer.tokens=200000", "Go on where a budget was used up, with more")
      .example("skein retry last --detach", "Leave the driving to a worker")
      .action([options, &session] {
        return make_from(
            session, *options,
            [&](runtime::Runtime& runtime, RunId old, const workflow::Definition&, runtime::Runtime::Drive drive) -> Result<RunId> {
              const auto budget = budgets_in(options->budgets);
              if (!budget) return std::unexpected(budget.error());
              return runtime.retry(old, options->from, drive, *budget);
            });
      });
}

}  // namespace skein::cli
