#include "async/task_group.hpp"

#include <exception>
#include <list>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/cancelled.hpp"
#include "base/log.hpp"

namespace skein::async {

struct TaskGroup::State {
  using Signal = std::shared_ptr<asio::cancellation_signal>;

  explicit State(asio::any_io_executor ex) : executor(std::move(ex)), empty(executor, asio::steady_timer::time_point::max()) {}

  void ended(std::list<Signal>::iterator place, const std::exception_ptr& error) {
    running.erase(place);
    if (error && !is_cancellation(error)) {
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& e) {
        log::error("a background coroutine ended with an exception", {{"what", Json(e.what())}});
      } catch (...) {
        log::error("a background coroutine ended with an unknown exception");
      }
      if (!first_error) first_error = error;
    }
    if (running.empty()) empty.cancel();
  }

  asio::any_io_executor executor;
  asio::steady_timer empty;  ///< never expires; cancelled to wake those who join
  std::list<Signal> running;
  std::exception_ptr first_error;
  bool cancelled = false;
};

TaskGroup::TaskGroup(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() {
  if (state_->running.empty()) return;
  if (std::uncaught_exceptions() == 0) {
    log::error("a task group was destroyed before it was joined", {{"running", Json(state_->running.size())}});
  }
  cancel_all();
}

void TaskGroup::spawn(asio::awaitable<void> work) {
  auto signal = std::make_shared<asio::cancellation_signal>();
  const auto place = state_->running.insert(state_->running.end(), signal);
  auto on_end = [state = state_, place](const std::exception_ptr& error) { state->ended(place, error); };
  asio::co_spawn(state_->executor, std::move(work), asio::bind_cancellation_slot(signal->slot(), std::move(on_end)));
  if (state_->cancelled) signal->emit(asio::cancellation_type::terminal);
}

void TaskGroup::cancel_all() {
  state_->cancelled = true;
  // A copy: an emission may end a coroutine, which takes itself off the list.
  const std::vector<State::Signal> signals(state_->running.begin(), state_->running.end());
  for (const auto& signal : signals) signal->emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> TaskGroup::join() {
  const auto state = state_;
  while (!state->running.empty()) {
    (void)co_await state->empty.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) throw_cancelled();
  }
  if (state->first_error) std::rethrow_exception(std::exchange(state->first_error, nullptr));
}

std::size_t TaskGroup::size() const { return state_->running.size(); }

}  // namespace skein::async
