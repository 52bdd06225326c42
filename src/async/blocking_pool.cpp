#include "async/blocking_pool.hpp"

#include <atomic>
#include <exception>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/cancelled.hpp"

namespace skein::async {
namespace {

/// One call on its way through the pool, shared by the pool thread and the coroutine that waits.
struct Ticket {
  explicit Ticket(const asio::any_io_executor& ex) : executor(ex), done(ex, asio::steady_timer::time_point::max()) {}

  asio::any_io_executor executor;
  asio::steady_timer done;  ///< cancelled on `executor` once `finished`
  std::exception_ptr error;
  bool finished = false;    ///< read and written on `executor` only
  std::atomic<bool> dropped = false;
};

/// Marks a ticket as not wanted when its coroutine goes, however it goes.
struct DropOnExit {
  std::shared_ptr<Ticket> ticket;
  ~DropOnExit() { ticket->dropped = true; }
};

}  // namespace

struct BlockingPool::Threads {
  explicit Threads(std::size_t count) : pool(count) {}
  asio::thread_pool pool;
};

BlockingPool::BlockingPool(std::size_t threads) : threads_(std::make_unique<Threads>(threads == 0 ? 1 : threads)) {}

BlockingPool::~BlockingPool() {
  threads_->pool.stop();
  threads_->pool.join();
}

asio::awaitable<void> BlockingPool::run_call(std::function<void()> call) {
  const auto executor = co_await asio::this_coro::executor;
  const auto ticket = std::make_shared<Ticket>(executor);
  const DropOnExit guard{ticket};
  // The capture is no constant, so that the last line below really gives the ticket away: its timer must not end on a pool thread
  // after the caller went on, and perhaps ended its context.
  asio::post(threads_->pool, [ticket = std::shared_ptr(ticket), body = std::move(call)]() mutable {
    if (ticket->dropped) return;
    try {
      body();
    } catch (...) {
      ticket->error = std::current_exception();
    }
    body = nullptr;  // what the call owned goes on this thread, before anybody hears of the end
    const auto back = ticket->executor;
    asio::post(back, [ticket = std::move(ticket)] {
      ticket->finished = true;
      ticket->done.cancel();
    });
  });
  (void)co_await ticket->done.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!ticket->finished) throw_cancelled();
  if (ticket->error) std::rethrow_exception(ticket->error);
}

}  // namespace skein::async
