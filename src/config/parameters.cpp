#include "config/parameters.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/json_schema.hpp"
#include "base/text.hpp"
#include "workflow/expression/expression.hpp"
#include "workflow/expression/parser.hpp"

namespace skein::config {
namespace {

using describe::Path;
using workflow::Reference;

constexpr std::string_view head = "parameters";

/// A stretch of a template: text, or one expression.
struct Stretch {
  std::string_view text;              ///< of an expression what is between the braces
  std::size_t begin = 0, end = 0;     ///< in the template, braces included
  bool is_expression = false;
  std::vector<Reference> references;  ///< to parameters; offsets count from the start of the template
};

/// Nothing where an expression cannot be understood; whoever compiles the template says why.
std::optional<std::vector<Stretch>> stretches(std::string_view text) {
  std::vector<Stretch> out;
  std::size_t begin = 0;
  std::size_t at = 0;
  const auto literal = [&](std::size_t end) {
    if (end > begin) out.push_back({.text = text.substr(begin, end - begin), .begin = begin, .end = end, .references = {}});
  };
  while (true) {
    const auto open = text.find("{{", at);
    if (open == std::string_view::npos) break;
    if (open > begin && text[open - 1] == '\\') {
      at = open + 2;
      continue;
    }
    if (text.find("}}", open) == std::string_view::npos) return std::nullopt;
    const auto parsed = workflow::expression::parse_program(text, open + 2, workflow::expression::Ending::braces);
    if (!parsed) return std::nullopt;
    literal(open);
    Stretch one{
        .text = text.substr(open + 2, parsed->end - open - 4), .begin = open, .end = parsed->end, .is_expression = true, .references = {}};
    for (const auto& reference : parsed->program->references) {
      if (reference.head == head) one.references.push_back(reference);
    }
    std::ranges::sort(one.references, {}, &Reference::offset);
    out.push_back(std::move(one));
    begin = at = parsed->end;
  }
  literal(text.size());
  return out;
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

std::size_t behind_blanks(std::string_view text, std::size_t at) { return std::min(text.find_first_not_of(" \t\r\n", at), text.size()); }

/// The end of `parameters.NAME` or `parameters["NAME"]`, which begins at `at`; nothing where it is written in another way.
std::optional<std::size_t> end_of_reference(std::string_view text, std::size_t at) {
  if (!text.substr(std::min(at, text.size())).starts_with(head)) return std::nullopt;
  at = behind_blanks(text, at + head.size());
  if (text.substr(at).starts_with('.')) at = behind_blanks(text, at + 1);
  if (at == text.size()) return std::nullopt;
  if (text[at] != '[') {
    const auto end = std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_word) - text.begin();
    return static_cast<std::size_t>(end) == at ? std::nullopt : std::optional(static_cast<std::size_t>(end));
  }
  at = behind_blanks(text, at + 1);
  if (at == text.size() || (text[at] != '"' && text[at] != '\'')) return std::nullopt;
  const char quote = text[at];
  for (++at; at < text.size() && text[at] != quote; ++at) {
    if (text[at] == '\\') return std::nullopt;  // no name needs an escape
  }
  at = behind_blanks(text, at + 1);
  if (at == text.size() || text[at] != ']') return std::nullopt;
  return at + 1;
}

/// `\{{` stands for the characters.
std::string unescaped(std::string_view literal) {
  std::string out;
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (!literal.substr(i).starts_with("\\{{")) out += literal[i];
  }
  return out;
}

std::string text_as_expression(const Json& source) {
  const std::string_view text = source.get_string();
  const auto parts = text.contains("{{") ? stretches(text) : std::nullopt;
  if (!parts) return to_json(source);
  if (parts->size() == 1 && parts->front().is_expression) return fmt::format("({})", trim(parts->front().text));
  std::string out = "\"";
  for (const auto& part : *parts) {
    if (part.is_expression) {
      out += fmt::format("\\({})", trim(part.text));
    } else {
      const auto quoted = to_json(Json(unescaped(part.text)));
      out += quoted.substr(1, quoted.size() - 2);
    }
  }
  return out + '"';
}

}  // namespace

std::string as_expression(const Json& source) {  // NOLINT(misc-no-recursion): as deep as a document
  if (source.is_string()) return text_as_expression(source);
  if (const auto* array = source.if_array()) {
    std::string out = "([";
    for (const auto& item : *array) out += (out.size() > 2 ? ", " : "") + as_expression(item);
    return out + "])";
  }
  if (const auto* object = source.if_object()) {
    std::string out = "({";
    for (const auto& [key, member] : *object)
      out += fmt::format("{}{}: {}", out.size() > 2 ? ", " : "", to_json(Json(key)), as_expression(member));
    return out + " })";  // the blank: "}}" would end the expression
  }
  auto text = to_json(source);
  return text.starts_with('-') ? "(" + text + ")" : text;
}

void Substitution::apply(Json& value, const Path& at) {  // NOLINT(misc-no-recursion): as deep as a document
  if (too_large_) return;
  if (value.is_string()) {
    apply_text(value, at);
  } else if (auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) apply((*array)[i], Path(at, i));
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) apply(member.value(), Path(at, std::string_view(member.key())));
  }
}

bool Substitution::pay(std::size_t bytes) {
  if (bytes > bytes_) too_large_ = true;
  if (!too_large_) bytes_ -= bytes;
  return !too_large_;
}

const Json* Substitution::find(std::string_view name, std::size_t offset, const Path& at) {
  if (const auto it = arguments_.find(name); it != arguments_.end()) return &it->second;
  std::vector<std::string_view> names;
  for (const auto& [known, value] : arguments_) names.push_back(known);
  auto message = fmt::format("there is no parameter '{}'{}", shorten(name, 60), did_you_mean(name, names));
  if (name.empty()) message = "'parameters' needs the name of one here; write parameters.NAME";
  if (!message.contains(';')) message += "; declare it under 'parameters'";
  problems_.push_back({.pointer = at.pointer(), .message = std::move(message), .offset = offset});
  return nullptr;
}

void Substitution::apply_text(Json& value, const Path& at) {
  const std::string text(value.get_string());
  if (!text.contains("{{") || !text.contains(head)) return;
  auto parts = stretches(text);
  if (!parts || std::ranges::all_of(*parts, [](const Stretch& part) { return part.references.empty(); })) return;
  std::string out;
  for (auto& part : *parts) {
    std::size_t copied = part.begin;
    for (const auto& reference : part.references) {
      const auto end = end_of_reference(text, reference.offset);
      const auto* argument = find(end ? std::string_view(reference.field) : std::string_view(), reference.offset, at);
      if (argument == nullptr) continue;
      const auto inside = trim(part.text);
      const bool alone = inside == std::string_view(text).substr(reference.offset, *end - reference.offset);
      if (alone && parts->size() == 1) {
        if (pay(to_json(*argument).size())) value = *argument;
        return;
      }
      auto written = !alone ? as_expression(*argument) : argument->is_string() ? std::string(argument->get_string()) : to_json(*argument);
      if (!pay(written.size())) return;
      if (!alone) out += text.substr(copied, reference.offset - copied);
      out += written;
      copied = alone ? part.end : *end;
    }
    out += text.substr(copied, part.end - copied);
  }
  if (pay(out.size())) value = Json(out);
}

std::string needs_parameter(std::string_view file, std::string_view name, const Json& schema) {
  return fmt::format("{} needs its parameter '{}': {}; add it under 'parameters'", file, name, schema_in_words(schema));
}

std::string has_no_parameter(std::string_view file, std::string_view name, std::span<const std::string_view> names) {
  auto advice = did_you_mean(name, names);
  if (advice.empty())
    advice = names.empty() ? "; it has none" : "; it has " + list_of(std::vector<std::string>(names.begin(), names.end()));
  return fmt::format("{} has no parameter '{}'{}", file, shorten(name, 60), advice);
}

}  // namespace skein::config
