#include "runtime/shard.hpp"

#include <algorithm>
#include <iterator>

#include <boost/asio/post.hpp>

#include "base/log.hpp"
#include "http/client.hpp"
#include "runtime/thinking_services.hpp"

namespace skein::runtime {
namespace asio = boost::asio;

namespace {

/// The wall clock can be set while we wait: look again at least this often.
constexpr microseconds longest_wait = seconds{30};
constexpr milliseconds drain_poll{5};

}  // namespace

Shard::Shard(ShardServices services, workflow::EngineOptions options)
    : services_(services),
      guard_(asio::make_work_guard(io_)),
      timer_(io_),
      drain_timer_(io_),
      http_(std::make_unique<http::Client>(io_.get_executor())),
      calls_(io_.get_executor(), [this](workflow::CallId call, AgentResponse response) { engine_->on_answer(call, std::move(response)); }) {
  engine_ = std::make_unique<workflow::Engine>(
      workflow::EngineServices{.store = services_.store,
                               .sink = *this,
                               .clock = services_.clock,
                               .random = random_,
                               .calls = calls_,
                               .breakers = services_.breakers,
                               .listener = *this,
                               .outside = services_.outside,
                               .secrets = services_.secrets,
                               .kinds = services_.kinds,
                               .agent_services = {.executor = io_.get_executor(),
                                                  .http = http_.get(),
                                                  .pool = &services_.pool,
                                                  .clock = &services_.clock,
                                                  .open_model = services_.thinking.open_model(
                                                      {.http = *http_, .clock = services_.clock, .random = random_, .waits = waits_}),
                                                  .tools = &services_.thinking.tools(),
                                                  .prices = &services_.thinking.prices(),
                                                  .output = &services_.output}},
      options);
  thread_ = std::thread([this] { io_.run(); });
}

Shard::~Shard() { stop(milliseconds{0}); }

void Shard::post(std::function<void(workflow::Engine&)> work) {
  asio::post(io_, [this, work = std::move(work)] {
    if (!stopped_) work(*engine_);
  });
}

/// On a store's thread: what was committed together crosses over together.
void Shard::on_committed(std::vector<store::Committed> commits) {
  bool wake = false;
  {
    const std::lock_guard lock(commits_mutex_);
    wake = commits_.empty();
    std::ranges::move(commits, std::back_inserter(commits_));
  }
  if (!wake) return;
  asio::post(io_, [this] {
    std::vector<store::Committed> ready;
    {
      const std::lock_guard lock(commits_mutex_);
      ready.swap(commits_);
    }
    if (!stopped_) engine_->on_committed(std::move(ready));
  });
}

void Shard::on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) {
  services_.listener.on_events(run, state, events, first_seq);
}

void Shard::on_lost(RunId run, const Error& why) { services_.listener.on_lost(run, why); }

void Shard::on_asleep(RunId run) { services_.listener.on_asleep(run); }

void Shard::on_child(RunId child, workflow::DefinitionPtr definition, workflow::Event created) {
  services_.listener.on_child(child, std::move(definition), std::move(created));
}

void Shard::on_mail(RunId to) { services_.listener.on_mail(to); }

void Shard::on_next_due(std::optional<Instant> due) {
  due_ = due;
  arm();
}

void Shard::arm() {
  if (!due_ || stopped_) {
    timer_.cancel();
    return;
  }
  const auto left = std::clamp<microseconds>(*due_ - services_.clock.now(), microseconds{0}, longest_wait);
  timer_.expires_after(left);
  timer_.async_wait([this](const boost::system::error_code& ec) {
    if (ec || stopped_) return;
    engine_->tick();
    arm();
  });
}

void Shard::stop(milliseconds grace) {
  if (!thread_.joinable()) return;
  asio::post(io_, [this, grace] {
    stopped_ = true;
    engine_->abandon_all();
    timer_.cancel();
    drain(services_.clock.boot_now() + grace);
  });
  thread_.join();
}

/// Cancelled calls need a moment to end; what has not ended by then is left to the process's end.
void Shard::drain(BootInstant until) {
  if (calls_.unfinished() == 0 || services_.clock.boot_now() >= until) {
    guard_.reset();
    io_.stop();
    return;
  }
  drain_timer_.expires_after(drain_poll);
  drain_timer_.async_wait([this, until](const boost::system::error_code&) { drain(until); });
}

}  // namespace skein::runtime
