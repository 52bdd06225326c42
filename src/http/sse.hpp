#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace skein::http {

/// One server-sent event. The views are valid during the call.
struct SseEvent {
  std::string_view name;  ///< of the `event` field; empty: "message"
  std::string_view data;  ///< the `data` lines joined by line feeds
  std::string_view id;    ///< the last `id` seen
};

/// Cuts a stream into server-sent events (WHATWG HTML, "Server-sent events"), however it is split into chunks: an event is told as soon as
/// its blank line has come, one that the stream's end cuts off is never told. Sans-I/O.
class SseParser {
 public:
  /// `max_event_bytes`: the longest event that is taken, and the longest line of a comment.
  explicit SseParser(std::size_t max_event_bytes = std::size_t{8} << 20) : limit_(max_event_bytes) {}
  /// Calls `on_event` for each event that `bytes` completes; false from it ends the reading: what follows is not looked at, in this call
  /// and in later ones. Error: too_large, which ends the reading too.
  [[nodiscard]] Result<void> push(std::string_view bytes, const std::function<bool(const SseEvent&)>& on_event);

  /// How long the server wants a reader to wait before it connects again (the last `retry` field).
  [[nodiscard]] std::optional<milliseconds> retry() const { return retry_; }
  /// The last `id` seen, for `Last-Event-ID`.
  [[nodiscard]] std::string_view last_id() const { return id_; }

 private:
  /// Whether the reading goes on.
  bool line(std::string_view text, const std::function<bool(const SseEvent&)>& on_event);
  void field(std::string_view name, std::string_view value);
  [[nodiscard]] std::string_view without_mark(std::string_view bytes);

  std::size_t limit_;
  std::string rest_;  ///< of a line that has not ended
  std::string name_, data_, id_;
  std::optional<milliseconds> retry_;
  bool has_data_ = false;
  bool skip_feed_ = false;  ///< the last chunk ended with a carriage return
  std::size_t mark_ = 0;    ///< bytes of a byte order mark seen; 3: it can no longer come
  bool ended_ = false;
};

}  // namespace skein::http
