#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "workflow/expression/parser_impl.hpp"

namespace skein::workflow::expression {

Node* Parser::parse_postfix() {  // NOLINT(misc-no-recursion)
  const auto begin = token_.begin;
  auto* const head = parse_term();
  auto* node = head;
  const Node* step = nullptr;  // the last one, where a `?` would belong to it
  while (node != nullptr) {
    const auto* before = node;
    if (token_.kind == TokenKind::field) {
      const auto name = token_.text.substr(1);
      advance();
      node = member(node, make_text(name));
    } else if (token_.is("[")) {
      node = parse_subscript(node);
    } else if (token_.is(".")) {
      advance();
      if (token_.kind == TokenKind::quote) {
        auto* key = parse_string();
        node = key == nullptr ? nullptr : member(node, key);
      } else if (token_.is("[")) {
        node = parse_subscript(node);
      } else {
        return unexpected("a name, a string or '[' after '.'");
      }
    } else if (accept("?")) {
      node = make_optional(node, std::exchange(step, nullptr));
    } else if (token_.is_word("as")) {
      node = parse_binding(node);
      break;  // what follows belongs to its body
    } else {
      break;
    }
    if (node != before && node != nullptr && node->kind != NodeKind::attempt) step = node;
  }
  if (node != nullptr && head->kind == NodeKind::lookup && head->name == "env" && head->field.empty()) {
    return fail(begin, "the environment as a whole cannot be read; name one variable, as in env.NAME");
  }
  return node;
}

Node* Parser::make_optional(Node* node, const Node* step) {
  if (node != step) return make(NodeKind::attempt, {node});
  node->optional = true;
  node->single = false;
  return node;
}

Node* Parser::member(Node* target, Node* key) {
  const bool is_static = key->kind == NodeKind::literal && key->literal.is_string() && !key->literal.get_string().empty();
  if (target->kind == NodeKind::lookup && target->field.empty() && is_static) {
    target->field = std::string_view(key->literal.get_string());
    program_->references[target->reference].field = target->field;
    return target;
  }
  return make(NodeKind::index, {target, key});
}

Node* Parser::parse_subscript(Node* target) {  // NOLINT(misc-no-recursion)
  advance();
  if (accept("]")) return make(NodeKind::iterate, {target});
  const Setting commas(commas_, true);
  Node* from = nullptr;
  if (!token_.is(":")) {
    from = parse_pipe();
    if (from == nullptr) return nullptr;
    if (accept("]")) return member(target, from);
  }
  if (!expect(":", "or ']' in a subscript")) return nullptr;
  if (token_.is("]") && from == nullptr) return unexpected("a number on at least one side of ':'");
  auto* to = token_.is("]") ? make(NodeKind::literal) : parse_pipe();
  if (to == nullptr || !expect("]", "after a slice")) return nullptr;
  return make(NodeKind::slice, {target, to, from == nullptr ? make(NodeKind::literal) : from});
}

Node* Parser::parse_binding(Node* source) {  // NOLINT(misc-no-recursion)
  advance();
  if (token_.is("[") || token_.is("{")) {
    return fail(token_.begin, "patterns are not part of this language; bind the whole value with 'as $name' and take it apart later");
  }
  if (token_.kind != TokenKind::variable) return unexpected("a variable such as $x after 'as'");
  const auto name = token_.text;
  advance();
  if (!expect("|", "after the variable")) return nullptr;
  const auto slot = program_->slots++;
  variables_.emplace_back(name, slot);
  auto* body = parse_pipe();
  variables_.pop_back();
  if (body == nullptr) return nullptr;
  auto* node = make(NodeKind::bind, {source, body});
  if (node != nullptr) node->slot = slot;
  return node;
}

Node* Parser::parse_variable() {
  const auto name = token_.text;
  const auto known = std::ranges::find(variables_.rbegin(), variables_.rend(), name, &std::pair<std::string_view, std::uint32_t>::first);
  if (name == "$ENV") return fail(token_.begin, "$ENV is not available; name one variable, as in env.NAME");
  if (known == variables_.rend()) {
    std::vector<std::string_view> names;
    for (const auto& variable : variables_) names.push_back(variable.first);
    return fail(token_.begin, fmt::format("{} is not defined; bind it with '… as {} | …'{}", name, name, did_you_mean(name, names)));
  }
  advance();
  auto* node = make(NodeKind::variable);
  node->slot = known->second;
  return node;
}

Node* Parser::parse_term() {  // NOLINT(misc-no-recursion)
  switch (token_.kind) {
    case TokenKind::number: return parse_number();
    case TokenKind::quote: return parse_string();
    case TokenKind::field: return parse_field();
    case TokenKind::variable: return parse_variable();
    case TokenKind::identifier: return parse_word();
    case TokenKind::punctuation: return parse_punctuation_term();
    default: return unexpected("a value");
  }
}

Node* Parser::parse_punctuation_term() {  // NOLINT(misc-no-recursion)
  if (token_.is(".")) return parse_dot();
  if (token_.is("(")) return parse_parenthesised();
  if (token_.is("[")) return parse_bracketed();
  if (token_.is("{")) return parse_object();
  return unexpected("a value");
}

Node* Parser::parse_parenthesised() {  // NOLINT(misc-no-recursion)
  advance();
  const Setting commas(commas_, true);
  auto* node = parse_pipe();
  return node != nullptr && expect(")", "to close '('") ? node : nullptr;
}

Node* Parser::parse_field() {
  const auto name = token_.text.substr(1);
  const auto offset = token_.begin + 1;
  advance();
  return has_input_ ? make(NodeKind::index, {make(NodeKind::identity), make_text(name)}) : make_lookup(name, offset);
}

Node* Parser::parse_dot() {  // NOLINT(misc-no-recursion)
  const auto offset = token_.begin;
  advance();
  if (token_.kind == TokenKind::quote) {
    auto* key = parse_string();
    return key == nullptr ? nullptr : own_member(key, offset);
  }
  if (has_input_) return make(NodeKind::identity);
  if (token_.is("[")) {
    // Only a name between the brackets makes this the head of a path.
    auto* key = parse_bracketed();
    if (key == nullptr || key->kind == NodeKind::lookup) return key;
    if (key->args.size() == 1 && key->args[0]->kind == NodeKind::literal && key->args[0]->literal.is_string()) {
      return make_lookup(std::string_view(key->args[0]->literal.get_string()), offset);
    }
  }
  return no_input(offset, "'.'");
}

/// `.[key]` of the input, or the head `key` where there is no input.
Node* Parser::own_member(Node* key, std::size_t offset) {
  if (has_input_) return make(NodeKind::index, {make(NodeKind::identity), key});
  if (key->kind != NodeKind::literal) return no_input(offset, "'.'");
  return make_lookup(std::string_view(key->literal.get_string()), offset);
}

/// An array, or a bracketed name at the head of a path: `["my-task"].result`.
Node* Parser::parse_bracketed() {  // NOLINT(misc-no-recursion)
  const auto offset = token_.begin;
  advance();
  if (accept("]")) return make(NodeKind::array);
  const Setting commas(commas_, true);
  auto* content = parse_pipe();
  if (content == nullptr || !expect("]", "to close '['")) return nullptr;
  const bool continues = token_.kind == TokenKind::field || token_.is(".") || token_.is("[");
  if (continues && content->kind == NodeKind::literal && content->literal.is_string()) {
    return make_lookup(std::string_view(content->literal.get_string()), offset);
  }
  return make(NodeKind::array, {content});
}

Node* Parser::parse_conditional() {  // NOLINT(misc-no-recursion)
  const Setting commas(commas_, true);
  advance();  // "if" or "elif"
  auto* condition = parse_pipe();
  if (condition == nullptr) return nullptr;
  if (!token_.is_word("then")) return unexpected("'then'");
  advance();
  auto* yes = parse_pipe();
  if (yes == nullptr) return nullptr;
  Node* no = nullptr;
  if (token_.is_word("elif")) {
    if (++depth_ > 100) return fail(token_.begin, "too many branches; split the expression");
    no = parse_conditional();
    --depth_;
    return no == nullptr ? nullptr : make(NodeKind::conditional, {condition, yes, no});
  }
  if (token_.is_word("else")) {
    advance();
    no = parse_pipe();
  } else if (token_.is_word("end")) {
    if (!has_input_) return fail(token_.begin, "'if' without 'else' gives its input, and there is none here; add 'else'");
    no = make(NodeKind::identity);
  }
  if (no == nullptr) return unexpected("'elif', 'else' or 'end'");
  if (!token_.is_word("end")) return unexpected("'end'");
  advance();
  return make(NodeKind::conditional, {condition, yes, no});
}

Node* Parser::parse_word() {  // NOLINT(misc-no-recursion)
  const auto word = token_;
  if (word.text == "if") return parse_conditional();
  if (word.text == "and" || word.text == "or" || word.text == "then" || word.text == "elif" || word.text == "else" || word.text == "end" ||
      word.text == "as") {
    return unexpected("a value");
  }
  const bool is_call = next_token(text_, word.end()).is("(");
  if (!is_call && (word.text == "null" || word.text == "true" || word.text == "false")) {
    advance();
    auto* node = make(NodeKind::literal);
    if (word.text != "null") node->literal = word.text == "true";
    return node;
  }
  if (is_call || (is_reserved(word.text) && word.text != "env")) return parse_call(word);
  advance();
  return make_lookup(word.text, word.begin);
}

Node* Parser::parse_call(const Token& name) {  // NOLINT(misc-no-recursion)
  const auto known = arities(name.text);
  if (known.empty()) {
    const auto why = refusal_of(name.text);
    if (!why.empty()) return fail(name.begin, fmt::format("'{}' is not part of this language: {}", name.text, why));
    return fail(name.begin, fmt::format("unknown function '{}'{}", name.text, did_you_mean(name.text, builtin_names())));
  }
  advance();
  std::vector<const Node*> args;
  if (accept("(")) {
    const Setting commas(commas_, true);
    do {
      // Where overloads differ (`any(f)` and `any(g; f)`), the one that needs no input decides: the other needs one anyway.
      const bool items = std::ranges::all_of(known, [&](std::size_t arity) {
        return arity <= args.size() || find_builtin(name.text, arity)->parameters[args.size()] == Sees::items;
      });
      const Setting input(has_input_, has_input_ || items);
      const auto* argument = parse_pipe();
      if (argument == nullptr) return nullptr;
      args.push_back(argument);
    } while (accept(";"));
    if (!expect(")", "or ';' after an argument")) return nullptr;
  }
  return finish_call(name, std::move(args));
}

Node* Parser::finish_call(const Token& name, std::vector<const Node*> args) {
  const auto* builtin = find_builtin(name.text, args.size());
  if (builtin == nullptr) {
    std::vector<std::string> counts;
    for (const auto arity : arities(name.text)) counts.push_back(std::to_string(arity));
    return fail(name.begin, fmt::format("'{}' takes {} arguments, not {} (they are separated by ';')", name.text, list_of(counts, " or "),
                                        args.size()));
  }
  if (builtin->needs_input && !has_input_) return no_input(name.begin, name.text);
  auto* node = make(builtin->value != nullptr ? NodeKind::call : NodeKind::closure_call, std::move(args));
  if (node == nullptr) return nullptr;
  node->builtin = builtin;
  if (builtin->value == nullptr) node->single = builtin->closure != nullptr;
  return node;
}

}  // namespace skein::workflow::expression
