#pragma once

#include <cstddef>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace skein::async {

namespace asio = boost::asio;

/// Owned background coroutines. It is the last member of its owner, so that what its coroutines use outlives them, and it is
/// joined before it goes. All calls come from the executor's one thread.
class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor executor);
  /// Cancels what is left. The owner joins first: a coroutine that still runs here is a bug, which is logged.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts `work`. An exception other than a cancellation is logged at once and rethrown by `join`. After `cancel_all` a new
  /// coroutine is cancelled as it starts.
  void spawn(asio::awaitable<void> work);
  /// Terminal cancellation for every coroutine, also those spawned later.
  void cancel_all();
  /// Ends when no coroutine is left; rethrows the first exception among them. A cancelled `join` throws and leaves the rest running.
  [[nodiscard]] asio::awaitable<void> join();
  /// How many coroutines have not ended.
  [[nodiscard]] std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace skein::async
