#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "cli/interrupts.hpp"

namespace skein::cli {

/// The result of `work`, or nothing where the person interrupted it: it was cancelled then and has ended. Its exceptions go through.
template <class T>
[[nodiscard]] std::optional<T> until_interrupted(boost::asio::io_context& io, const Interrupts& interrupts,
                                                 boost::asio::awaitable<T> work) {
  constexpr milliseconds look{50};
  std::exception_ptr error;
  std::optional<T> result;
  bool ended = false;
  boost::asio::cancellation_signal cancel;
  boost::asio::co_spawn(io, std::move(work), boost::asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e, T value) {
                          error = std::move(e), ended = true;
                          if (!error) result.emplace(std::move(value));
                        }));
  io.restart();
  bool interrupted = false;
  while (!ended && !io.stopped()) {
    io.run_one_for(look);
    if (!interrupted && interrupts.requested()) {
      interrupted = true;
      cancel.emit(boost::asio::cancellation_type::terminal);
    }
  }
  if (interrupted) return std::nullopt;
  if (error) std::rethrow_exception(error);
  return result;
}

}  // namespace skein::cli
