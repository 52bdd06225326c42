#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/transport.hpp"

namespace skein::model::testing {

/// What a server does with one request.
struct Scene {
  int status = 200;
  http::Headers headers = {{"content-type", "application/json"}};
  std::string body;                 ///< of an answer in one piece
  std::vector<std::string> chunks;  ///< of a streamed one
  std::optional<Error> failure;     ///< after the chunks
};

/// Plays scenes in order and keeps what it was asked.
class FakeTransport : public Transport {
 public:
  asio::awaitable<Result<http::Response>> send(http::Request request, ChunkSink sink) override {
    requests.push_back(std::move(request));
    if (scenes.empty()) co_return fail(ErrorCode::internal, "no scene is left");
    Scene scene = std::move(scenes.front());
    scenes.pop_front();
    http::Response response;
    response.status = scene.status;
    response.headers = scene.headers;
    const bool to_sink = sink && is_success(scene.status);
    if (scene.chunks.empty()) scene.chunks.push_back(scene.body);
    for (const auto& chunk : scene.chunks) {
      if (!to_sink) {
        response.body += chunk;
      } else if (!sink(response, chunk)) {
        co_return response;
      }
    }
    if (scene.failure) co_return std::unexpected(*scene.failure);
    co_return response;
  }

  std::deque<Scene> scenes;
  std::vector<http::Request> requests;
};

inline Error broken(std::string message = "the connection broke", bool retryable = true) {
  return {.code = ErrorCode::connection_failed, .message = std::move(message), .context = {}, .retryable = retryable, .retry_after = {}};
}

}  // namespace skein::model::testing
