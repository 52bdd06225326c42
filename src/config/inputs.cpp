#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "config/config.hpp"
#include "config/shapes.hpp"
#include "config/validate.hpp"

namespace skein::config {
namespace {

using describe::add_error;
using describe::Path;
using describe::Problems;

std::string joined(const std::vector<std::string>& sentences) {
  std::string out;
  for (const auto& sentence : sentences) out += (out.empty() ? "" : "\n") + sentence;
  return out;
}

/// Pairs of bounds that no value can keep, and `required` as a boolean where it has to be a list.
void check_schema(const Json& schema, const Path& at, bool is_input, Problems& problems) {  // NOLINT(misc-no-recursion): bounded depth
  const auto* object = schema.if_object();
  if (object == nullptr) return;
  static constexpr std::pair<std::string_view, std::string_view> bounds[] = {
      {"minimum", "maximum"}, {"minLength", "maxLength"}, {"minItems", "maxItems"}, {"minProperties", "maxProperties"}};
  for (const auto& [low, high] : bounds) {
    const auto* least = object->if_contains(low);
    const auto* most = object->if_contains(high);
    if (least == nullptr || most == nullptr || least->is_null() || most->is_null()) continue;
    if (least->to_number<double>() > most->to_number<double>()) {
      add_error(problems, Path(at, low), fmt::format("'{}' is greater than '{}', so no value fits; swap them", low, high));
    }
  }
  const auto* required = object->if_contains("required");
  if (!is_input && required != nullptr && required->is_bool()) {
    add_error(problems, Path(at, "required"), "'required' lists member names here; write required: [name] beside 'properties'");
  }
  if (const auto* items = object->if_contains("items")) check_schema(*items, Path(at, "items"), false, problems);
  if (const auto* open = object->if_contains("additionalProperties"))
    check_schema(*open, Path(at, "additionalProperties"), false, problems);
  if (const auto* members = object->if_contains("properties")) {
    const Path place(at, "properties");
    for (const auto& member : members->get_object())
      check_schema(member.value(), Path(place, std::string_view(member.key())), false, problems);
  }
}

workflow::InputDefinition build_input(const std::string& name, const JsonObject& source, const Path& at, Problems& problems) {
  workflow::InputDefinition out;
  out.name = name;
  JsonObject schema = source;
  if (const auto* text = schema.if_contains("description")) out.description = text->get_string();
  const auto* given = schema.if_contains("default");
  if (given != nullptr) out.default_value = *given;
  schema.erase("default");
  const auto* required = schema.if_contains("required");
  out.required = required != nullptr && required->is_bool() ? required->get_bool() : !out.default_value;
  if (required != nullptr && required->is_bool()) schema.erase("required");
  out.schema = std::move(schema);
  if (out.default_value && !out.default_value->is_null()) {
    for (const auto& wrong : schema_violations("default", out.schema, *out.default_value)) {
      add_error(problems, Path(at, "default"), wrong + "; change the default or the schema");
    }
  }
  return out;
}

}  // namespace

std::vector<workflow::InputDefinition> build_inputs(const describe::Named<SchemaNode>& declared, const Path& inputs, Problems& problems) {
  std::vector<workflow::InputDefinition> out;
  for (const auto& [name, schema] : declared) {
    const auto* source = schema.source.if_object();
    if (source == nullptr) continue;  // a problem that parsing reported
    const Path at(inputs, std::string_view(name));
    const auto before = problems.size();
    check_schema(schema.source, at, true, problems);
    if (problems.size() == before) out.push_back(build_input(name, *source, at, problems));
  }
  return out;
}

Result<Json> check_inputs(const workflow::Definition& definition, JsonObject given) {
  std::vector<std::string> wrong;
  std::vector<std::string> names;
  for (const auto& input : definition.inputs) names.push_back(input.name);
  for (const auto& member : given) {
    const std::string name(member.key());
    if (std::ranges::find(names, name) != names.end()) continue;
    auto advice = did_you_mean(name, names);
    if (advice.empty()) advice = names.empty() ? "; this workflow has none" : "; the inputs are " + list_of(names);
    wrong.push_back(fmt::format("unknown input '{}'{}", shorten(name, 60), advice));
  }
  JsonObject out;
  for (const auto& input : definition.inputs) {
    const auto* value = given.if_contains(input.name);
    const bool left_out = value == nullptr || (value->is_null() && !input.required);
    if (left_out) {
      if (input.default_value && !input.required) {
        out[input.name] = *input.default_value;
      } else if (input.required) {
        wrong.push_back(fmt::format("missing input '{}'; give it {}", input.name, schema_in_words(input.schema)));
      }
      continue;
    }
    for (auto& violation : schema_violations(input.name, input.schema, *value)) wrong.push_back("input " + std::move(violation));
    out[input.name] = *value;
  }
  if (!wrong.empty()) return fail(ErrorCode::invalid_argument, joined(wrong));
  return Json(std::move(out));
}

Result<Json> read_schema(const Json& schema) {
  SchemaNode node;
  describe::Problems problems;
  const describe::Path root;
  describe::Shape<SchemaNode>::parse(node, schema, {}, describe::Path(root, "answer"), problems);
  if (problems.empty()) return node.source;
  return fail(ErrorCode::invalid_argument, problems.front().message);
}

std::vector<std::string> violations(std::string_view name, const Json& schema, const Json& value) {
  return schema_violations(name, schema, value);
}

std::string in_words(const Json& schema) { return schema_in_words(schema); }

Result<Json> parse_input_value(const workflow::InputDefinition& input, std::string_view text) {
  const auto* type = input.schema.get_object().if_contains("type");
  const auto is_string = [](const Json& word) { return word == "string"; };
  const bool wants_string =
      type != nullptr && (is_string(*type) || (type->is_array() && std::ranges::any_of(type->get_array(), is_string)));
  if (!is_utf8(text)) return fail(ErrorCode::invalid_argument, fmt::format("input '{}' is not UTF-8; give it as UTF-8 text", input.name));
  if (wants_string) return Json(text);
  auto value = parse_json(text);
  if (value) return value;
  if (type == nullptr) return Json(text);
  return fail(ErrorCode::invalid_argument, fmt::format("input '{}' must be {}, got '{}'; write it as JSON", input.name,
                                                       schema_in_words(input.schema), shorten(text, 60)));
}

}  // namespace skein::config
