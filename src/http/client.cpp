#include "http/client.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <optional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/cancelled.hpp"
#include "http/body_sink.hpp"
#include "http/curl_transfer.hpp"

namespace skein::http {
namespace {

/// Where the body of one hop goes: a good answer to the caller's sink where there is one, everything else into a bounded text.
class HopBody final : public BodySink {
 public:
  HopBody(std::size_t max_bytes, BodySink* stream, std::size_t max_stream_bytes)
      : max_bytes_(max_bytes),
        stream_(stream),
        max_stream_bytes_(max_stream_bytes == 0 ? std::numeric_limits<std::size_t>::max() : max_stream_bytes) {}

  [[nodiscard]] bool head(int status, const Headers& headers) override {
    streams_ = stream_ != nullptr && status >= 200 && status < 300;
    return !streams_ || stream_->head(status, headers);
  }
  [[nodiscard]] bool write(std::string_view chunk) override {
    if (chunk.size() > limit() - taken_) {
      too_large_ = true;
      return false;
    }
    taken_ += chunk.size();
    if (streams_) return stream_->write(chunk);
    body_.append(chunk);
    return true;
  }
  [[nodiscard]] bool too_large() const { return too_large_; }
  [[nodiscard]] std::size_t limit() const { return streams_ ? max_stream_bytes_ : max_bytes_; }
  [[nodiscard]] std::string take() { return std::move(body_); }

 private:
  std::size_t max_bytes_;
  BodySink* stream_;
  std::size_t max_stream_bytes_;
  std::size_t taken_ = 0;
  bool streams_ = false;
  bool too_large_ = false;
  std::string body_;
};

}  // namespace

class Client::Engine {
 public:
  Engine(asio::any_io_executor executor, ClientOptions options) : executor_(std::move(executor)), options_(std::move(options)) {}

  [[nodiscard]] const ClientOptions& options() const { return options_; }
  [[nodiscard]] const asio::any_io_executor& executor() const { return executor_; }
  /// Made by the first request.
  [[nodiscard]] const std::shared_ptr<CurlMulti>& multi() {
    if (!multi_) multi_ = std::make_shared<CurlMulti>(executor_, options_.max_idle_connections);
    return multi_;
  }
  void shut_down() {
    if (multi_) multi_->abort_all();
  }

  /// One hop, redirects not followed. `self` keeps the engine until the coroutine has gone.
  static asio::awaitable<Result<Response>> exchange(std::shared_ptr<Engine> self, const Hop& hop, const Request& request, BootInstant began,
                                                    BodySink* sink, std::size_t max_stream_bytes) {
    const auto elapsed = [&] { return std::chrono::duration_cast<milliseconds>(BootClock::now() - began); };
    milliseconds left{0};
    if (request.timeout.count() > 0) left = std::max(request.timeout - elapsed(), milliseconds{1});
    HopBody body(request.max_response_bytes, sink, max_stream_bytes);
    CurlTransfer transfer(self->multi(), self->executor(), hop, request, self->options(), body,
                          sink == nullptr ? Pieces::large : Pieces::small);
    transfer.start(left);
    if (!transfer.has_ended()) {
      (void)co_await transfer.end_event().async_wait(asio::as_tuple(asio::use_awaitable));
      // A cancelled wait: the destructor takes the transfer off the wire.
      if (!transfer.has_ended()) async::throw_cancelled();
    }
    if (transfer.thrown()) std::rethrow_exception(transfer.thrown());
    if (body.too_large()) co_return std::unexpected(body_too_large(hop, body.limit()));
    if (transfer.code() != CURLE_OK && !transfer.was_stopped()) {
      co_return std::unexpected(transfer_error(transfer, hop, request, elapsed()));
    }
    auto response = transfer.take_head();
    response.body = body.take();
    co_return response;
  }

 private:
  asio::any_io_executor executor_;
  ClientOptions options_;
  std::shared_ptr<CurlMulti> multi_;
};

Client::Client(asio::any_io_executor executor, ClientOptions options) {
  if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && options.ca_file.empty()) options.ca_file = file;
  engine_ = std::make_shared<Engine>(std::move(executor), std::move(options));
}

Client::~Client() { engine_->shut_down(); }

asio::awaitable<Result<Response>> Client::send(Request request) { return follow(engine_, std::move(request), nullptr, 0); }

asio::awaitable<Result<Response>> Client::send(Request request, BodySink& sink, std::size_t max_stream_bytes) {
  return follow(engine_, std::move(request), &sink, max_stream_bytes);
}

asio::awaitable<Result<Response>> Client::follow(std::shared_ptr<Engine> engine, Request request, BodySink* sink,
                                                 std::size_t max_stream_bytes) {
  const auto began = BootClock::now();
  auto hop = first_hop(request);
  if (!hop) co_return std::unexpected(std::move(hop.error()));
  for (std::uint32_t redirects = 0;; ++redirects) {
    auto response = co_await Engine::exchange(engine, *hop, request, began, sink, max_stream_bytes);
    if (!response) co_return std::unexpected(std::move(response.error()));
    response->redirects = redirects;
    auto next = next_hop(request, *hop, *response);
    if (!next) co_return std::unexpected(std::move(next.error()));
    if (!*next) {
      response->final_url = hop->url.text();
      co_return response;
    }
    hop = std::move(**next);
  }
}

}  // namespace skein::http
