#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "workflow/expression/lexer.hpp"
#include "workflow/expression/parser.hpp"

namespace skein::workflow::expression {

/// Recursive descent with one token of look-ahead. Every function gives null after an error, which is the first one found.
class Parser {
 public:
  Parser(std::string_view text, std::size_t start);

  std::expected<Parsed, ExpressionError> parse(Ending ending);

 private:
  // parser.cpp: tokens, errors, nodes, operators
  void advance() { token_ = next_token(text_, token_.end()); }
  bool accept(std::string_view punctuation);
  bool expect(std::string_view punctuation, std::string_view where);
  std::nullptr_t fail(std::size_t offset, std::string message);
  std::nullptr_t unexpected(std::string_view wanted);
  Node* make(NodeKind kind, std::vector<const Node*> args = {});
  Node* make_text(std::string_view text);
  Node* make_lookup(std::string_view head, std::size_t offset);
  std::nullptr_t no_input(std::size_t offset, std::string_view what);

  Node* parse_pipe();
  Node* parse_comma();
  Node* parse_binary(int least);
  Node* parse_operators(int least);
  Node* parse_unary();

  // parse_terms.cpp: what operators join
  Node* parse_postfix();
  Node* parse_term();
  Node* parse_punctuation_term();
  Node* parse_dot();
  Node* parse_field();
  Node* parse_bracketed();
  Node* parse_subscript(Node* target);
  Node* make_optional(Node* node, const Node* step);
  Node* member(Node* target, Node* key);
  Node* parse_binding(Node* source);
  Node* parse_variable();
  Node* parse_conditional();
  Node* parse_parenthesised();
  Node* parse_word();
  Node* parse_call(const Token& name);
  Node* finish_call(const Token& name, std::vector<const Node*> args);

  // parse_literals.cpp: strings, numbers, objects
  Node* parse_string();
  std::optional<std::string> parse_chunk(char quote);
  bool parse_escape(std::string& into);
  bool parse_unicode(std::string& into);
  std::optional<unsigned> parse_hex4();
  Node* parse_number();
  Node* parse_object();
  bool parse_pair(std::vector<const Node*>& pairs);
  Node* own_member(Node* key, std::size_t offset);

  std::string_view text_;
  std::size_t start_;
  Token token_;
  std::shared_ptr<Expression::Program> program_;
  std::optional<ExpressionError> error_;
  std::vector<std::pair<std::string_view, std::uint32_t>> variables_;
  int depth_ = 0;
  bool has_input_ = false;  ///< whether `.` means something here
  bool commas_ = true;      ///< whether a comma joins results here (it separates pairs in an object)
};

/// Sets a member of the parser for the length of a scope.
class Setting {
 public:
  Setting(bool& member, bool value) : member_(member), before_(std::exchange(member, value)) {}
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;
  ~Setting() { member_ = before_; }

 private:
  bool& member_;
  bool before_;
};

}  // namespace skein::workflow::expression
