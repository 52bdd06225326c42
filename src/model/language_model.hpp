#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/error.hpp"
#include "model/exchange.hpp"

namespace skein::model {

namespace asio = boost::asio;

/// What a call wants beside its request.
struct CallOptions {
  OnDelta on_delta;             ///< hears the answer as it comes; empty: it is asked for in one piece
  std::string idempotency_key;  ///< sent with every try of the call; empty: none
};

/// Something that answers conversations: one model over the network, a list of them, a script. Calls may overlap; all come from the
/// shard's thread.
class LanguageModel {
 public:
  LanguageModel() = default;
  LanguageModel(const LanguageModel&) = delete;
  LanguageModel& operator=(const LanguageModel&) = delete;
  virtual ~LanguageModel() = default;

  /// "provider/model"
  [[nodiscard]] virtual const std::string& name() const = 0;
  /// Of all models that may answer (see `Response::answered_by`), the one that is asked first in front.
  [[nodiscard]] virtual std::vector<std::string> names() const { return {name()}; }
  /// The next message of the conversation; `request.model` is filled in. An error says what, where and what to do, and whether another
  /// call may succeed; see `is_context_overflow`. What was heard as deltas of a failed call does not count. Cancellation throws.
  [[nodiscard]] virtual asio::awaitable<Result<Response>> complete(Request request, CallOptions options) = 0;
};

}  // namespace skein::model
