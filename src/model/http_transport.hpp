#pragma once

#include "model/transport.hpp"

namespace skein::http {
class Client;
}

namespace skein::model {

/// Over the network.
class HttpTransport final : public Transport {
 public:
  /// `client` outlives it.
  explicit HttpTransport(http::Client& client) : client_(client) {}
  [[nodiscard]] asio::awaitable<Result<http::Response>> send(http::Request request, ChunkSink sink) override;

 private:
  http::Client& client_;
};

}  // namespace skein::model
