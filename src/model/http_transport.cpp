#include "model/http_transport.hpp"

#include <utility>

#include "http/body_sink.hpp"
#include "http/client.hpp"

namespace skein::model {
namespace {

class Adapter final : public http::BodySink {
 public:
  explicit Adapter(ChunkSink sink) : sink_(std::move(sink)) {}
  bool head(int status, const http::Headers& headers) override {
    head_.status = status;
    head_.headers = headers;
    return true;
  }
  bool write(std::string_view chunk) override { return sink_(head_, chunk); }

 private:
  ChunkSink sink_;
  http::Response head_;
};

/// A coroutine of its own, so that a call in one piece has no frame here.
asio::awaitable<Result<http::Response>> stream(http::Client& client, http::Request request, ChunkSink sink) {
  Adapter adapter(std::move(sink));
  auto streamed = co_await client.send(std::move(request), adapter);
  co_return streamed;
}

}  // namespace

asio::awaitable<Result<http::Response>> HttpTransport::send(http::Request request, ChunkSink sink) {
  if (!sink) return client_.send(std::move(request));
  return stream(client_, std::move(request), std::move(sink));
}

}  // namespace skein::model
