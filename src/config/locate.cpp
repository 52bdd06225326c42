#include <algorithm>
#include <charconv>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "config/source.hpp"

namespace skein::config {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string unescaped(std::string_view step) {
  std::string out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] == '~' && i + 1 < step.size()) {
      out += step[++i] == '1' ? '/' : '~';
    } else {
      out += step[i];
    }
  }
  return out;
}

/// The child that `step` names, or the number of children.
std::size_t child_index(const Json& value, std::string_view step) {
  if (const auto* object = value.if_object()) return static_cast<std::size_t>(object->find(unescaped(step)) - object->begin());
  std::size_t index = 0;
  const auto* array = value.if_array();
  if (array == nullptr) return 0;
  const auto ec = std::from_chars(step.data(), step.data() + step.size(), index).ec;
  return ec == std::errc{} ? std::min(index, array->size()) : array->size();
}

const Json& child_of(const Json& value, std::size_t index) {
  if (const auto* object = value.if_object()) return (object->begin() + static_cast<std::ptrdiff_t>(index))->value();
  return value.get_array()[index];
}

/// How many bytes an escape of a double-quoted string has in the text (the backslash included), given what follows the backslash.
std::size_t escape_size(std::string_view after) {
  if (after.empty()) return 2;
  switch (after[0]) {
    case 'x': return 4;
    case 'u': return 6;
    case 'U': return 10;
    default: return 2;
  }
}

/// Length of the UTF-8 sequence that begins with `c`.
std::size_t sequence_size(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/// Walks a scalar's text and its value side by side. Blanks are passed over on both sides, since folding changes them.
class Walk {
 public:
  Walk(std::string_view text, std::size_t at, std::string_view value) : text_(text), i_(at), value_(value) {
    if (i_ >= text_.size()) return;
    if (text_[i_] == '"' || text_[i_] == '\'') {
      quote_ = text_[i_++];
    } else if (text_[i_] == '|' || text_[i_] == '>') {
      while (i_ < text_.size() && text_[i_] != '\n') ++i_;
    }
  }

  /// Empty where text and value differ before `offset`.
  std::optional<std::size_t> to(std::size_t offset) {
    while (v_ < offset && v_ < value_.size()) {
      if (is_blank(value_[v_])) {
        if (!skip_blank_value()) return std::nullopt;
      } else if (!step()) {
        return std::nullopt;
      }
    }
    skip_blank_text();
    return i_;
  }

 private:
  void skip_blank_text() {
    while (i_ < text_.size()) {
      if (is_blank(text_[i_])) {
        ++i_;
      } else if (quote_ == '"' && text_.substr(i_).starts_with("\\\n")) {
        i_ += 2;
      } else {
        return;
      }
    }
  }
  /// A blank of the value may also be an escape: \n, \t, "\ ".
  bool skip_blank_value() {
    if (quote_ == '"' && i_ + 1 < text_.size() && text_[i_] == '\\' && text_[i_ + 1] != '\n') {
      i_ += escape_size(text_.substr(i_ + 1));
      ++v_;
      return i_ <= text_.size();
    }
    if (i_ >= text_.size() || !is_blank(text_[i_])) return false;
    while (v_ < value_.size() && is_blank(value_[v_])) ++v_;
    skip_blank_text();
    return true;
  }
  bool step() {
    skip_blank_text();
    if (i_ >= text_.size()) return false;
    if (quote_ == '"' && text_[i_] == '\\') {
      const auto size = sequence_size(value_[v_]);
      i_ += escape_size(text_.substr(i_ + 1));
      if (size == 4 && text_.substr(std::min(i_, text_.size())).starts_with("\\u")) i_ += 6;  // a surrogate pair
      v_ += size;
      return i_ <= text_.size() && v_ <= value_.size();
    }
    if (text_[i_] != value_[v_]) return false;
    i_ += quote_ == '\'' && text_[i_] == '\'' ? 2 : 1;
    ++v_;
    return true;
  }

  std::string_view text_;
  std::size_t i_;
  std::string_view value_;
  std::size_t v_ = 0;
  char quote_ = 0;
};

}  // namespace

std::size_t offset_of(const SourceDocument& source, std::string_view pointer, describe::Part part) {
  const Json* value = &source.document;
  const Marks* marks = &source.marks;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto end = pointer.find('/');
    const auto index = child_index(*value, pointer.substr(0, end));
    if (index >= marks->children.size()) break;
    value = &child_of(*value, index);
    marks = &marks->children[index];
    pointer = end == std::string_view::npos ? std::string_view{} : pointer.substr(end);
  }
  return part == describe::Part::key ? marks->key : marks->value;
}

std::size_t scalar_start(std::string_view text, std::size_t begin) {
  auto i = begin;
  while (i < text.size() && (text[i] == '&' || text[i] == '!')) {
    while (i < text.size() && !is_blank(text[i])) ++i;
    while (i < text.size() && is_blank(text[i])) ++i;
  }
  return i;
}

std::optional<std::size_t> offset_in_scalar(std::string_view text, std::size_t begin, std::string_view value, std::size_t offset) {
  return Walk(text, scalar_start(text, begin), value).to(offset);
}

}  // namespace skein::config
