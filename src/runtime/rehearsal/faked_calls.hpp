#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "config/test_file.hpp"
#include "runtime/rehearsal/family.hpp"
#include "workflow/driver/call_runner.hpp"

namespace skein::runtime {

/// Answers calls with what a test case says, at the instants it says.
class FakedCalls final : public workflow::CallRunner {
 public:
  /// All of these outlive it.
  FakedCalls(const workflow::Definition& definition, const config::TestCase& test, const Family& family, const Clock& clock)
      : definition_(definition), test_(test), family_(family), clock_(clock) {}

  void start(workflow::CallId call, agent::AsyncAgent& agent, std::unique_ptr<workflow::CallRequest> request,
             microseconds timeout) override;
  void cancel(workflow::CallId call) override;

  [[nodiscard]] std::optional<Instant> next_due() const;
  struct Answer {
    workflow::CallId call = 0;
    AgentResponse response;
  };
  /// The first that is due; calls that are due together are answered in the order in which they began.
  [[nodiscard]] std::optional<Answer> take_due();

  /// What the case lacks, or what is wrong with it; empty where nothing is.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// The parameters of the latest call of each task.
  [[nodiscard]] const std::map<config::TaskPath, JsonPtr>& parameters() const { return parameters_; }
  void record(const AgentRequest& request) { parameters_[path_of(request)] = std::make_shared<const Json>(*request.parameters); }

 private:
  [[nodiscard]] config::TaskPath path_of(const AgentRequest& request) const;
  [[nodiscard]] AgentResponse answer_of(const config::TaskPath& task, const config::FakedCall& fake, const AgentRequest& request);
  void missing(const AgentRequest& request);

  const workflow::Definition& definition_;
  const config::TestCase& test_;
  const Family& family_;
  const Clock& clock_;
  std::map<std::pair<Instant, workflow::CallId>, AgentResponse> open_;
  std::map<config::TaskPath, std::size_t> used_;   ///< answers of each task
  std::map<config::TaskPath, JsonPtr> parameters_;
  std::string problem_;
};

}  // namespace skein::runtime
