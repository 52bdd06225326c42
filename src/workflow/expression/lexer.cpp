#include "workflow/expression/lexer.hpp"

#include <array>

namespace skein::workflow::expression {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return begins_name(c) || is_digit(c); }
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

template <class Predicate>
std::size_t run_of(std::string_view text, std::size_t from, Predicate belongs) {
  while (from < text.size() && belongs(text[from])) ++from;
  return from;
}

/// Bytes of the number at the start of `text`: `12`, `1.5`, `.5`, `1.`, `2e-3`.
std::size_t number_length(std::string_view text) {
  std::size_t at = run_of(text, 0, is_digit);
  if (at < text.size() && text[at] == '.') at = run_of(text, at + 1, is_digit);
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    std::size_t exponent = at + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    if (exponent < text.size() && is_digit(text[exponent])) at = run_of(text, exponent, is_digit);
  }
  return at;
}

constexpr std::array<std::string_view, 13> long_operators{"//=", "..", "//", "==", "!=", "<=", ">=", "|=", "+=", "-=", "*=", "/=", "%="};
constexpr std::string_view short_operators = ".[]{}()|,:;=<>+-*/%?@#";

}  // namespace

Token next_token(std::string_view source, std::size_t from) {
  from = run_of(source, from, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  const auto rest = source.substr(from);
  const auto token = [&](TokenKind kind, std::size_t length) { return Token{kind, rest.substr(0, length), from}; };
  if (rest.empty()) return token(TokenKind::end, 0);
  const char first = rest[0];
  const char second = rest.size() > 1 ? rest[1] : '\0';
  if (begins_name(first)) return token(TokenKind::identifier, run_of(rest, 1, continues_name));
  if (first == '.' && begins_name(second)) return token(TokenKind::field, run_of(rest, 2, continues_name));
  if (first == '$' && begins_name(second)) return token(TokenKind::variable, run_of(rest, 2, continues_name));
  if (is_digit(first) || (first == '.' && is_digit(second))) return token(TokenKind::number, number_length(rest));
  if (first == '"' || first == '\'') return token(TokenKind::quote, 1);
  for (const auto text : long_operators) {
    if (rest.starts_with(text)) return token(TokenKind::punctuation, text.size());
  }
  if (short_operators.find(first) != std::string_view::npos) return token(TokenKind::punctuation, 1);
  return token(TokenKind::invalid, run_of(rest, 1, continues_character));
}

}  // namespace skein::workflow::expression
