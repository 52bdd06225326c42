#include <algorithm>

#include "base/text.hpp"
#include "config/source.hpp"

namespace skein::config {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

constexpr std::size_t longest_excerpt = 120;  // bytes shown of a line
constexpr std::size_t lead_in = 60;           // of them before the caret, at most

}  // namespace

SourceText::SourceText(std::string_view text) : text_(text) {
  starts_.push_back(0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts_.push_back(i + 1);
  }
}

std::size_t SourceText::line_of(std::size_t offset) const {
  return static_cast<std::size_t>(std::ranges::upper_bound(starts_, offset) - starts_.begin()) - 1;
}

std::string_view SourceText::line(std::size_t index) const {
  const auto begin = starts_[index];
  const auto end = index + 1 < starts_.size() ? starts_[index + 1] - 1 : text_.size();
  auto view = text_.substr(begin, end - begin);
  if (view.ends_with('\r')) view.remove_suffix(1);
  return view;
}

Position SourceText::position(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto index = line_of(offset);
  const auto before = text_.substr(starts_[index], offset - starts_[index]);
  const auto characters = before.size() - static_cast<std::size_t>(std::ranges::count_if(before, continues));
  return {.line = static_cast<int>(index + 1), .column = static_cast<int>(characters + 1)};
}

std::string SourceText::excerpt(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto index = line_of(offset);
  auto shown = line(index);
  auto at = std::min(offset - starts_[index], shown.size());
  std::size_t cut = at > lead_in ? at - lead_in : 0;
  while (cut > 0 && cut < shown.size() && continues(shown[cut])) --cut;
  shown.remove_prefix(cut);
  at -= cut;
  std::string printed = to_valid_utf8(shorten(shown, longest_excerpt));
  std::ranges::replace_if(printed, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; }, '?');
  const std::string number = std::to_string(index + 1);
  std::string out =
      "  " + number + " | " + (cut > 0 ? "…" : "") + printed + "\n  " + std::string(number.size(), ' ') + " | " + (cut > 0 ? " " : "");
  for (const char c : shown.substr(0, at)) {
    if (!continues(c)) out += c == '\t' ? '\t' : ' ';
  }
  return out + '^';
}

}  // namespace skein::config
