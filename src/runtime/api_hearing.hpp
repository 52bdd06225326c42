#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <skein/thinking_agent.hpp>

#include "runtime/runtime.hpp"

namespace skein {

/// Tells the callbacks of agents what their runs say and call.
class Hearing final : public runtime::Listener {
 public:
  /// From now until its end this run is listened to; false where it is already, or nobody would hear anything.
  bool expect(RunId run, std::shared_ptr<const AgentOptions> who);
  /// The run could not begin.
  void forget(RunId run);

  void on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) override;
  void on_lost(RunId run, const Error& why) override;
  [[nodiscard]] bool hears_output() const override { return streams_ > 0; }
  void on_output(const AgentRequest& request, const model::Delta& delta) override;

 private:
  struct Call {
    std::string tool;
    JsonPtr request;
  };
  struct Listened {
    std::shared_ptr<const AgentOptions> who;
    std::map<std::uint32_t, Call> calls;  ///< of tools, under way; only the run's shard uses it
  };
  [[nodiscard]] std::shared_ptr<Listened> find(RunId run) const;

  mutable std::mutex mutex_;
  std::unordered_map<RunId, std::shared_ptr<Listened>> runs_;
  std::atomic<std::size_t> streams_{0};   ///< runs whose agents hear what the model says
};

}  // namespace skein
