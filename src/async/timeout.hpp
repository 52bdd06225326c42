#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"

namespace skein::async {

namespace asio = boost::asio;

namespace detail {

/// Runs `work` for at most `limit`, then cancels it terminally and waits for its end. Whether the limit ended it.
[[nodiscard]] asio::awaitable<bool> expires(asio::awaitable<void> work, microseconds limit);

template <class T>
asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& result) {
  result.emplace(co_await std::move(work));
}

}  // namespace detail

/// The result of `work`, or nothing where it took longer than `limit`: it was cancelled terminally then and has ended, whatever
/// it answered after that. Exceptions and cancellation from outside go through.
template <class T>
  requires(!std::is_void_v<T>)
[[nodiscard]] asio::awaitable<std::optional<T>> with_timeout(asio::awaitable<T> work, microseconds limit) {
  std::optional<T> result;
  auto kept = detail::keep(std::move(work), result);
  const bool expired = co_await detail::expires(std::move(kept), limit);
  if (expired) result.reset();
  co_return result;
}

/// As above for work without a result; false where it took too long.
[[nodiscard]] asio::awaitable<bool> with_timeout(asio::awaitable<void> work, microseconds limit);

}  // namespace skein::async
