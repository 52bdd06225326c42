#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace skein::workflow {

/// What a name at the head of a path stands for. `field` is the first member after it where that is static:
/// `fetch.result.items` refers to head "fetch", field "result"; `inputs["city"]` to head "inputs", field "city";
/// a head alone (or followed by something computed) has an empty field.
struct Reference {
  std::string head;
  std::string field;
  std::size_t offset = 0;  ///< of the head, in bytes from the start of the expression

  friend bool operator==(const Reference& a, const Reference& b) { return a.head == b.head && a.field == b.field && a.offset == b.offset; }
};

/// Gives names their values. Lookups are pure: the same answer for the same state.
class Scope {
 public:
  virtual ~Scope() = default;
  /// The value of `head` (where `field` is empty) or of `head.field`. The pointer stays valid while the scope does and
  /// `scratch` is untouched: a value that has to be built is put into `scratch`. A member that is absent is null, as in jq; an
  /// unknown head is an error.
  [[nodiscard]] virtual Result<const Json*> find(std::string_view head, std::string_view field, Json& scratch) const = 0;
};

/// Where an expression cannot be parsed.
struct ExpressionError {
  std::string message;     ///< what is wrong and what to do, without position
  std::size_t offset = 0;  ///< in bytes, from the start of the text that was given
  std::string pointer;     ///< for templates: the JSON Pointer of the string that holds the expression
};

/// Evaluation is total: every evaluation ends within these, with an error where it would not.
struct ExpressionLimits {
  std::size_t max_steps = 10'000'000;           ///< evaluated nodes and produced elements
  std::size_t max_bytes = std::size_t{256} << 20;  ///< rough size of all values alive in one evaluation
};

/// A jq expression of the subset in docs/workflow-format.md, parsed once, evaluated any number of times. A value; copies share
/// the parsed form. Deterministic: no clock, no randomness, no environment. Safe to evaluate from several threads.
class Expression {
 public:
  [[nodiscard]] static std::expected<Expression, ExpressionError> parse(std::string_view text);
  /// The one result. An expression that produces several results or none is an error (collect them with `[…]`).
  [[nodiscard]] Result<Json> evaluate(const Scope& scope, const ExpressionLimits& limits = {}) const;
  /// Every head it can look up, in order of appearance, duplicates included.
  [[nodiscard]] std::span<const Reference> references() const;
  [[nodiscard]] std::string_view text() const;

  struct Program;

 private:
  explicit Expression(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

/// A reference inside a template, with its place.
struct TemplateReference {
  Reference reference;     ///< `offset` counts from the start of the string that holds the expression
  std::string pointer;     ///< JSON Pointer of that string inside the template's source
};

/// Any JSON value whose strings may hold `{{ expression }}`. A string that is one whole expression keeps the result's type; else
/// results are inserted as text (strings as they are, everything else as compact JSON). `\{{` stands for a literal `{{`. Keys are not
/// expanded. A value without expressions is shared, not copied.
class Template {
 public:
  Template();  ///< the literal null
  /// All errors at once.
  [[nodiscard]] static std::expected<Template, std::vector<ExpressionError>> compile(Json source);
  /// A template that is taken as it is: `{{` has no meaning in it.
  [[nodiscard]] static Template literal(Json value);

  [[nodiscard]] bool is_literal() const;
  /// The value; shared with the template where it is literal. Errors name the expression and the JSON Pointer of its string.
  [[nodiscard]] Result<JsonPtr> render(const Scope& scope, const ExpressionLimits& limits = {}) const;
  [[nodiscard]] std::span<const TemplateReference> references() const;
  [[nodiscard]] const Json& source() const;

  struct Compiled;

 private:
  explicit Template(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace skein::workflow
