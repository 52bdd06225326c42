#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/error.hpp"
#include "http/message.hpp"

namespace skein::http {

namespace asio = boost::asio;

struct ClientOptions {
  std::string user_agent = "skein";       ///< where a request names none
  std::string ca_file;                    ///< PEM bundle; empty: the system's
  std::size_t max_idle_connections = 64;  ///< kept open for reuse
};

/// HTTP/1.1 and HTTP/2 over libcurl, driven by the executor's event loop: no threads but the resolver's. One per shard; all calls
/// come from its thread. Connections are reused, TLS is verified, proxies are taken from the environment (http_proxy, https_proxy,
/// all_proxy, no_proxy). libcurl is set up by the first request of the process.
class Client {
 public:
  explicit Client(asio::any_io_executor executor, ClientOptions options = {});
  /// Requests in flight end with `ErrorCode::cancelled`.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// The answer, whatever its status. Errors: invalid_argument (the request is not sendable), connection_failed, timeout ("Request
  /// timeout"), bad_response, too_large; each marked as retryable or not. Cancellation closes the exchange at once and throws. A
  /// reused connection that the server closed before it answered is replaced once, as every HTTP client does.
  [[nodiscard]] asio::awaitable<Result<Response>> send(Request request);

 private:
  class Engine;
  std::shared_ptr<Engine> engine_;
};

}  // namespace skein::http
