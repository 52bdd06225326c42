#pragma once

#include <functional>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "base/error.hpp"
#include "http/message.hpp"

namespace skein::model {

namespace asio = boost::asio;

/// Takes a piece of a body as it comes, with the answer's status and headers beside it. False: enough was read, the rest is not wanted.
using ChunkSink = std::function<bool(const http::Response& head, std::string_view chunk)>;

/// Carries a request to a model's server and the answer back: over the network, to a cassette, from a cassette.
class Transport {
 public:
  virtual ~Transport() = default;
  /// The answer, whatever its status. With a sink, the body of an answer with a status of 2xx goes there as it comes and is empty in what
  /// is returned; of other answers it is returned. Without a sink it always is. Errors: as `http::Client::send`. Cancellation closes the
  /// exchange and throws.
  [[nodiscard]] virtual asio::awaitable<Result<http::Response>> send(http::Request request, ChunkSink sink) = 0;
};

[[nodiscard]] inline bool is_success(int status) { return status >= 200 && status < 300; }

}  // namespace skein::model
