#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include <boost/asio/any_io_executor.hpp>

#include "workflow/driver/call_runner.hpp"

namespace skein::workflow {

/// Runs agents' coroutines on a shard's executor. Single-threaded: every member on that executor's thread.
class AsioCallRunner final : public CallRunner {
 public:
  using OnAnswer = std::function<void(CallId, AgentResponse)>;

  /// `on_answer` is called from the executor.
  AsioCallRunner(boost::asio::any_io_executor executor, OnAnswer on_answer);
  ~AsioCallRunner() override;

  void start(CallId call, agent::AsyncAgent& agent, std::unique_ptr<CallRequest> request, microseconds timeout) override;
  void cancel(CallId call) override;

  /// Calls whose coroutine has not ended, answered or not. Zero before the runner may be destroyed.
  [[nodiscard]] std::size_t unfinished() const { return pending_.size(); }

 private:
  struct Pending;
  void finished(CallId call, AgentResponse response);

  boost::asio::any_io_executor executor_;
  OnAnswer on_answer_;
  std::unordered_map<CallId, std::shared_ptr<Pending>> pending_;
};

}  // namespace skein::workflow
