#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace skein::workflow::expression {

enum class TokenKind : std::uint8_t {
  end,
  identifier,
  field,        ///< `.name`
  variable,     ///< `$name`
  number,
  quote,        ///< `"` or `'`; what follows is the parser's, because strings hold expressions
  punctuation,  ///< operators and brackets, longest first
  invalid       ///< one character (all its bytes) that begins nothing
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
  std::size_t begin = 0;

  [[nodiscard]] std::size_t end() const { return begin + text.size(); }
  [[nodiscard]] bool is(std::string_view punctuation) const { return kind == TokenKind::punctuation && text == punctuation; }
  [[nodiscard]] bool is_word(std::string_view word) const { return kind == TokenKind::identifier && text == word; }
};

/// The token at or after `from`, white space skipped.
[[nodiscard]] Token next_token(std::string_view source, std::size_t from);

}  // namespace skein::workflow::expression
