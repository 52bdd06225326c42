#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "base/text.hpp"
#include "workflow/expression/number.hpp"
#include "workflow/expression/parser_impl.hpp"

namespace skein::workflow::expression {
namespace {

void append_utf8(std::string& out, unsigned code) {
  const auto byte = [&out](unsigned value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | code >> 6), byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | code >> 12), byte(0x80 | (code >> 6 & 0x3f)), byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | code >> 18), byte(0x80 | (code >> 12 & 0x3f)), byte(0x80 | (code >> 6 & 0x3f)), byte(0x80 | (code & 0x3f));
  }
}

constexpr unsigned replacement = 0xfffd;

}  // namespace

/// The string whose opening quote is the current token. Either quote will do, so that expressions fit into YAML strings of both sorts.
Node* Parser::parse_string() {  // NOLINT(misc-no-recursion)
  const auto begin = token_.begin;
  const char quote = text_[begin];
  std::vector<const Node*> parts;
  std::size_t at = token_.end();
  while (true) {
    token_ = Token{TokenKind::end, {}, at};
    const auto chunk = parse_chunk(quote);
    if (!chunk) return nullptr;
    at = token_.begin;
    if (at == text_.size()) return fail(begin, fmt::format("the string is not closed; add {}", quote == '"' ? "'\"'" : "\"'\""));
    if (text_[at] == quote) {
      token_ = Token{TokenKind::end, {}, at + 1};
      advance();
      if (parts.empty()) return make_text(*chunk);
      if (!chunk->empty()) parts.push_back(make_text(*chunk));
      return make(NodeKind::interpolate, std::move(parts));
    }
    if (!chunk->empty()) parts.push_back(make_text(*chunk));
    token_ = Token{TokenKind::end, {}, at + 2};  // behind "\("
    advance();
    const Setting commas(commas_, true);
    const auto* part = parse_pipe();
    if (part == nullptr) return nullptr;
    if (!token_.is(")")) return unexpected("')' to close '\\('");
    parts.push_back(part);
    at = token_.end();
  }
}

/// The characters from `token_.begin` up to a quote, `\(` or the end of the text, where `token_.begin` is left.
std::optional<std::string> Parser::parse_chunk(char quote) {
  std::string out;
  auto& at = token_.begin;
  const auto begin = at;
  while (at < text_.size() && text_[at] != quote) {
    if (text_[at] != '\\') {
      out += text_[at++];
      continue;
    }
    if (text_.substr(at).starts_with("\\(")) break;
    if (!parse_escape(out)) return std::nullopt;
  }
  if (!is_utf8(out)) {
    fail(begin, "the string is not valid UTF-8");
    return std::nullopt;
  }
  return out;
}

bool Parser::parse_escape(std::string& into) {
  static constexpr std::string_view letters = "\"'\\/bfnrt";
  static constexpr std::string_view meanings = "\"'\\/\b\f\n\r\t";
  auto& at = token_.begin;
  const char letter = at + 1 < text_.size() ? text_[at + 1] : '\0';
  if (letter == 'u') return parse_unicode(into);
  const auto known = letters.find(letter);
  if (known == std::string_view::npos) {
    fail(at, R"(unknown escape in a string; known are \" \' \\ \/ \b \f \n \r \t \uXXXX and \(…); write \\ for a backslash)");
    return false;
  }
  into += meanings[known];
  at += 2;
  return true;
}

std::optional<unsigned> Parser::parse_hex4() {
  const auto digits = text_.substr(std::min(text_.size(), token_.begin + 2), 4);
  unsigned code = 0;
  const auto* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, code, 16);
  if (error != std::errc() || stop != end || digits.size() != 4) {
    fail(token_.begin, "\\u needs four hexadecimal digits");
    return std::nullopt;
  }
  token_.begin += 6;
  return code;
}

bool Parser::parse_unicode(std::string& into) {
  const auto is_high = [](unsigned code) { return code >= 0xd800 && code < 0xdc00; };
  const auto is_low = [](unsigned code) { return code >= 0xdc00 && code < 0xe000; };
  const auto first = parse_hex4();
  if (!first) return false;
  if (!is_high(*first)) {
    append_utf8(into, is_low(*first) ? replacement : *first);
    return true;
  }
  if (!text_.substr(token_.begin).starts_with("\\u")) {
    append_utf8(into, replacement);
    return true;
  }
  const auto second = parse_hex4();
  if (!second) return false;
  append_utf8(into, is_low(*second) ? 0x10000 + ((*first & 0x3ff) << 10) + (*second & 0x3ff) : replacement);
  return true;
}

Node* Parser::parse_number() {
  const auto text = token_.text;
  advance();
  auto* node = make(NodeKind::literal);
  const auto* const end = text.data() + text.size();
  std::uint64_t integer = 0;
  const bool is_integer = text.find_first_of(".eE") == std::string_view::npos;
  if (is_integer && std::from_chars(text.data(), end, integer).ec == std::errc()) {
    node->literal = canonical(Json(integer));
    return node;
  }
  double value = 0;
  // Out of range, from_chars does not say which way; strtod does.
  if (std::from_chars(text.data(), end, value).ec != std::errc()) value = std::strtod(std::string(text).c_str(), nullptr);
  node->literal = number_of(value);
  return node;
}

Node* Parser::parse_object() {  // NOLINT(misc-no-recursion)
  advance();
  std::vector<const Node*> pairs;
  if (!accept("}")) {
    do {
      if (!parse_pair(pairs)) return nullptr;
    } while (accept(","));
    if (!expect("}", "or ',' in an object (put a name with other characters than letters, digits and _ in quotes)")) return nullptr;
  }
  std::ranges::reverse(pairs);
  return make(NodeKind::object, std::move(pairs));
}

/// Appends a key and its value.
bool Parser::parse_pair(std::vector<const Node*>& pairs) {  // NOLINT(misc-no-recursion)
  const auto token = token_;
  Node* key = nullptr;
  Node* value = nullptr;
  if (token.kind == TokenKind::identifier) {
    advance();
    key = make_text(token.text);
    if (!token_.is(":")) value = own_member(key, token.begin);
  } else if (token.kind == TokenKind::variable) {
    value = parse_variable();
    key = make_text(token.text.substr(1));
  } else if (token.kind == TokenKind::quote) {
    key = parse_string();
    if (key != nullptr && !token_.is(":")) value = own_member(key, token.begin);
  } else if (token.is("(")) {
    key = parse_parenthesised();
  } else if (token.kind == TokenKind::number) {
    fail(token.begin, "keys of objects are strings; put the number in quotes");
  } else {
    unexpected("a key of an object");
  }
  if (key == nullptr || error_) return false;
  if (value == nullptr) {
    if (!expect(":", "after the key of an object")) return false;
    const Setting commas(commas_, false);
    value = parse_pipe();
  }
  pairs.push_back(key);
  pairs.push_back(value);
  return value != nullptr;
}

}  // namespace skein::workflow::expression
