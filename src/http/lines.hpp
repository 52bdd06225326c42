#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace skein::http {

/// Cuts a stream into lines (NDJSON), however it is split into chunks. Blank lines are left out, a carriage return before the line feed
/// too. Sans-I/O.
class LineParser {
 public:
  explicit LineParser(std::size_t max_line_bytes = std::size_t{8} << 20) : limit_(max_line_bytes) {}
  /// Calls `on_line` for each line that `bytes` completes, valid during the call; false from it ends the reading. Error: too_large.
  [[nodiscard]] Result<void> push(std::string_view bytes, const std::function<bool(std::string_view)>& on_line);
  /// The end of the stream: a last line needs no line feed.
  void finish(const std::function<bool(std::string_view)>& on_line);

 private:
  std::size_t limit_;
  std::string rest_;
  bool ended_ = false;
};

}  // namespace skein::http
