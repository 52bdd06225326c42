#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/error.hpp"
#include "http/message.hpp"

namespace skein::http {

class BodySink;

namespace asio = boost::asio;

inline constexpr std::size_t most_of_a_stream = std::size_t{256} << 20;

struct ClientOptions {
  std::string user_agent = "skein";       ///< where a request names none
  std::string ca_file;                    ///< PEM bundle; empty: the one that SSL_CERT_FILE names, else the system's
  std::size_t max_idle_connections = 64;  ///< kept open for reuse
};

/// HTTP/1.1 and HTTP/2 over libcurl, driven by the executor's event loop: no threads but the resolver's. One per shard; all calls
/// come from its thread. Connections are reused, TLS is verified, proxies are taken from the environment (http_proxy, https_proxy,
/// all_proxy, no_proxy). libcurl is set up by the first request of the process.
///
/// Requests to one origin share connections of HTTP/2, at most a hundred on each (fewer where the server says so). One that is cancelled,
/// or that its server ends, leaves the others alone; a connection that breaks ends all of its requests, each as its own error. What comes
/// is taken from the wire at once, so that a slow consumer does not hold the others up: its own sink must keep or drop what it gets.
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

  /// As above, but the body of an answer with a status of 2xx goes to `sink` as it comes: its headers first, then each piece as soon as
  /// it has been received and decompressed, so that a caller can measure the time to the first byte and the gaps after it, and cancel.
  /// Every other answer (an error status, a redirect that is handed back) is collected in `Response::body`, up to
  /// `Request::max_response_bytes`; the sink hears nothing of it. `max_stream_bytes` limits what the sink gets, after decompression;
  /// 0: no limit. A sink that wants no more ends the exchange, which is no error; that closes a connection of HTTP/1.1, so one that knows
  /// its answer to be complete better lets the rest pass. An error after the sink has heard something leaves it with a part of the answer.
  /// `sink` lives until this has returned.
  [[nodiscard]] asio::awaitable<Result<Response>> send(Request request, BodySink& sink, std::size_t max_stream_bytes = most_of_a_stream);
  /// As above; the sink lives as long as the exchange.
  [[nodiscard]] asio::awaitable<Result<Response>> send(Request request, std::unique_ptr<BodySink> sink,
                                                       std::size_t max_stream_bytes = most_of_a_stream);

 private:
  class Engine;
  struct Exchange;
  static asio::awaitable<Result<Response>> carry(std::shared_ptr<Engine> engine, Exchange exchange);
  std::shared_ptr<Engine> engine_;
};

}  // namespace skein::http
