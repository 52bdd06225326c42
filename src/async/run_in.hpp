#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace skein::async {

/// Runs `io` until `work` has ended and returns its result or throws its exception. For programs' entry points and tests; what
/// else was started on `io` keeps its state and goes on with the next call.
template <class T>
T run_in(boost::asio::io_context& io, boost::asio::awaitable<T> work) {
  std::exception_ptr error;
  std::optional<T> result;
  bool ended = false;
  boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T value) {
    error = std::move(e), ended = true;
    if (!error) result.emplace(std::move(value));
  });
  io.restart();
  while (!ended && io.run_one() > 0) {
  }
  if (error) std::rethrow_exception(error);
  return std::move(result.value());
}

inline void run_in(boost::asio::io_context& io, boost::asio::awaitable<void> work) {
  std::exception_ptr error;
  bool ended = false;
  boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr e) { error = std::move(e), ended = true; });
  io.restart();
  while (!ended && io.run_one() > 0) {
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace skein::async
