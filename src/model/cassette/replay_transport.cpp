#include "model/cassette/replay_transport.hpp"

#include "http/url.hpp"
#include "model/cassette/recorded_request.hpp"

namespace skein::model {

asio::awaitable<Result<http::Response>> ReplayTransport::send(http::Request request, ChunkSink sink) {
  const auto asked = recorded_request(request, secrets_);
  const auto found = tape_->next(asked);
  if (!found) co_return std::unexpected(found.error());
  const auto& answer = **found;
  if (answer.status == 0) co_return std::unexpected(*answer.failure);  // the reader lets nothing through that is neither

  http::Response response;
  response.status = answer.status;
  response.headers = answer.headers;
  if (const auto url = http::Url::parse(request.url)) response.final_url = url->display();
  const bool to_sink = sink && is_success(answer.status);
  if (!to_sink) {
    response.body = answer.body;
    for (const auto& chunk : answer.chunks) response.body += chunk;
  } else if (answer.streamed) {
    for (const auto& chunk : answer.chunks) {
      if (!sink(response, chunk)) co_return response;
    }
  } else if (!sink(response, answer.body)) {
    co_return response;
  }
  if (answer.failure) co_return std::unexpected(*answer.failure);
  co_return response;
}

}  // namespace skein::model
