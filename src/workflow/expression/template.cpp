#include <optional>
#include <variant>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "workflow/expression/expression.hpp"
#include "workflow/expression/meter.hpp"
#include "workflow/expression/parser.hpp"
#include "workflow/expression/run_program.hpp"
#include "workflow/expression/text_form.hpp"

namespace skein::workflow {
namespace {

using ProgramPtr = std::shared_ptr<const Expression::Program>;
using Piece = std::variant<std::string, ProgramPtr>;

struct Part;
struct ArrayPart {
  std::vector<Part> items;
};
struct ObjectPart {
  std::vector<std::pair<std::string, Part>> members;
};
struct TextPart {
  std::vector<Piece> pieces;
  std::string pointer;
  bool whole = false;  ///< one expression and nothing else: keeps its type
};
/// A subtree of the source: as it is (a pointer into the source), or with what has to be filled in.
struct Part {
  std::variant<const Json*, TextPart, ArrayPart, ObjectPart> form;
  [[nodiscard]] bool is_literal() const { return std::holds_alternative<const Json*>(form); }
};

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";

}  // namespace

struct Template::Compiled {
  JsonPtr source;
  std::optional<Part> root;  ///< nothing where the source is taken as it is
  std::vector<TemplateReference> references;
};

namespace {

class Compiler {
 public:
  Part compile(const Json& value, const std::string& pointer, std::size_t depth) {  // NOLINT(misc-no-recursion): max_json_depth
    if (depth > max_json_depth) {
      errors.push_back({fmt::format("values may nest at most {} levels deep", max_json_depth), 0, pointer});
    } else if (value.is_string()) {
      return compile_text(value, pointer);
    } else if (const auto* array = value.if_array()) {
      ArrayPart part;
      bool literal = true;
      for (std::size_t i = 0; i < array->size(); ++i) {
        part.items.push_back(compile((*array)[i], pointer_to(pointer, i), depth + 1));
        literal = literal && part.items.back().is_literal();
      }
      if (!literal) return {std::move(part)};
    } else if (const auto* object = value.if_object()) {
      ObjectPart part;
      bool literal = true;
      for (const auto& member : *object) {
        part.members.emplace_back(member.key(), compile(member.value(), pointer_to(pointer, member.key()), depth + 1));
        literal = literal && part.members.back().second.is_literal();
      }
      if (!literal) return {std::move(part)};
    }
    return {&value};
  }

  std::vector<TemplateReference> references;
  std::vector<ExpressionError> errors;

 private:
  Part compile_text(const Json& value, const std::string& pointer) {
    const std::string_view text = value.get_string();
    if (text.find(opening) == std::string_view::npos) return {&value};
    TextPart part{.pieces = {}, .pointer = pointer};
    std::string literal;
    const auto flush = [&] {
      if (!literal.empty()) part.pieces.emplace_back(std::exchange(literal, {}));
    };
    std::size_t at = 0;
    while (at < text.size()) {
      const auto open = text.find(opening, at);
      const bool escaped = open != std::string_view::npos && open > at && text[open - 1] == '\\';
      if (escaped) {
        literal += text.substr(at, open - 1 - at);
        literal += opening;
        at = open + opening.size();
        continue;
      }
      literal += text.substr(at, open - at);
      if (open == std::string_view::npos) break;
      flush();
      at = compile_expression(text, open, part);
    }
    flush();
    part.whole = part.pieces.size() == 1 && std::holds_alternative<ProgramPtr>(part.pieces.front());
    return {std::move(part)};
  }

  /// Gives where to go on.
  std::size_t compile_expression(std::string_view text, std::size_t open, TextPart& part) {
    if (text.find(closing, open) == std::string_view::npos) {
      errors.push_back({R"('{{' is not closed; add '}}', or write '\{{' for the characters themselves)", open, part.pointer});
      return text.size();
    }
    auto parsed = expression::parse_program(text, open + opening.size(), expression::Ending::braces);
    if (!parsed) {
      auto error = std::move(parsed).error();
      error.pointer = part.pointer;
      const auto next = text.find(closing, error.offset);
      errors.push_back(std::move(error));
      return next == std::string_view::npos ? text.size() : next + closing.size();
    }
    for (const auto& reference : parsed->program->references) references.push_back({reference, part.pointer});
    part.pieces.emplace_back(std::move(parsed->program));
    return parsed->end;
  }
};

/// One rendering; all its expressions share the limits.
class Renderer {
 public:
  Renderer(const Scope& scope, const ExpressionLimits& limits) : scope_(scope), limits_(limits) {}

  Result<Json> render(const Part& part) {  // NOLINT(misc-no-recursion): max_json_depth
    if (const auto* literal = std::get_if<const Json*>(&part.form)) return **literal;
    if (const auto* text = std::get_if<TextPart>(&part.form)) return render_text(*text);
    if (const auto* array = std::get_if<ArrayPart>(&part.form)) {
      JsonArray items;
      items.reserve(array->items.size());
      for (const auto& item : array->items) {
        auto value = render(item);
        if (!value) return value;
        items.push_back(*std::move(value));
      }
      return Json(std::move(items));
    }
    JsonObject members;
    for (const auto& [key, member] : std::get<ObjectPart>(part.form).members) {
      auto value = render(member);
      if (!value) return value;
      members.emplace(key, *std::move(value));
    }
    return Json(std::move(members));
  }

 private:
  Result<Json> evaluate(const ProgramPtr& program, const std::string& pointer) {
    auto value = expression::run_program(*program, scope_, limits_);
    if (!value) {
      auto error = std::move(value).error();
      if (!pointer.empty()) error.message += fmt::format(" at {}", pointer);
      return std::unexpected(std::move(error));
    }
    limits_.max_bytes -= std::min(limits_.max_bytes, expression::measure(*value).bytes);
    return value;
  }

  Result<Json> render_text(const TextPart& text) {
    if (text.whole) return evaluate(std::get<ProgramPtr>(text.pieces.front()), text.pointer);
    std::string out;
    for (const auto& piece : text.pieces) {
      if (const auto* literal = std::get_if<std::string>(&piece)) {
        out += *literal;
        continue;
      }
      auto value = evaluate(std::get<ProgramPtr>(piece), text.pointer);
      if (!value) return value;
      out += expression::plain_text(*value);
    }
    return Json(out);
  }

  const Scope& scope_;
  ExpressionLimits limits_;
};

}  // namespace

Template::Template() : Template(literal(nullptr)) {}

std::expected<Template, std::vector<ExpressionError>> Template::compile(Json source) {
  auto compiled = std::make_shared<Compiled>();
  compiled->source = std::make_shared<const Json>(std::move(source));
  Compiler compiler;
  auto root = compiler.compile(*compiled->source, "", 0);
  if (!compiler.errors.empty()) return std::unexpected(std::move(compiler.errors));
  if (!root.is_literal()) compiled->root = std::move(root);
  compiled->references = std::move(compiler.references);
  return Template(std::move(compiled));
}

Template Template::literal(Json value) {
  auto compiled = std::make_shared<Compiled>();
  compiled->source = std::make_shared<const Json>(std::move(value));
  return Template(std::move(compiled));
}

bool Template::is_literal() const { return !compiled_->root; }

Result<JsonPtr> Template::render(const Scope& scope, const ExpressionLimits& limits) const {
  if (is_literal()) return compiled_->source;
  auto value = Renderer(scope, limits).render(*compiled_->root);
  if (!value) return std::unexpected(std::move(value).error());
  return std::make_shared<const Json>(*std::move(value));
}

std::span<const TemplateReference> Template::references() const { return compiled_->references; }
const Json& Template::source() const { return *compiled_->source; }

}  // namespace skein::workflow
