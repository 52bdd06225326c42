#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/test_file.hpp"
#include "runtime/run_report.hpp"

/// Runs of workflows in which nothing is real but the engine: what agents and people say comes from a test case, and time passes at once.
namespace skein::runtime {

/// What was expected somewhere, and what was there instead.
struct Difference {
  std::string path;         ///< "outputs.report", "tasks.fetch.attempts"
  std::string expected, got;
};

struct CaseResult {
  /// Why the case could not be played to its end, and what to add to it; empty where it was.
  std::string problem;
  std::vector<Difference> differences;
  RunReport report;
  std::uint64_t attempts = 0;
  microseconds took{};      ///< of the run's own time
  [[nodiscard]] bool passed() const { return problem.empty() && differences.empty(); }
};

/// Plays one case on a store in memory, without network, processes or waiting. Tasks of kind `local` run for real unless they are faked; a
/// task of another kind without an answer in the case is the case's problem.
[[nodiscard]] CaseResult rehearse(const workflow::DefinitionPtr& definition, const config::TestCase& test);

}  // namespace skein::runtime
