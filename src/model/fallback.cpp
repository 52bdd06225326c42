#include "model/fallback.hpp"

#include <algorithm>
#include <iterator>

#include <utility>

#include "base/sentence.hpp"

namespace skein::model {

std::vector<std::string> FallbackModels::names() const {
  std::vector<std::string> all;
  for (const auto& model : models_) std::ranges::move(model->names(), std::back_inserter(all));
  return all;
}

asio::awaitable<Result<Response>> FallbackModels::complete(Request request, CallOptions options) {
  bool heard = false;
  auto passed_on = options;
  if (options.on_delta) {
    passed_on.on_delta = [&heard, &options](const Delta& delta) {
      heard = true;
      options.on_delta(delta);
    };
  }
  std::string before;
  for (std::size_t i = 0;; ++i) {
    const bool last = i + 1 == models_.size();
    auto result = co_await models_[i]->complete(request, passed_on);
    if (result) co_return result;
    auto& error = result.error();
    if (last || heard || !error.retryable) {
      if (!before.empty()) error.message = and_then(before, "then " + error.message);
      co_return result;
    }
    before = before.empty() ? error.message : and_then(std::move(before), "then " + error.message);
  }
}

}  // namespace skein::model
