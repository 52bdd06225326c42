#include <cstdio>
#include <string>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "config/source.hpp"

namespace skein::config {
namespace {

/// Notes where the values of a text stand. The text is known to be JSON; `value` is what it says.
class Marker {
 public:
  Marker(std::string_view text, std::vector<SourceProblem>& problems) : text_(text), problems_(problems) {}

  void value(const Json& value, Marks& marks, std::size_t depth) {  // NOLINT(misc-no-recursion): depth is bounded
    skip_blanks();
    marks.value = at_;
    if (stopped_) return;
    if (++nodes_ > max_document_nodes)
      return stop(fmt::format("more than {} values; split the workflow or shorten its data", max_document_nodes));
    if (depth > max_document_depth) return stop(fmt::format("nested more than {} levels deep; make it flatter", max_document_depth));
    // Of a duplicate key `value` is the last one, whatever stands here.
    if (text_[at_] == '{' && value.is_object()) return object(value.get_object(), marks, depth);
    if (text_[at_] == '[' && value.is_array()) return array(value.get_array(), marks, depth);
    skip_value();
  }

  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  void object(const JsonObject& object, Marks& marks, std::size_t depth) {  // NOLINT(misc-no-recursion)
    marks.children.resize(object.size());
    std::vector<bool> seen(object.size());
    for (bool more = open('}'); more && !stopped_; more = next()) {
      skip_blanks();
      const auto start = at_;
      skip_string();
      const auto key = parse_json(text_.substr(start, at_ - start));
      const auto& name = key->get_string();
      const auto index = static_cast<std::size_t>(object.find(name) - object.begin());
      skip_blanks();
      ++at_;  // the colon
      if (index == object.size()) {
        skip_value();
        continue;
      }
      if (seen[index]) {
        problems_.push_back(
            {start, fmt::format("duplicate key '{}'; remove one of the two", shorten(std::string_view(name.data(), name.size()), 60))});
        skip_value();
        continue;
      }
      seen[index] = true;
      marks.children[index].key = start;
      value((object.begin() + static_cast<std::ptrdiff_t>(index))->value(), marks.children[index], depth + 1);
    }
  }
  void array(const JsonArray& array, Marks& marks, std::size_t depth) {  // NOLINT(misc-no-recursion)
    marks.children.resize(array.size());
    std::size_t index = 0;
    for (bool more = open(']'); more && !stopped_; more = next(), ++index) {
      if (index >= array.size()) {
        skip_value();
        continue;
      }
      value(array[index], marks.children[index], depth + 1);
      marks.children[index].key = marks.children[index].value;
    }
  }

  /// Passes the opening bracket; whether there is a member.
  bool open(char close) {
    ++at_;
    skip_blanks();
    if (text_[at_] != close) return true;
    ++at_;
    return false;
  }
  /// Passes a comma or the closing bracket; whether another member follows.
  bool next() {
    if (stopped_) return false;
    skip_blanks();
    return text_[at_++] == ',';
  }
  void skip_blanks() {
    while (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t') ++at_;
  }
  void skip_string() {
    for (++at_; text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }
  void skip_word() {
    while (at_ < text_.size() && std::string_view(",]} \n\r\t").find(text_[at_]) == std::string_view::npos) ++at_;
  }
  void skip_value() {
    skip_blanks();
    std::size_t open_brackets = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
      } else if (c == '{' || c == '[') {
        ++open_brackets, ++at_;
      } else if (c == '}' || c == ']') {
        --open_brackets, ++at_;
      } else if (open_brackets > 0) {
        ++at_;
      } else {
        skip_word();
      }
    } while (open_brackets > 0);
  }
  void stop(std::string message) {
    stopped_ = true;
    problems_.push_back({at_, std::move(message)});
  }

  std::string_view text_;
  std::vector<SourceProblem>& problems_;
  std::size_t at_ = 0;
  std::size_t nodes_ = 0;
  bool stopped_ = false;
};

/// The offset that an error message of `parse_json` names ("… at line 3, column 5").
std::size_t error_offset(std::string_view text, std::string& message) {
  const auto cut = message.rfind(" at line ");
  if (cut == std::string::npos) return 0;
  std::size_t line = 1, column = 1;
  (void)std::sscanf(message.c_str() + cut, " at line %zu, column %zu", &line, &column);
  message.resize(cut);
  std::size_t start = 0;
  for (std::size_t i = 1; i < line; ++i) start = text.find('\n', start) + 1;
  return start + column - 1;
}

}  // namespace

SourceDocument read_json(std::string_view text) {
  SourceDocument out;
  auto parsed = parse_json(text);
  if (!parsed) {
    auto message = parsed.error().message;
    const auto offset = error_offset(text, message);
    out.complete = false;
    out.problems.push_back({offset, message + "; correct the text (a .yaml file may be written more freely)"});
    return out;
  }
  out.document = std::move(*parsed);
  Marker marker(text, out.problems);
  marker.value(out.document, out.marks, 1);
  out.complete = !marker.stopped();
  return out;
}

}  // namespace skein::config
