#include "http/sse.hpp"

#include <algorithm>
#include <charconv>

namespace skein::http {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

Result<void> SseParser::push(std::string_view bytes, const std::function<bool(const SseEvent&)>& on_event) {
  if (ended_) return {};
  if (mark_ < byte_order_mark.size()) bytes = without_mark(bytes);
  while (!bytes.empty()) {
    if (skip_feed_) {
      skip_feed_ = false;
      if (bytes.front() == '\n') {
        bytes.remove_prefix(1);
        continue;
      }
    }
    const auto end = static_cast<std::size_t>(std::ranges::find_if(bytes, [](char c) { return c == '\n' || c == '\r'; }) - bytes.begin());
    if (rest_.size() + end + data_.size() > limit_) {
      ended_ = true;
      return fail(ErrorCode::too_large, "the stream has an event of more than " + std::to_string(limit_) + " bytes");
    }
    if (end == bytes.size()) {
      rest_ += bytes;
      return {};
    }
    skip_feed_ = bytes[end] == '\r';
    auto text = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (!rest_.empty()) text = rest_ += text;
    ended_ = !line(text, on_event);
    rest_.clear();
    if (ended_) return {};
  }
  return {};
}

/// The mark stands only at the very beginning and may come in pieces; what looked like one and is none belongs to the first line.
std::string_view SseParser::without_mark(std::string_view bytes) {
  while (!bytes.empty() && mark_ < byte_order_mark.size()) {
    if (bytes.front() != byte_order_mark[mark_]) {
      rest_ = byte_order_mark.substr(0, mark_);
      mark_ = byte_order_mark.size();
      return bytes;
    }
    bytes.remove_prefix(1);
    ++mark_;
  }
  return bytes;
}

bool SseParser::line(std::string_view text, const std::function<bool(const SseEvent&)>& on_event) {
  if (!text.empty()) {
    const auto colon = text.find(':');
    if (colon == 0) return true;  // a comment
    auto value = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    field(text.substr(0, colon), value);
    return true;
  }
  const bool goes_on = !has_data_ || on_event({.name = name_, .data = data_, .id = id_});
  name_.clear();
  data_.clear();
  has_data_ = false;
  return goes_on;
}

void SseParser::field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (name == "event") {
    name_ = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    milliseconds::rep wait = 0;
    const auto* end = value.data() + value.size();
    const auto [stopped, ec] = std::from_chars(value.data(), end, wait);
    if (ec == std::errc{} && stopped == end && wait >= 0 && value.front() != '-') retry_ = milliseconds(wait);
  }
}

}  // namespace skein::http
