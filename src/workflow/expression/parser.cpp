#include "workflow/expression/parser.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "workflow/expression/parser_impl.hpp"

namespace skein::workflow::expression {
namespace {

constexpr std::size_t max_text = std::size_t{64} << 10;
constexpr int max_nesting = 200;
constexpr std::uint16_t max_height = 400;

enum class Associates : std::uint8_t { left, right, none };

struct Operator {
  std::string_view text;
  NodeKind kind;
  int precedence;
  Associates associates;
};

constexpr std::array<Operator, 14> operators{{
    {"//", NodeKind::alternative, 1, Associates::right},
    {"or", NodeKind::disjunction, 2, Associates::left},
    {"and", NodeKind::conjunction, 3, Associates::left},
    {"==", NodeKind::equal, 4, Associates::none},
    {"!=", NodeKind::unequal, 4, Associates::none},
    {"<", NodeKind::less, 4, Associates::none},
    {"<=", NodeKind::less_equal, 4, Associates::none},
    {">", NodeKind::greater, 4, Associates::none},
    {">=", NodeKind::greater_equal, 4, Associates::none},
    {"+", NodeKind::add, 5, Associates::left},
    {"-", NodeKind::subtract, 5, Associates::left},
    {"*", NodeKind::multiply, 6, Associates::left},
    {"/", NodeKind::divide, 6, Associates::left},
    {"%", NodeKind::modulo, 6, Associates::left},
}};
constexpr int multiplicative = 6;

const Operator* operator_of(const Token& token) {
  const auto found = std::ranges::find_if(operators, [&](const Operator& o) { return token.is(o.text) || token.is_word(o.text); });
  return found == operators.end() ? nullptr : &*found;
}

bool is_single(NodeKind kind, const Node& node) {
  switch (kind) {
    case NodeKind::array: return true;
    case NodeKind::iterate:
    case NodeKind::comma:
    case NodeKind::attempt: return false;
    default: return std::ranges::all_of(node.args, &Node::single);
  }
}

}  // namespace

Parser::Parser(std::string_view text, std::size_t start)
    : text_(text), start_(start), token_{TokenKind::end, {}, start}, program_(std::make_shared<Expression::Program>()) {
  advance();
}

std::expected<Parsed, ExpressionError> Parser::parse(Ending ending) {
  const auto is_end = [&] {
    return ending == Ending::end_of_text ? token_.kind == TokenKind::end : token_.is("}") && text_.substr(token_.end()).starts_with('}');
  };
  if (is_end()) {
    fail(token_.begin, "the expression is empty; write a value such as inputs.name");
  } else {
    program_->root = parse_pipe();
    if (program_->root != nullptr && !is_end()) unexpected(ending == Ending::braces ? "an operator or '}}'" : "an operator or the end");
  }
  if (error_) return std::unexpected(*std::move(error_));
  program_->text = trim(text_.substr(start_, token_.begin - start_));
  return Parsed{std::move(program_), token_.begin + (ending == Ending::braces ? 2 : 0)};
}

bool Parser::accept(std::string_view punctuation) {
  if (!token_.is(punctuation)) return false;
  advance();
  return true;
}

bool Parser::expect(std::string_view punctuation, std::string_view where) {
  if (accept(punctuation)) return true;
  unexpected(fmt::format("'{}' {}", punctuation, where));
  return false;
}

std::nullptr_t Parser::fail(std::size_t offset, std::string message) {
  if (!error_) error_ = ExpressionError{std::move(message), offset, {}};
  return nullptr;
}

std::nullptr_t Parser::unexpected(std::string_view wanted) {
  if (token_.kind == TokenKind::end) return fail(token_.begin, fmt::format("expected {}, but the expression ends here", wanted));
  if (token_.is("#")) return fail(token_.begin, "comments are not part of this language; put them beside the expression");
  if (token_.is("@")) return fail(token_.begin, "formats such as @base64 are not part of this language");
  if (token_.text.ends_with('=') && !operator_of(token_)) {
    return fail(token_.begin, fmt::format("'{}' would assign; expressions only compute (compare with ==)", token_.text));
  }
  if (token_.is("..")) return fail(token_.begin, "'..' is not part of this language; name the path");
  return fail(token_.begin, fmt::format("expected {}, but found '{}'", wanted, to_valid_utf8(token_.text)));
}

std::nullptr_t Parser::no_input(std::size_t offset, std::string_view what) {
  return fail(offset, fmt::format("{} has no input here; begin with a name, as in 'name | {}'", what, what));
}

Node* Parser::make(NodeKind kind, std::vector<const Node*> args) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  node->args = std::move(args);
  node->single = is_single(kind, *node);
  for (const auto* arg : node->args) node->height = std::max<std::uint16_t>(node->height, arg->height + 1);
  if (node->height > max_height)
    return fail(token_.begin, fmt::format("more than {} operators inside each other; split the expression", max_height));
  program_->nodes.push_back(std::move(node));
  return program_->nodes.back().get();
}

Node* Parser::make_text(std::string_view text) {
  auto* node = make(NodeKind::literal);
  node->literal = text;
  return node;
}

Node* Parser::make_lookup(std::string_view head, std::size_t offset) {
  if (head.empty()) return fail(offset, "a name cannot be empty");
  auto* node = make(NodeKind::lookup);
  node->name = head;
  node->reference = static_cast<std::uint32_t>(program_->references.size());
  program_->references.push_back({std::string(head), {}, offset});
  return node;
}

Node* Parser::parse_pipe() {  // NOLINT(misc-no-recursion): bounded by max_nesting
  auto* first = parse_comma();
  if (first == nullptr || !token_.is("|")) return first;
  std::vector<const Node*> stages{first};
  const Setting input(has_input_, true);
  while (accept("|")) {
    const auto* stage = parse_comma();
    if (stage == nullptr) return nullptr;
    stages.push_back(stage);
  }
  return make(NodeKind::pipe, std::move(stages));
}

Node* Parser::parse_comma() {  // NOLINT(misc-no-recursion)
  auto* first = parse_binary(0);
  if (first == nullptr || !commas_ || !token_.is(",")) return first;
  std::vector<const Node*> branches{first};
  while (accept(",")) {
    const auto* branch = parse_binary(0);
    if (branch == nullptr) return nullptr;
    branches.push_back(branch);
  }
  return make(NodeKind::comma, std::move(branches));
}

Node* Parser::parse_binary(int least) {  // NOLINT(misc-no-recursion)
  if (token_.end() - start_ > max_text) return fail(start_, fmt::format("an expression may have at most {} bytes", max_text));
  if (++depth_ > max_nesting) return fail(token_.begin, fmt::format("nested more than {} levels deep; split the expression", max_nesting));
  auto* node = parse_operators(least);
  --depth_;
  return node;
}

Node* Parser::parse_operators(int least) {  // NOLINT(misc-no-recursion)
  auto* left = parse_unary();
  while (left != nullptr) {
    const auto* op = operator_of(token_);
    if (op == nullptr || op->precedence < least) return left;
    if (token_.end() - start_ > max_text) return fail(start_, fmt::format("an expression may have at most {} bytes", max_text));
    advance();
    auto* right = parse_binary(op->associates == Associates::right ? op->precedence : op->precedence + 1);
    if (right == nullptr) return nullptr;
    left = make(op->kind, {left, right});
    const auto* next = operator_of(token_);
    if (op->associates == Associates::none && next != nullptr && next->precedence == op->precedence) {
      return fail(token_.begin, "comparisons cannot be chained; join them with 'and'");
    }
  }
  return nullptr;
}

Node* Parser::parse_unary() {  // NOLINT(misc-no-recursion)
  if (!accept("-")) return parse_postfix();
  auto* operand = parse_binary(multiplicative);
  return operand == nullptr ? nullptr : make(NodeKind::negate, {operand});
}

std::expected<Parsed, ExpressionError> parse_program(std::string_view text, std::size_t start, Ending ending) {
  return Parser(text, start).parse(ending);
}

}  // namespace skein::workflow::expression
