#pragma once

#include <memory>

#include "model/cassette/recorder.hpp"
#include "model/transport.hpp"

namespace skein::model {

/// Passes everything on to another transport and writes what went over it to a cassette. A cancelled exchange is not recorded.
class RecordingTransport final : public Transport {
 public:
  RecordingTransport(std::unique_ptr<Transport> inner, std::shared_ptr<Recorder> recorder)
      : inner_(std::move(inner)), recorder_(std::move(recorder)) {}
  /// Errors beside the other transport's: store_failed, where the exchange took place and could not be written down.
  [[nodiscard]] asio::awaitable<Result<http::Response>> send(http::Request request, ChunkSink sink) override;

 private:
  std::unique_ptr<Transport> inner_;
  std::shared_ptr<Recorder> recorder_;
};

}  // namespace skein::model
