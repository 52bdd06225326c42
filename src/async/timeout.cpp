#include "async/timeout.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/cancelled.hpp"

namespace skein::async {
namespace {

/// Longer than any limit that makes sense, short enough that no clock overflows.
constexpr microseconds longest = std::chrono::hours{24 * 365 * 100};

}  // namespace

namespace detail {

asio::awaitable<bool> expires(asio::awaitable<void> work, microseconds limit) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, std::min(limit, longest));
  auto both =
      asio::experimental::make_parallel_group(asio::co_spawn(executor, std::move(work), asio::deferred), timer.async_wait(asio::deferred));
  const auto ended = co_await both.async_wait(asio::experimental::wait_for_one(asio::cancellation_type::terminal), asio::use_awaitable);
  const auto& [order, error, timer_error] = ended;
  const bool expired = order[0] == 1 && !timer_error;
  if (error && !(expired && is_cancellation(error))) std::rethrow_exception(error);
  co_return expired;
}

}  // namespace detail

asio::awaitable<bool> with_timeout(asio::awaitable<void> work, microseconds limit) {
  const bool expired = co_await detail::expires(std::move(work), limit);
  co_return !expired;
}

}  // namespace skein::async
