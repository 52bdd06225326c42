#include "base/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <fmt/format.h>

#include "base/text.hpp"

namespace skein {
namespace {

void append_string(std::string& out, std::string_view text) {
  static constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) continue;
    out.append(text, from, i - from);
    from = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: out += "\\u00", out += hex[c >> 4], out += hex[c & 15];
    }
  }
  out.append(text, from);
  out += '"';
}

template <class Integer>
void append_integer(std::string& out, Integer n) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, n).ptr;
  out.append(buffer, end);
}

void append_double(std::string& out, double d) {
  if (!std::isfinite(d)) {
    out += "null";
    return;
  }
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, d).ptr;
  out.append(buffer, end);
  // 1e+20 and 3 are numbers too, but a reader would take "3" for an integer: keep the kind visible.
  if (std::string_view(buffer, static_cast<std::size_t>(end - buffer)).find_first_of(".e") == std::string_view::npos) {
    out += ".0";
  }
}

class Writer {
 public:
  Writer(std::string& out, int indent) : out_(out), indent_(indent) {}

  void write(const Json& v, int level) {  // NOLINT(misc-no-recursion): depth is bounded by max_json_depth
    switch (v.kind()) {
      case boost::json::kind::null: out_ += "null"; break;
      case boost::json::kind::bool_: out_ += v.get_bool() ? "true" : "false"; break;
      case boost::json::kind::int64: append_integer(out_, v.get_int64()); break;
      case boost::json::kind::uint64: append_integer(out_, v.get_uint64()); break;
      case boost::json::kind::double_: append_double(out_, v.get_double()); break;
      case boost::json::kind::string: append_string(out_, v.get_string()); break;
      case boost::json::kind::array: write_array(v.get_array(), level); break;
      case boost::json::kind::object: write_object(v.get_object(), level); break;
    }
  }

 private:
  void write_array(const JsonArray& array, int level) {  // NOLINT(misc-no-recursion)
    out_ += '[';
    bool first = true;
    for (const auto& item : array) {
      separate(first, level + 1);
      write(item, level + 1);
    }
    close(']', first, level);
  }
  void write_object(const JsonObject& object, int level) {  // NOLINT(misc-no-recursion)
    out_ += '{';
    bool first = true;
    for (const auto& member : object) {
      separate(first, level + 1);
      append_string(out_, member.key());
      out_ += indent_ > 0 ? ": " : ":";
      write(member.value(), level + 1);
    }
    close('}', first, level);
  }
  void separate(bool& first, int level) {
    if (!first) out_ += ',';
    first = false;
    newline(level);
  }
  void close(char bracket, bool empty, int level) {
    if (!empty) newline(level);
    out_ += bracket;
  }
  void newline(int level) {
    if (indent_ == 0) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(level) * static_cast<std::size_t>(indent_), ' ');
  }

  std::string& out_;
  int indent_;
};

/// Builds values as the library's own handler does, but reads floating-point numbers exactly: its own reading of a tenth of them is off
/// by one unit in the last place, so that a value would change on its way through a journal.
struct ExactHandler {
  using Text = boost::json::string_view;
  using Code = boost::system::error_code;
  static constexpr std::size_t max_object_size = boost::json::object::max_size();
  static constexpr std::size_t max_array_size = boost::json::array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();

  boost::json::value_stack stack;
  std::string number;  ///< what has come of a number in parts

  static bool on_document_begin(Code&) { return true; }
  static bool on_document_end(Code&) { return true; }
  static bool on_object_begin(Code&) { return true; }
  bool on_object_end(std::size_t size, Code&) { return stack.push_object(size), true; }
  static bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t size, Code&) { return stack.push_array(size), true; }
  bool on_key_part(Text part, std::size_t, Code&) { return stack.push_chars(part), true; }
  bool on_key(Text rest, std::size_t, Code&) { return stack.push_key(rest), true; }
  bool on_string_part(Text part, std::size_t, Code&) { return stack.push_chars(part), true; }
  bool on_string(Text rest, std::size_t, Code&) { return stack.push_string(rest), true; }
  bool on_number_part(Text part, Code&) { return number.append(part.data(), part.size()), true; }
  bool on_int64(std::int64_t value, Text, Code&) { return number.clear(), stack.push_int64(value), true; }
  bool on_uint64(std::uint64_t value, Text, Code&) { return number.clear(), stack.push_uint64(value), true; }
  bool on_double(double value, Text rest, Code&) {
    number.append(rest.data(), rest.size());
    (void)std::from_chars(number.data(), number.data() + number.size(), value);  // out of range: as it came
    number.clear();
    stack.push_double(value);
    return true;
  }
  bool on_bool(bool value, Code&) { return stack.push_bool(value), true; }
  bool on_null(Code&) { return stack.push_null(), true; }
  static bool on_comment_part(Text, Code&) { return true; }
  static bool on_comment(Text, Code&) { return true; }
};

std::string position_of(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::ranges::count(before, '\n');
  const auto last_newline = before.rfind('\n');
  const auto column = last_newline == std::string_view::npos ? before.size() + 1 : before.size() - last_newline;
  return fmt::format("line {}, column {}", line, column);
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t max_depth) {
  if (trim(text).empty()) return fail(ErrorCode::invalid_argument, "not JSON: the text is empty");
  boost::json::parse_options options;
  options.max_depth = max_depth;
  boost::json::basic_parser<ExactHandler> parser(options);
  parser.handler().stack.reset();
  boost::system::error_code ec;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && used < text.size() && !trim(text.substr(used)).empty()) ec = boost::json::error::extra_data;
  if (ec) {
    return fail(ErrorCode::invalid_argument, fmt::format("not JSON: {} at {}", ec.message(), position_of(text, used)));
  }
  return parser.handler().stack.release();
}

void append_json(std::string& out, const Json& value) { Writer(out, 0).write(value, 0); }

std::string to_json(const Json& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string to_pretty_json(const Json& value) {
  std::string out;
  Writer(out, 2).write(value, 0);
  return out;
}

std::string_view type_name(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null: return "null";
    case boost::json::kind::bool_: return "boolean";
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
    case boost::json::kind::double_: return "number";
    case boost::json::kind::string: return "string";
    case boost::json::kind::array: return "array";
    case boost::json::kind::object: return "object";
  }
  return "null";
}

const Json* at_pointer(const Json& root, std::string_view pointer) {
  boost::system::error_code ec;
  return root.find_pointer(pointer, ec);
}

std::string pointer_to(std::string_view pointer, std::string_view key) {
  std::string out(pointer);
  out += '/';
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string pointer_to(std::string_view pointer, std::size_t index) { return fmt::format("{}/{}", pointer, index); }

}  // namespace skein
