#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/transport.hpp"
#include "model/virtual_time_test.hpp"

namespace skein::model::testing {

/// What a server does with one request.
struct Scene {
  int status = 200;
  http::Headers headers = {{"content-type", "application/json"}};
  std::string body;                 ///< of an answer in one piece
  std::vector<std::string> chunks;  ///< of a streamed one
  std::optional<Error> failure;     ///< after the chunks
  std::vector<microseconds> pauses; ///< before the chunk of the same place, and at last before the end
};

/// Plays scenes in order and keeps what it was asked.
class FakeTransport : public Transport {
 public:
  asio::awaitable<Result<http::Response>> send(http::Request request, ChunkSink sink) override {
    requests.push_back(std::move(request));
    if (time != nullptr) times.push_back(time->elapsed());
    if (scenes.empty()) co_return fail(ErrorCode::internal, "no scene is left");
    Scene scene = std::move(scenes.front());
    scenes.pop_front();
    http::Response response;
    response.status = scene.status;
    response.headers = scene.headers;
    const bool to_sink = sink && is_success(scene.status);
    if (scene.chunks.empty()) scene.chunks.push_back(scene.body);
    for (std::size_t i = 0; i < scene.chunks.size(); ++i) {
      co_await pause(scene, i);
      if (!to_sink) {
        response.body += scene.chunks[i];
      } else if (!sink(response, scene.chunks[i])) {
        co_return response;
      }
    }
    co_await pause(scene, scene.chunks.size());
    ++completed;
    if (scene.failure) co_return std::unexpected(*scene.failure);
    co_return response;
  }

  std::deque<Scene> scenes;
  VirtualTime* time = nullptr;  ///< where scenes have pauses
  std::vector<http::Request> requests;
  std::vector<microseconds> times;  ///< when they came
  int completed = 0;                ///< that were read to their end

 private:
  asio::awaitable<void> pause(const Scene& scene, std::size_t place) const {
    if (place < scene.pauses.size() && time != nullptr) co_await wait(*time, scene.pauses[place]);
  }
};

inline Error broken(std::string message = "the connection broke", bool retryable = true) {
  return {.code = ErrorCode::connection_failed, .message = std::move(message), .context = {}, .retryable = retryable, .retry_after = {}};
}

}  // namespace skein::model::testing
