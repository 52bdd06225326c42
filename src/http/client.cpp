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

/// A request on its way. There may be thousands: nothing is kept twice.
struct Client::Exchange {
  Exchange(Request asked, std::unique_ptr<BodySink> own, BodySink* heard_by, std::size_t most)
      : request(std::move(asked)), owned(std::move(own)), sink(heard_by), max_stream_bytes(most), hop(first_hop(std::move(request))) {}

  Request request;  ///< without what went into the hop
  std::unique_ptr<BodySink> owned;
  BodySink* sink;
  std::size_t max_stream_bytes;
  BootInstant began = BootClock::now();
  Result<Hop> hop;  ///< the one under way
  std::uint32_t redirects = 0;

  [[nodiscard]] milliseconds elapsed() const { return std::chrono::duration_cast<milliseconds>(BootClock::now() - began); }
  [[nodiscard]] milliseconds left() const {
    return request.timeout.count() > 0 ? std::max(request.timeout - elapsed(), milliseconds{1}) : milliseconds{0};
  }

  /// What came of a transfer that has ended; nothing where it leads to another hop, which is the one under way then.
  /// Not inlined, so that what it needs is not in the frame of the coroutine.
  [[nodiscard, gnu::noinline]] std::optional<Result<Response>> conclude(CurlTransfer& transfer, HopBody& body) {
    if (transfer.thrown()) std::rethrow_exception(transfer.thrown());
    if (body.too_large()) return std::unexpected(body_too_large(*hop, body.limit()));
    if (transfer.code() != CURLE_OK && !transfer.was_stopped()) return std::unexpected(transfer_error(transfer, *hop, request, elapsed()));
    auto response = transfer.take_head();
    response.body = body.take();
    response.redirects = redirects++;
    auto next = next_hop(request, *hop, response);
    if (!next) return std::unexpected(std::move(next.error()));
    if (*next) {
      *hop = std::move(**next);
      return std::nullopt;
    }
    response.final_url = hop->url.text();
    return response;
  }
};

asio::awaitable<Result<Response>> Client::send(Request request) { return carry(engine_, {std::move(request), nullptr, nullptr, 0}); }

asio::awaitable<Result<Response>> Client::send(Request request, BodySink& sink, std::size_t max_stream_bytes) {
  return carry(engine_, {std::move(request), nullptr, &sink, max_stream_bytes});
}

asio::awaitable<Result<Response>> Client::send(Request request, std::unique_ptr<BodySink> sink, std::size_t max_stream_bytes) {
  auto* heard_by = sink.get();
  return carry(engine_, {std::move(request), std::move(sink), heard_by, max_stream_bytes});
}

/// `engine` is kept until the coroutine has gone.
asio::awaitable<Result<Response>> Client::carry(std::shared_ptr<Engine> engine, Exchange exchange) {
  if (!exchange.hop) co_return std::unexpected(std::move(exchange.hop.error()));
  while (true) {
    HopBody body(exchange.request.max_response_bytes, exchange.sink, exchange.max_stream_bytes);
    CurlTransfer transfer(engine->multi(), engine->executor(), *exchange.hop, exchange.request, engine->options(), body,
                          exchange.sink == nullptr ? Pieces::large : Pieces::small);
    transfer.start(exchange.left());
    if (!transfer.has_ended()) {
      (void)co_await transfer.end_event().async_wait(asio::as_tuple(asio::use_awaitable));
      // A cancelled wait: the destructor takes the transfer off the wire.
      if (!transfer.has_ended()) async::throw_cancelled();
    }
    if (auto answer = exchange.conclude(transfer, body)) co_return std::move(*answer);
  }
}

}  // namespace skein::http
