#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/awaitable.hpp>

namespace skein::async {

namespace asio = boost::asio;

/// A fixed number of threads for calls that block (files, C libraries, users' functions). Destroy it before the contexts
/// whose coroutines use it.
class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads);
  /// Drops what has not begun and waits for what runs.
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Runs `function` on a pool thread, resumes on the caller's executor with its result or exception. A cancelled caller resumes at
  /// once: a call that waits never begins, one that runs goes on alone, so `function` must own all that it uses.
  template <class Function>
  [[nodiscard]] auto run(Function function) -> asio::awaitable<std::invoke_result_t<Function&>> {
    using Value = std::invoke_result_t<Function&>;
    if constexpr (std::is_void_v<Value>) {
      std::function<void()> call(std::move(function));
      co_await run_call(std::move(call));
    } else {
      auto result = std::make_shared<std::optional<Value>>();
      std::function<void()> call([result, body = std::move(function)]() mutable { result->emplace(body()); });
      co_await run_call(std::move(call));
      co_return std::move(result->value());
    }
  }

 private:
  struct Threads;
  [[nodiscard]] asio::awaitable<void> run_call(std::function<void()> call);
  std::unique_ptr<Threads> threads_;
};

}  // namespace skein::async
