#include "tool/blocking.hpp"

#include <exception>
#include <utility>

#include <fmt/format.h>

#include "async/blocking_pool.hpp"

namespace skein::tool {
namespace {

Outcome guarded(const std::function<Outcome()>& work) {
  try {
    return work();
  } catch (const std::exception& e) {
    return Outcome::failure(fmt::format("the tool failed: {}", e.what()));
  } catch (...) {
    return Outcome::failure("the tool failed and did not say why");
  }
}

}  // namespace

asio::awaitable<Outcome> run_blocking(async::BlockingPool* pool, std::function<Outcome()> work) {
  auto body = [work = std::move(work)] { return guarded(work); };
  auto outcome = co_await pool->run(std::move(body));
  co_return outcome;
}

}  // namespace skein::tool
