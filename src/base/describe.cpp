#include "base/describe.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace skein::describe {
namespace {

/// 5 rather than 5.0: a bound as one writes it.
Json plain_number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return Json(static_cast<std::int64_t>(value));
  return Json(value);
}

JsonObject typed(std::string_view type, const Info& info) {
  JsonObject out;
  out["type"] = type;
  if (!info.about.empty()) out["description"] = info.about;
  return out;
}

void put_bounds(JsonObject& out, const Info& info) {
  if (info.minimum) out["minimum"] = plain_number(*info.minimum);
  if (info.maximum) out["maximum"] = plain_number(*info.maximum);
}

std::string how_to_write(const FieldView& field) {
  return field.info.example.empty() ? std::string{} : fmt::format(", as in '{}: {}'", field.name, field.info.example);
}

/// The first few of the words.
std::string some_of(std::span<const std::string_view> words) {
  constexpr std::size_t most = 8;
  std::vector<std::string> list(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(std::min(most, words.size())));
  if (words.size() > most) return list_of(list, ", ") + fmt::format(" or one of {} more", words.size() - most);
  return list_of(list, " or ");
}

std::optional<std::uint64_t> parse_integer(const Json& value, double limit, const Info& info, const Path& at, Problems& problems) {
  if (!value.is_number() || (value.is_double() && value.get_double() != std::floor(value.get_double()))) {
    wrong_type(value, "a whole number", "write digits without quotes", at, problems);
    return std::nullopt;
  }
  const auto number = value.to_number<double>();
  Info bounds = info;
  bounds.minimum = info.minimum.value_or(0);
  bounds.maximum = info.maximum.value_or(limit);
  if (!in_bounds(number, "", bounds, at, problems)) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

}  // namespace

std::string Path::pointer() const {
  std::vector<const Path*> steps;
  for (const auto* step = this; step->parent_ != nullptr; step = step->parent_) steps.push_back(step);
  std::string out;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    out = (*step)->key_.data() != nullptr ? pointer_to(out, (*step)->key_) : pointer_to(out, (*step)->index_);
  }
  return out;
}

std::string Path::label() const {
  if (parent_ == nullptr) return "the document";
  if (key_.data() != nullptr) return fmt::format("'{}'", shorten(key_, 60));
  return fmt::format("item {} of {}", index_ + 1, parent_->label());
}

void add_error(Problems& problems, const Path& at, std::string message, Part part) {
  problems.push_back({.pointer = at.pointer(), .message = std::move(message), .severity = Severity::error, .part = part, .offset = {}});
}

std::string describe_value(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null: return "null";
    case boost::json::kind::array: return value.get_array().empty() ? "an empty list" : "a list";
    case boost::json::kind::object: return value.get_object().empty() ? "an empty object" : "an object";
    case boost::json::kind::string: {
      const auto& text = value.get_string();
      return "the string " + to_json(Json(shorten(std::string_view(text.data(), text.size()), 40)));
    }
    case boost::json::kind::bool_: return to_json(value);
    default: return "the number " + to_json(value);
  }
}

void wrong_type(const Json& value, std::string_view wanted, std::string_view advice, const Path& at, Problems& problems) {
  add_error(problems, at, fmt::format("{} must be {}, got {}; {}", at.label(), wanted, describe_value(value), advice));
}

bool in_bounds(double value, std::string_view unit, const Info& info, const Path& at, Problems& problems) {
  const auto text = [&](double bound) { return to_json(plain_number(bound)) + std::string(unit); };
  if (info.minimum && !(value >= *info.minimum)) {
    add_error(problems, at, fmt::format("{} must be at least {}, got {}; raise it", at.label(), text(*info.minimum), text(value)));
    return false;
  }
  if (info.maximum && !(value <= *info.maximum)) {
    add_error(problems, at, fmt::format("{} must be at most {}, got {}; lower it", at.label(), text(*info.maximum), text(value)));
    return false;
  }
  return true;
}

void check_keys(const TableView& table, const JsonObject& object, const Path& at, Problems& problems) {
  std::vector<std::string_view> names;
  names.reserve(table.fields.size());
  for (const auto* one : table.fields) names.push_back(one->name);
  for (const auto& member : object) {
    const std::string_view key = member.key();
    if (std::ranges::find(names, key) != names.end()) continue;
    const Path place(at, key);
    if (std::ranges::find(table.info.refused, key) != table.info.refused.end()) {
      add_error(problems, place, fmt::format("'{}' is not supported by this version; remove it", key), Part::key);
      continue;
    }
    auto advice = did_you_mean(key, names);
    if (advice.empty()) {
      const std::vector<std::string> words(names.begin(), names.end());
      advice = "; the keys here are " + list_of(words);
    }
    add_error(problems, place, fmt::format("unknown key '{}' in {}{}", shorten(key, 60), table.info.name, advice), Part::key);
  }
  for (const auto* one : table.fields) {
    if (!one->info.required) continue;
    const auto* member = object.if_contains(one->name);
    if (member == nullptr) {
      add_error(problems, at, fmt::format("missing key '{}' in {}; add it{}", one->name, table.info.name, how_to_write(*one)));
    } else if (member->is_null()) {
      add_error(problems, Path(at, one->name), fmt::format("'{}' has no value; add it{}", one->name, how_to_write(*one)));
    }
  }
}

JsonObject schema_of(const TableView& table, SchemaDefinitions& definitions) {
  const std::string name(table.info.name);
  const JsonObject reference{{"$ref", "#/definitions/" + name}};
  if (definitions.contains(name)) return reference;
  definitions.emplace(name, JsonObject{});  // a table that holds itself meets the reference
  JsonObject out = typed("object", {.about = table.info.about});
  JsonArray required;
  JsonObject properties;
  for (const auto* one : table.fields) {
    JsonObject schema = one->schema(definitions);
    if (schema.contains("$ref")) {  // beside a reference draft-07 ignores everything else
      schema = JsonObject{{"description", one->info.about}, {"allOf", JsonArray{Json(std::move(schema))}}};
    }
    if (one->default_value) schema["default"] = *one->default_value;
    properties[one->name] = std::move(schema);
    if (one->info.required) required.emplace_back(one->name);
  }
  out["properties"] = std::move(properties);
  if (!required.empty()) out["required"] = std::move(required);
  out["additionalProperties"] = false;
  definitions[name] = std::move(out);
  return reference;
}

void Shape<std::string>::parse(std::string& out, const Json& value, const Info& info, const Path& at, Problems& problems) {
  const auto* text = value.if_string();
  if (text == nullptr) return wrong_type(value, "a string", value.is_structured() ? "write a text" : "put quotes around it", at, problems);
  std::string_view view(text->data(), text->size());
  if (view.size() < info.min_items) return add_error(problems, at, fmt::format("{} must not be empty; write a text", at.label()));
  if (info.check != nullptr) {
    if (auto wrong = info.check(view); !wrong.empty()) return add_error(problems, at, fmt::format("{} {}", at.label(), wrong));
  }
  out = view;
}

std::optional<Json> Shape<std::string>::write(const std::string& value) {
  if (value.empty()) return std::nullopt;
  return Json(value);
}

JsonObject Shape<std::string>::schema(const Info& info, SchemaDefinitions&) {
  auto out = typed("string", info);
  if (info.min_items > 0) out["minLength"] = info.min_items;
  return out;
}

void Shape<bool>::parse(bool& out, const Json& value, const Info&, const Path& at, Problems& problems) {
  if (!value.is_bool()) return wrong_type(value, "true or false", "write true or false without quotes", at, problems);
  out = value.get_bool();
}

JsonObject Shape<bool>::schema(const Info& info, SchemaDefinitions&) { return typed("boolean", info); }

void Shape<double>::parse(double& out, const Json& value, const Info& info, const Path& at, Problems& problems) {
  if (!value.is_number()) return wrong_type(value, "a number", "write digits without quotes", at, problems);
  const auto number = value.to_number<double>();
  if (in_bounds(number, "", info, at, problems)) out = number;
}

JsonObject Shape<double>::schema(const Info& info, SchemaDefinitions&) {
  auto out = typed("number", info);
  put_bounds(out, info);
  return out;
}

void Shape<std::uint32_t>::parse(std::uint32_t& out, const Json& value, const Info& info, const Path& at, Problems& problems) {
  const auto number = parse_integer(value, std::numeric_limits<std::uint32_t>::max(), info, at, problems);
  if (number) out = static_cast<std::uint32_t>(*number);
}

JsonObject Shape<std::uint32_t>::schema(const Info& info, SchemaDefinitions&) {
  auto out = typed("integer", info);
  Info bounds = info;
  bounds.minimum = info.minimum.value_or(0);
  put_bounds(out, bounds);
  return out;
}

void Shape<std::uint16_t>::parse(std::uint16_t& out, const Json& value, const Info& info, const Path& at, Problems& problems) {
  const auto number = parse_integer(value, std::numeric_limits<std::uint16_t>::max(), info, at, problems);
  if (number) out = static_cast<std::uint16_t>(*number);
}

void Shape<microseconds>::parse(microseconds& out, const Json& value, const Info& info, const Path& at, Problems& problems) {
  static constexpr std::string_view advice = "write seconds (30) or text with a unit (\"250ms\", \"30s\", \"5m\", \"1h\")";
  std::optional<microseconds> duration;
  if (value.is_number()) {
    Info bounds = info;
    bounds.minimum = info.minimum.value_or(0);
    bounds.maximum = info.maximum.value_or(max_duration_seconds);
    if (!in_bounds(value.to_number<double>(), " s", bounds, at, problems)) return;
    duration = duration_from_seconds(value.to_number<double>());
  } else if (const auto* text = value.if_string()) {
    duration = parse_duration(std::string_view(text->data(), text->size()));
  }
  if (!duration) return wrong_type(value, "a duration", advice, at, problems);
  if (in_bounds(static_cast<double>(duration->count()) / 1e6, " s", info, at, problems)) out = *duration;
}

std::optional<Json> Shape<microseconds>::write(microseconds value) { return plain_number(static_cast<double>(value.count()) / 1e6); }

JsonObject Shape<microseconds>::schema(const Info& info, SchemaDefinitions&) {
  JsonObject number{{"type", "number"}};
  Info bounds = info;
  bounds.minimum = info.minimum.value_or(0);
  bounds.maximum = info.maximum.value_or(max_duration_seconds);
  put_bounds(number, bounds);
  JsonObject text{{"type", "string"}, {"pattern", R"(^[0-9]*\.?[0-9]+(ms|s|m|h|d)$)"}};
  JsonArray choices;
  choices.emplace_back(std::move(number));
  choices.emplace_back(std::move(text));
  return JsonObject{{"description", info.about}, {"anyOf", std::move(choices)}};
}

JsonObject Shape<Json>::schema(const Info& info, SchemaDefinitions&) {
  if (info.about.empty()) return {};
  return JsonObject{{"description", info.about}};
}

std::optional<std::size_t> parse_word(std::span<const std::string_view> words, const Json& value, const Path& at, Problems& problems) {
  const auto* text = value.if_string();
  if (text == nullptr) {
    wrong_type(value, "one of " + some_of(words), "write one of these words", at, problems);
    return std::nullopt;
  }
  const std::string_view word(text->data(), text->size());
  const auto it = std::ranges::find(words, word);
  if (it != words.end()) return static_cast<std::size_t>(it - words.begin());
  auto advice = did_you_mean(word, words);
  if (advice.empty()) advice = "; write " + some_of(words);
  add_error(problems, at, fmt::format("{} cannot be '{}'{}", at.label(), shorten(word, 60), advice));
  return std::nullopt;
}

JsonObject words_schema(std::span<const std::string_view> words, const Info& info) {
  auto out = typed("string", info);
  JsonArray list;
  for (const auto word : words) list.emplace_back(word);
  out["enum"] = std::move(list);
  return out;
}

bool is_list(const Json& value, const Info& info, const Path& at, Problems& problems) {
  const auto* list = value.if_array();
  if (list == nullptr) {
    wrong_type(value, "a list", "write [a, b] or one '- item' a line", at, problems);
    return false;
  }
  if (list->size() < info.min_items) {
    add_error(problems, at,
              fmt::format("{} needs at least {} item{}; add one", at.label(), info.min_items, info.min_items == 1 ? "" : "s"));
    return false;
  }
  return true;
}

JsonObject list_schema(JsonObject items, const Info& info) {
  auto out = typed("array", info);
  out["items"] = std::move(items);
  if (info.min_items > 0) out["minItems"] = info.min_items;
  return out;
}

bool is_object(const Json& value, const Info&, const Path& at, Problems& problems) {
  if (value.is_object()) return true;
  wrong_type(value, "an object", "write one 'name: value' a line", at, problems);
  return false;
}

JsonObject named_schema(JsonObject values, const Info& info) {
  auto out = typed("object", info);
  out["additionalProperties"] = std::move(values);
  return out;
}

}  // namespace skein::describe
