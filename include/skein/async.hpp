#pragma once

// The coroutine form, for programs that use Boost.Asio. Needs GCC >= 13 or clang: GCC 12 miscompiles coroutines.

#include <memory>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <skein/runtime.hpp>
#include <skein/thinking_agent.hpp>

namespace skein {

/// `co_await skein::async_run(runtime, workflow, inputs, boost::asio::use_awaitable)` gives a `Result<WorkflowResult>`. The handler runs
/// on its associated executor, whose context outlives `runtime`, as `runtime` outlives the run.
template <class CompletionToken>
auto async_run(Runtime& runtime, Workflow workflow, JsonObject inputs, CompletionToken&& token) {
  return boost::asio::async_initiate<CompletionToken, void(Result<WorkflowResult>)>(
      [&runtime](auto handler, Workflow w, JsonObject i) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        runtime.run_async(w, std::move(i), [shared](Result<WorkflowResult> result) {
          const auto executor = boost::asio::get_associated_executor(*shared);
          boost::asio::dispatch(executor, [shared, result = std::move(result)]() mutable { std::move (*shared)(std::move(result)); });
        });
      },
      token, std::move(workflow), std::move(inputs));
}

/// `co_await skein::async_run(agent, task, boost::asio::use_awaitable)` gives an `AgentResult`; the same holds as above.
template <class CompletionToken>
auto async_run(Agent& agent, AgentTask task, CompletionToken&& token) {
  return boost::asio::async_initiate<CompletionToken, void(AgentResult)>(
      [&agent](auto handler, AgentTask t) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        agent.run_async(std::move(t), [shared](AgentResult result) {
          const auto executor = boost::asio::get_associated_executor(*shared);
          boost::asio::dispatch(executor, [shared, result = std::move(result)]() mutable { std::move (*shared)(std::move(result)); });
        });
      },
      token, std::move(task));
}
template <class CompletionToken>
auto async_run(Agent& agent, std::string task, CompletionToken&& token) {
  return skein::async_run(agent, AgentTask{.prompt = std::move(task)}, std::forward<CompletionToken>(token));
}

/// The same with a described struct as the answer: `co_await skein::async_run<Report>(agent, task, boost::asio::use_awaitable)` gives a
/// `TypedAgentResult<Report>`.
template <class T, class CompletionToken>
auto async_run(Agent& agent, AgentTask task, CompletionToken&& token) {
  return boost::asio::async_initiate<CompletionToken, void(TypedAgentResult<T>)>(
      [&agent](auto handler, AgentTask t) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        agent.run_async<T>(std::move(t), [shared](TypedAgentResult<T> result) {
          const auto executor = boost::asio::get_associated_executor(*shared);
          boost::asio::dispatch(executor, [shared, result = std::move(result)]() mutable { std::move (*shared)(std::move(result)); });
        });
      },
      token, std::move(task));
}
template <class T, class CompletionToken>
auto async_run(Agent& agent, std::string task, CompletionToken&& token) {
  return skein::async_run<T>(agent, AgentTask{.prompt = std::move(task)}, std::forward<CompletionToken>(token));
}

}  // namespace skein
