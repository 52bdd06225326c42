#include "workflow/driver/asio_call_runner.hpp"

#include <exception>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

namespace skein::workflow {
namespace asio = boost::asio;

struct AsioCallRunner::Pending {
  explicit Pending(const asio::any_io_executor& executor) : timer(executor) {}
  std::unique_ptr<CallRequest> request;
  asio::steady_timer timer;
  asio::cancellation_signal signal;
  bool answered = false;
};

namespace {

AgentResponse failure_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return AgentResponse::failed({.code = ErrorCode::agent_failed,
                                  .message = fmt::format("the agent failed: {}", e.what()),
                                  .context = {},
                                  .retryable = false,
                                  .retry_after = {}});
  } catch (...) {
    return AgentResponse::failed(
        {.code = ErrorCode::agent_failed, .message = "the agent failed", .context = {}, .retryable = false, .retry_after = {}});
  }
}

}  // namespace

AsioCallRunner::AsioCallRunner(asio::any_io_executor executor, OnAnswer on_answer)
    : executor_(std::move(executor)), on_answer_(std::move(on_answer)) {}

AsioCallRunner::~AsioCallRunner() = default;

void AsioCallRunner::start(CallId call, agent::AsyncAgent& agent, std::unique_ptr<CallRequest> request, microseconds timeout) {
  auto pending = std::make_shared<Pending>(executor_);
  pending->request = std::move(request);
  pending_.emplace(call, pending);

  pending->timer.expires_after(timeout);
  pending->timer.async_wait([this, call, weak = std::weak_ptr(pending)](const boost::system::error_code& ec) {
    const auto alive = weak.lock();
    if (ec || !alive || alive->answered) return;
    alive->answered = true;
    alive->signal.emit(asio::cancellation_type::terminal);
    on_answer_(call, AgentResponse::failed(
                         {.code = ErrorCode::timeout, .message = "Request timeout", .context = {}, .retryable = true, .retry_after = {}}));
  });

  auto done = [this, call](std::exception_ptr thrown, AgentResponse response) {
    finished(call, thrown ? failure_of(thrown) : std::move(response));
  };
  // Posted, so that an answer never comes from inside `start`.
  asio::post(executor_, [this, pending, &agent, done = std::move(done)]() mutable {
    asio::co_spawn(executor_, agent.execute(pending->request->request),
                   asio::bind_cancellation_slot(pending->signal.slot(), std::move(done)));
    if (pending->answered) pending->signal.emit(asio::cancellation_type::terminal);
  });
}

void AsioCallRunner::finished(CallId call, AgentResponse response) {
  const auto it = pending_.find(call);
  if (it == pending_.end()) return;
  const auto pending = std::exchange(it->second, nullptr);
  pending_.erase(it);
  pending->timer.cancel();
  if (!std::exchange(pending->answered, true)) on_answer_(call, std::move(response));
}

void AsioCallRunner::cancel(CallId call) {
  const auto it = pending_.find(call);
  if (it == pending_.end()) return;
  const auto pending = it->second;
  pending->answered = true;
  pending->timer.cancel();
  pending->signal.emit(asio::cancellation_type::terminal);
}

}  // namespace skein::workflow
