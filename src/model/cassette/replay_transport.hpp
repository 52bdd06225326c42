#pragma once

#include <memory>

#include "base/secrets.hpp"
#include "model/cassette/tape.hpp"
#include "model/transport.hpp"

namespace skein::model {

/// Answers from a cassette, without a network.
class ReplayTransport final : public Transport {
 public:
  /// `secrets` is what recording would have redacted; it outlives this.
  ReplayTransport(std::shared_ptr<Tape> tape, const SecretValues& secrets) : tape_(std::move(tape)), secrets_(secrets) {}
  [[nodiscard]] asio::awaitable<Result<http::Response>> send(http::Request request, ChunkSink sink) override;

 private:
  std::shared_ptr<Tape> tape_;
  const SecretValues& secrets_;
};

}  // namespace skein::model
