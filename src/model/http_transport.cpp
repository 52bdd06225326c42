#include "model/http_transport.hpp"

#include <memory>
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

}  // namespace

asio::awaitable<Result<http::Response>> HttpTransport::send(http::Request request, ChunkSink sink) {
  if (!sink) return client_.send(std::move(request));
  return client_.send(std::move(request), std::make_unique<Adapter>(std::move(sink)));
}

}  // namespace skein::model
