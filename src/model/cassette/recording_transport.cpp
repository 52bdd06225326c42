#include "model/cassette/recording_transport.hpp"

#include "model/cassette/recorded_request.hpp"

namespace skein::model {
namespace {

/// Redaction must also find a secret that chunks cut in two: then the answer is kept in one piece.
void redact_chunks(std::vector<std::string>& chunks, const SecretValues& secrets) {
  std::string whole;
  for (const auto& chunk : chunks) whole += chunk;
  auto clean = secrets.redact(whole);
  if (clean != whole) chunks.assign(1, std::move(clean));
}

}  // namespace

asio::awaitable<Result<http::Response>> RecordingTransport::send(http::Request request, ChunkSink sink) {
  const auto& secrets = recorder_->secrets();
  const auto asked = recorded_request(request, secrets);
  http::Response head;
  std::vector<std::string> chunks;
  ChunkSink both;
  if (sink) {
    both = [&](const http::Response& response, std::string_view chunk) {
      if (head.status == 0) head.status = response.status, head.headers = response.headers;
      chunks.emplace_back(chunk);
      return sink(response, chunk);
    };
  }
  auto sent = co_await inner_->send(std::move(request), std::move(both));

  auto said = recorded_head(sent ? *sent : head, secrets);
  said.streamed = sink && is_success(said.status);
  if (said.streamed) {
    said.chunks = std::move(chunks);
    redact_chunks(said.chunks, secrets);
  } else if (sent) {
    said.body = secrets.redact(sent->body);
  }
  if (!sent) said.failure = sent.error();
  if (said.failure) said.failure->message = secrets.redact(said.failure->message);
  if (auto written = recorder_->note(asked, said); !written) co_return std::unexpected(std::move(written.error()));
  co_return sent;
}

}  // namespace skein::model
