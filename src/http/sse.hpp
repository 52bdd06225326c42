#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace skein::http {

/// One server-sent event. The views are valid during the call.
struct SseEvent {
  std::string_view name;  ///< of the `event` field; empty: "message"
  std::string_view data;  ///< the `data` lines joined by line feeds
  std::string_view id;    ///< the last `id` seen
};

/// Cuts a stream into server-sent events (WHATWG HTML, "Server-sent events"), however it is split into chunks. Sans-I/O.
class SseParser {
 public:
  /// The longest event that is taken, in bytes.
  explicit SseParser(std::size_t max_event_bytes = std::size_t{8} << 20) : limit_(max_event_bytes) {}
  /// Calls `on_event` for each event that `bytes` completes; false from it ends the reading. Error: too_large.
  [[nodiscard]] Result<void> push(std::string_view bytes, const std::function<bool(const SseEvent&)>& on_event);

 private:
  void line(std::string_view text);

  std::size_t limit_;
  std::string rest_;         ///< of a line that has not ended
  std::string name_, data_, id_;
  bool has_data_ = false;
  bool skip_feed_ = false;   ///< the last chunk ended with a carriage return
  bool begun_ = false;       ///< a byte order mark can no longer come
};

}  // namespace skein::http
