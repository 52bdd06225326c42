#include "base/json_schema.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <stdexcept>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>
#include <re2/re2.h>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "base/describe.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace skein {
namespace {

/// A step into a value: to a member, or to an item by its place.
struct Step {
  std::string name;
  bool is_item = false;
  auto operator<=>(const Step&) const = default;
};
using Steps = std::vector<Step>;

std::string_view view_of(const boost::json::string& text) { return {text.data(), text.size()}; }

/// Without what is not for the validator: notes, and patterns and formats, which it would check with expressions that backtrack.
Json constraints_of(const Json& schema) {  // NOLINT(misc-no-recursion): a definition's depth is bounded
  const auto* object = schema.if_object();
  if (object == nullptr) return schema;
  JsonObject out;
  for (const auto& member : *object) {
    const auto key = std::string_view(member.key());
    const auto& value = member.value();
    if (value.is_null() && key != "const") continue;
    if (key == "items" || key == "additionalProperties") {
      out[key] = constraints_of(value);
    } else if (key == "properties" && value.is_object()) {
      auto& members = out[key].emplace_object();
      for (const auto& one : value.get_object()) members[one.key()] = constraints_of(one.value());
    } else if (key != "pattern" && key != "format" && key != "default" && key != "title" && key != "description" && key != "examples") {
      out[key] = value;
    }
  }
  return out;
}

constexpr std::size_t most_references = 1'000;

bool has_unsigned(const Json& value) {  // NOLINT(misc-no-recursion): as deep as a JSON text may be
  if (const auto* array = value.if_array()) return std::ranges::any_of(*array, has_unsigned);
  if (const auto* object = value.if_object())
    return std::ranges::any_of(*object, [](const auto& member) { return has_unsigned(member.value()); });
  return value.is_uint64();
}

/// The validator knows integers by their signed form, which is how a parser makes them.
void make_signed(Json& value) {  // NOLINT(misc-no-recursion): as deep as a JSON text may be
  if (const auto* number = value.if_uint64(); number != nullptr && std::in_range<std::int64_t>(*number)) {
    value = static_cast<std::int64_t>(*number);
  } else if (auto* array = value.if_array()) {
    for (auto& item : *array) make_signed(item);
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) make_signed(member.value());
  }
}

/// What a reference leads to, found as the validator finds it: percent-encoding is undone and slashes at the end are left out. Null where
/// that is nothing, or another document.
const Json* target_of(const Json& root, std::string_view reference) {
  if (!reference.starts_with('#')) return nullptr;
  while (reference.ends_with('/')) reference.remove_suffix(1);
  std::string pointer;
  for (std::size_t i = 1; i < reference.size(); ++i) {
    unsigned char byte = 0;
    const auto digits = reference.substr(i, 3);
    if (digits.size() < 3 || digits.front() != '%' || std::from_chars(digits.data() + 1, digits.data() + 3, byte, 16).ec != std::errc{}) {
      pointer += reference[i];
      continue;
    }
    pointer += pointer_to({}, std::string_view(reinterpret_cast<const char*>(&byte), 1)).substr(1);
    i += 2;
  }
  return at_pointer(root, pointer);
}

/// Whether a reference leads to nothing, or to itself by way of nothing but references; the validator would follow it for ever.
bool leads_nowhere(const Json& root, const Json& from) {
  const Json* at = &from;
  for (std::size_t steps = 0; at != nullptr && steps <= most_references; ++steps) {
    const auto* object = at->if_object();
    const auto* reference = object == nullptr ? nullptr : object->if_contains("$ref");
    if (reference == nullptr || !reference->is_string()) return false;
    at = target_of(root, view_of(reference->get_string()));
  }
  return true;
}

/// The validator divides by it.
bool divides_by_nothing(const JsonObject& schema) {
  const auto* divisor = schema.if_contains("multipleOf");
  return divisor != nullptr && divisor->is_number() && divisor->to_number<double>() <= 0;
}

/// Where the validator would go astray.
bool makes_no_sense(const Json& root, const Json& value) {  // NOLINT(misc-no-recursion): as deep as a JSON text may be
  if (const auto* array = value.if_array()) {
    return std::ranges::any_of(*array, [&](const Json& item) { return makes_no_sense(root, item); });
  }
  const auto* object = value.if_object();
  if (object == nullptr) return false;
  return leads_nowhere(root, value) || divides_by_nothing(*object) ||
         std::ranges::any_of(*object, [&](const auto& member) { return makes_no_sense(root, member.value()); });
}

/// The schema of what `step` leads to; null where it is not under `items`, `properties` or `additionalProperties`.
const Json* schema_of_step(const Json& schema, const Step& step) {
  const auto* object = schema.if_object();
  if (object == nullptr) return nullptr;
  if (step.is_item) return object->if_contains("items");
  if (const auto* members = object->if_contains("properties"); members != nullptr && members->is_object()) {
    if (const auto* member = members->get_object().if_contains(step.name)) return member;
  }
  return object->if_contains("additionalProperties");
}

/// Throws where there is nothing.
const Json& value_of_step(const Json& value, const Step& step) {
  return step.is_item ? value.as_array().at(std::stoul(step.name)) : value.as_object().at(step.name);
}

/// The validator writes "[name]" and "[2]" alike.
Steps steps_of(const std::vector<std::string>& context, const Json& root) {
  Steps out;
  const Json* value = &root;
  for (std::size_t i = 1; i < context.size(); ++i) {
    out.push_back({.name = context[i].substr(1, context[i].size() - 2), .is_item = value->is_array()});
    value = &value_of_step(*value, out.back());
  }
  return out;
}

/// The texts of a format as a regular expression that matches the whole string; empty for one that is not checked.
std::string_view pattern_of(std::string_view format) {
  if (format == "date") return "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
  if (format == "time") return R"(([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))";
  if (format == "date-time") {
    return R"([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?)"
           R"(([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))";
  }
  if (format == "email") return R"([^@\s]+@[^@\s]+)";
  if (format == "uri") return R"([A-Za-z][A-Za-z0-9+.-]*:\S+)";
  if (format == "uuid") return "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
  return {};
}

void check_texts(const Json& schema, const Json& value, Steps& steps, std::set<Steps>& wrong) {  // NOLINT(misc-no-recursion)
  const auto* rules = schema.if_object();
  if (rules == nullptr) return;
  if (const auto* text = value.if_string()) {
    const auto* pattern = rules->if_contains("pattern");
    const auto* format = rules->if_contains("format");
    const auto fits = [&](const RE2& wanted) { return !wanted.ok() || RE2::PartialMatch(view_of(*text), wanted); };
    const bool matches = pattern == nullptr || !pattern->is_string() || fits(RE2(view_of(pattern->get_string()), RE2::Quiet));
    const auto formats = format != nullptr && format->is_string() ? pattern_of(view_of(format->get_string())) : std::string_view{};
    const bool formed = formats.empty() || RE2::FullMatch(view_of(*text), RE2(formats));
    if (!matches || !formed) wrong.insert(steps);
  } else if (const auto* array = value.if_array()) {
    const auto* items = rules->if_contains("items");
    for (std::size_t i = 0; items != nullptr && i < array->size(); ++i) {
      steps.push_back({.name = std::to_string(i), .is_item = true});
      check_texts(*items, (*array)[i], steps, wrong);
      steps.pop_back();
    }
  } else if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      const Step step{.name = std::string(member.key()), .is_item = false};
      const auto* inner = schema_of_step(schema, step);
      if (inner == nullptr) continue;
      steps.push_back(step);
      check_texts(*inner, member.value(), steps, wrong);
      steps.pop_back();
    }
  }
}

std::string with_article(std::string_view type) {
  if (type == "null") return "null";
  const bool vowel = type == "integer" || type == "array" || type == "object";
  return fmt::format("{} {}", vowel ? "an" : "a", type);
}

std::string list_json(const JsonArray& values, std::string_view last) {
  std::vector<std::string> words;
  for (const auto& value : values) words.push_back(shorten(to_json(value), 60));
  return list_of(words, last);
}

}  // namespace

std::string schema_in_words(const Json& schema) {
  const auto* rules = schema.if_object();
  if (rules == nullptr) return schema.is_bool() && !schema.get_bool() ? "left out" : "a value";
  const auto text = [&](std::string_view key) -> std::string {
    const auto* value = rules->if_contains(key);
    return value == nullptr || value->is_null()
               ? std::string{}
               : shorten(value->is_string() ? std::string(view_of(value->get_string())) : to_json(*value), 100);
  };
  std::string out = "a value";
  if (const auto* type = rules->if_contains("type")) {
    if (type->is_string()) out = with_article(view_of(type->get_string()));
    if (const auto* list = type->if_array()) {
      std::vector<std::string> words;
      for (const auto& word : *list) {
        if (word.is_string()) words.push_back(with_article(view_of(word.get_string())));
      }
      out = list_of(words, " or ");
    }
  }
  if (const auto* values = rules->if_contains("enum"); values != nullptr && values->is_array())
    return "one of " + list_json(values->get_array(), " or ");
  if (rules->contains("const")) return text("const");
  const auto add = [&](std::string_view key, std::string_view before, std::string_view after = {}) {
    if (const auto value = text(key); !value.empty()) out += fmt::format(", {}{}{}", before, value, after);
  };
  add("minimum", "at least ");
  add("maximum", "at most ");
  add("exclusiveMinimum", "more than ");
  add("exclusiveMaximum", "less than ");
  add("multipleOf", "a multiple of ");
  add("minLength", "at least ", " characters");
  add("maxLength", "at most ", " characters");
  add("pattern", "matching /", "/");
  add("format", "in the format ");
  add("minItems", "at least ", " items");
  add("maxItems", "at most ", " items");
  add("minProperties", "at least ", " members");
  add("maxProperties", "at most ", " members");
  if (text("uniqueItems") == "true") out += ", no item twice";
  if (const auto* names = rules->if_contains("required"); names != nullptr && names->is_array()) {
    out += ", with the members " + list_json(names->get_array(), " and ");
  }
  if (text("additionalProperties") == "false") out += ", without members that are not declared";
  return out;
}

std::vector<std::string> schema_violations(std::string_view name, const Json& schema, const Json& value) {
  std::set<Steps> wrong;
  try {
    const Json constraints = constraints_of(schema);
    if (makes_no_sense(constraints, constraints)) throw std::invalid_argument("a schema that leads nowhere");
    Json copy;
    if (has_unsigned(value)) make_signed(copy = value);
    const auto& told = copy.is_null() ? value : copy;
    valijson::Schema parsed;
    valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(valijson::adapters::BoostJsonAdapter(constraints), parsed);
    valijson::ValidationResults results;
    valijson::Validator(valijson::Validator::kStrongTypes).validate(parsed, valijson::adapters::BoostJsonAdapter(told), &results);
    for (const auto& error : results) wrong.insert(steps_of(error.context, value));
  } catch (const std::exception&) {
    wrong.insert(Steps{});  // a schema that contradicts itself fits nothing
  }
  Steps steps;
  check_texts(schema, value, steps, wrong);
  std::vector<std::string> out;
  for (const auto& place : wrong) {
    // An outer place is wrong because an inner one is: the inner one says more.
    const bool covered = std::ranges::any_of(
        wrong, [&](const Steps& other) { return other.size() > place.size() && std::equal(place.begin(), place.end(), other.begin()); });
    if (covered) continue;
    const Json* at = &value;
    const Json* wanted = &schema;
    std::string label(name);
    for (const auto& step : place) {
      at = &value_of_step(*at, step);
      if (wanted != nullptr) wanted = schema_of_step(*wanted, step);
      label += fmt::format(fmt::runtime(step.is_item ? "[{}]" : ".{}"), step.name);
    }
    out.push_back(fmt::format("'{}' must be {}, got {}", label, wanted == nullptr ? "as its schema says" : schema_in_words(*wanted),
                              describe::describe_value(*at)));
  }
  return out;
}

}  // namespace skein
