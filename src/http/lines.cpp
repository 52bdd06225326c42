#include "http/lines.hpp"

namespace skein::http {
namespace {

/// Whether the reading goes on.
bool tell(std::string_view line, const std::function<bool(std::string_view)>& on_line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line.empty() || on_line(line);
}

}  // namespace

Result<void> LineParser::push(std::string_view bytes, const std::function<bool(std::string_view)>& on_line) {
  while (!ended_ && !bytes.empty()) {
    const auto end = bytes.find('\n');
    auto text = bytes.substr(0, end);
    if (rest_.size() + text.size() > limit_) {
      ended_ = true;
      return fail(ErrorCode::too_large, "the stream has a line of more than " + std::to_string(limit_) + " bytes");
    }
    if (end == std::string_view::npos) {
      rest_ += text;
      return {};
    }
    bytes.remove_prefix(end + 1);
    if (!rest_.empty()) text = rest_ += text;
    ended_ = !tell(text, on_line);
    rest_.clear();
  }
  return {};
}

void LineParser::finish(const std::function<bool(std::string_view)>& on_line) {
  if (!ended_) (void)tell(rest_, on_line);
  ended_ = true;
}

}  // namespace skein::http
