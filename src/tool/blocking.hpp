#pragma once

#include <functional>

#include "tool/tool.hpp"

namespace skein::tool {

/// Runs `work` on the pool of `services`; what it throws becomes a failure. A cancelled caller does not wait for it, so it must own all
/// that it uses.
[[nodiscard]] asio::awaitable<Outcome> run_blocking(async::BlockingPool* pool, std::function<Outcome()> work);

}  // namespace skein::tool
