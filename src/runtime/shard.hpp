#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "model/waits.hpp"
#include "workflow/driver/asio_call_runner.hpp"
#include "workflow/driver/engine.hpp"

namespace skein::async {
class BlockingPool;
}
namespace skein::http {
class Client;
}

namespace skein::runtime {

class ThinkingServices;

/// What all shards of a runtime share; outlives them.
struct ShardServices {
  store::RunStore& store;
  const Clock& clock;
  workflow::BreakerBoard& breakers;
  workflow::EngineListener& listener;  ///< `on_next_due` is the shard's own business and not passed on
  const workflow::OutsideValues& outside;
  const SecretValues& secrets;
  const agent::AgentKinds& kinds;
  async::BlockingPool& pool;
  ThinkingServices& thinking;
  agent::OutputSink& output;
};

/// One thread, one io_context, one engine: a run lives on one of them, so the engine needs no locks.
class Shard final : private store::CommitSink, private workflow::EngineListener {
 public:
  Shard(ShardServices services, workflow::EngineOptions options);
  ~Shard() override;

  /// Runs `work` on the shard's thread. Refused silently once the shard has stopped.
  void post(std::function<void(workflow::Engine&)> work);
  [[nodiscard]] boost::asio::any_io_executor executor() { return io_.get_executor(); }
  /// Abandons every run, waits until the calls in flight have ended (at most `grace`), and joins the thread. Idempotent.
  void stop(milliseconds grace);

 private:
  void on_committed(std::vector<store::Committed> commits) override;
  void on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) override;
  void on_lost(RunId run, const Error& why) override;
  void on_asleep(RunId run) override;
  void on_child(RunId child, workflow::DefinitionPtr definition, workflow::Event created) override;
  void on_mail(RunId to) override;
  void on_next_due(std::optional<Instant> due) override;
  void arm();
  void drain(BootInstant until);

  ShardServices services_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer drain_timer_;
  std::optional<Instant> due_;
  SystemRandom random_;
  std::unique_ptr<http::Client> http_;
  model::TimerWaits waits_;
  workflow::AsioCallRunner calls_;
  std::unique_ptr<workflow::Engine> engine_;
  std::mutex commits_mutex_;
  std::vector<store::Committed> commits_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace skein::runtime
