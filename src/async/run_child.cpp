#include "async/run_child.hpp"

#include <array>
#include <csignal>
#include <memory>
#include <optional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "async/cancelled.hpp"
#include "async/task_group.hpp"
#include "async/timeout.hpp"

namespace skein::async {
namespace {

/// Shared by the coroutines that serve one child's streams.
struct Streams {
  std::unique_ptr<ChildProcess> child;
  std::string input;
  ChildLimits limits;
  ChildOutcome outcome;
  bool too_much = false;
};
using StreamsPtr = std::shared_ptr<Streams>;

asio::awaitable<void> feed(StreamsPtr streams) {
  // An error means that the program does not want the rest.
  (void)co_await asio::async_write(streams->child->input(), asio::buffer(streams->input), asio::as_tuple(asio::use_awaitable));
  streams->child->input().close();
}

asio::awaitable<void> collect_output(StreamsPtr streams) {
  std::array<char, 16384> block;
  auto& output = streams->outcome.output;
  while (true) {
    const auto [ec, n] = co_await streams->child->output().async_read_some(asio::buffer(block), asio::as_tuple(asio::use_awaitable));
    if (ec) co_return;
    if (output.size() + n > streams->limits.max_output) {
      streams->too_much = true;
      streams->child->signal_group(SIGKILL);
      co_return;
    }
    output.append(block.data(), n);
  }
}

asio::awaitable<void> collect_errors(StreamsPtr streams) {
  std::array<char, 4096> block;
  auto& errors = streams->outcome.errors;
  const auto keep = streams->limits.error_tail;
  while (true) {
    const auto [ec, n] = co_await streams->child->errors().async_read_some(asio::buffer(block), asio::as_tuple(asio::use_awaitable));
    if (ec) break;
    errors.append(block.data(), n);
    if (errors.size() > 2 * keep) errors.erase(0, errors.size() - keep);
  }
  if (errors.size() > keep) errors.erase(0, errors.size() - keep);
}

/// Ends with the child's own end, or with nothing where the wait was cancelled.
asio::awaitable<std::optional<ExitStatus>> wait_or_cancelled(ChildProcess& child) {
  try {
    co_return co_await child.wait();
  } catch (const boost::system::system_error&) {
    co_return std::nullopt;
  }
}

}  // namespace

asio::awaitable<Result<ChildOutcome>> run_child(ChildCommand command, std::string input, ChildLimits limits) {
  const auto executor = co_await asio::this_coro::executor;
  auto started = ChildProcess::start(executor, command);
  if (!started) co_return std::unexpected(std::move(started.error()));

  const auto streams = std::make_shared<Streams>();
  streams->child = std::move(*started);
  streams->input = std::move(input);
  streams->limits = limits;
  TaskGroup pumps(executor);
  pumps.spawn(feed(streams));
  pumps.spawn(collect_output(streams));
  pumps.spawn(collect_errors(streams));

  const auto ended = co_await wait_or_cancelled(*streams->child);
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (!ended) {
    (void)co_await streams->child->terminate(limits.grace);
    pumps.cancel_all();
    co_await pumps.join();
    throw_cancelled();
  }
  // The group is dead, so the streams end on their own, unless a process left the group and keeps them open.
  streams->outcome.status = *ended;
  const bool drained = co_await with_timeout(pumps.join(), limits.grace);
  if (!drained) {
    pumps.cancel_all();
    co_await pumps.join();
  }
  if (streams->too_much) {
    co_return fail(ErrorCode::too_large, "the program '" + command.program + "' wrote more than " + std::to_string(limits.max_output) +
                                             " bytes; let it write less, or into a file");
  }
  co_return std::move(streams->outcome);
}

}  // namespace skein::async
