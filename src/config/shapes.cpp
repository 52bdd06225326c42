#include "config/shapes.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"

namespace skein::describe {
namespace {

using config::AgentKind;
using config::TextFormat;

/// The words of an enumeration without gaps, from its `to_string`.
template <class E, std::size_t count>
std::span<const std::string_view> words_of() {
  static const auto words = [] {
    std::array<std::string_view, count> list;
    for (std::size_t i = 0; i < count; ++i) list[i] = to_string(static_cast<E>(i));
    return list;
  }();
  return words;
}

constexpr std::array<std::string_view, 8> kinds{"ai_agent", "mcp_server", "http_api", "local", "exec", "workflow", "human", "custom"};
constexpr std::array<std::string_view, 1> later_kinds{"function"};
constexpr std::array<std::string_view, 6> formats{"date", "time", "date-time", "email", "uri", "uuid"};

std::string_view text_of(const Json& value) {
  const auto& text = value.get_string();
  return {text.data(), text.size()};
}

}  // namespace

template <>
std::span<const std::string_view> names_of<workflow::FailureStrategy>() {
  return words_of<workflow::FailureStrategy, 3>();
}
template <>
std::span<const std::string_view> names_of<workflow::AuthenticationType>() {
  return words_of<workflow::AuthenticationType, 3>();
}
template <>
std::span<const std::string_view> names_of<workflow::ApprovalTimeout>() {
  static constexpr std::array<std::string_view, 2> words{"reject", "approve"};
  return words;
}
template <>
std::span<const std::string_view> names_of<config::OnLimit>() {
  static constexpr std::array<std::string_view, 2> words{"queue", "reject"};
  return words;
}
template <>
std::span<const std::string_view> names_of<workflow::OnFailure>() {
  static constexpr std::array<std::string_view, 2> words{"keep", "compensate"};
  return words;
}
template <>
std::span<const std::string_view> names_of<ErrorCode>() {
  return words_of<ErrorCode, static_cast<std::size_t>(ErrorCode::internal) + 1>();
}
template <>
std::span<const std::string_view> names_of<AgentKind>() {
  return kinds;
}
template <>
std::span<const std::string_view> names_of<TextFormat>() {
  return formats;
}

namespace {

/// Whether a text is one expression and nothing else, so that its value keeps its type.
bool is_one_expression(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  const auto last = text.find_last_not_of(" \t\n");
  if (first == std::string_view::npos) return false;
  const auto core = text.substr(first, last - first + 1);
  return core.starts_with("{{") && core.ends_with("}}");
}

JsonObject described(JsonObject schema, const Info& info) {
  if (!info.about.empty()) schema["description"] = info.about;
  return schema;
}

}  // namespace

void Shape<config::Condition>::parse(config::Condition& out, const Json& value, const Info&, const Path& at, Problems& problems) {
  const bool fine = value.is_bool() || (value.is_string() && is_one_expression(text_of(value)));
  if (fine) {
    out.source = value;
    return;
  }
  const auto advice = value.is_string() ? fmt::format("; write \"{{{{ {} }}}}\"", shorten(text_of(value), 80)) : "; write \"{{ … }}\"";
  add_error(
      problems, at,
      fmt::format("{} must be a condition: one expression that is true or false, got {}{}", at.label(), describe_value(value), advice));
}

JsonObject Shape<config::Condition>::schema(const Info& info, SchemaDefinitions&) {
  return described({{"type", JsonArray{"string", "boolean"}}}, info);
}

void Shape<config::ListTemplate>::parse(config::ListTemplate& out, const Json& value, const Info&, const Path& at, Problems& problems) {
  const bool fine = value.is_array() || (value.is_string() && is_one_expression(text_of(value)));
  if (fine) {
    out.source = value;
  } else {
    add_error(problems, at,
              fmt::format("{} must be a list, or one expression that makes one, got {}; write \"{{{{ … }}}}\"", at.label(),
                          describe_value(value)));
  }
}

JsonObject Shape<config::ListTemplate>::schema(const Info& info, SchemaDefinitions&) {
  return described({{"type", JsonArray{"string", "array"}}}, info);
}

void Shape<config::TextTemplate>::parse(config::TextTemplate& out, const Json& value, const Info& info, const Path& at,
                                        Problems& problems) {
  std::string text;
  const auto before = problems.size();
  Shape<std::string>::parse(text, value, info, at, problems);
  if (problems.size() == before) out.source = value;
}

JsonObject Shape<config::TextTemplate>::schema(const Info& info, SchemaDefinitions& definitions) {
  return Shape<std::string>::schema(info, definitions);
}

void Shape<config::ObjectTemplate>::parse(config::ObjectTemplate& out, const Json& value, const Info& info, const Path& at,
                                          Problems& problems) {
  if (is_object(value, info, at, problems)) out.source = value;
}

JsonObject Shape<config::ObjectTemplate>::schema(const Info& info, SchemaDefinitions&) {
  return JsonObject{{"type", "object"}, {"description", info.about}};
}

void Shape<config::InnerWorkflow>::parse(config::InnerWorkflow& out, const Json& value, const Info&, const Path& at, Problems& problems) {
  if (value.is_object()) {
    out.document = value;
  } else if (value.is_string()) {
    // Loading a file puts what it holds into this place.
    add_error(problems, at,
              fmt::format("{} cannot be a path here, because there is no folder to start from; write the workflow itself", at.label()));
  } else {
    wrong_type(value, "the path of a workflow file, or a workflow", "write workflow: other.yaml", at, problems);
  }
}

JsonObject Shape<config::InnerWorkflow>::schema(const Info& info, SchemaDefinitions&) {
  return described({{"type", JsonArray{"string", "object"}}}, info);
}

void Shape<config::PromptTemplate>::parse(config::PromptTemplate& out, const Json& value, const Info& info, const Path& at,
                                          Problems& problems) {
  if (!value.is_object()) {
    config::TextTemplate text;
    Shape<config::TextTemplate>::parse(text, value, info, at, problems);
    out.source = std::move(text.source);
  } else {
    // Loading a file puts the text of the other one into this place.
    add_error(problems, at,
              fmt::format("{} cannot come from a file here, because there is no folder to start from; write the text itself", at.label()));
  }
}

JsonObject Shape<config::PromptTemplate>::schema(const Info& info, SchemaDefinitions& definitions) {
  JsonArray choices;
  choices.emplace_back(JsonObject{{"type", "string"}});
  choices.emplace_back(schema_of(table_of<config::PromptSpec>().view, definitions));
  return described({{"anyOf", std::move(choices)}}, info);
}

void Shape<config::Includes>::parse(config::Includes& out, const Json& value, const Info&, const Path& at, Problems& problems) {
  out.source = value;
  add_error(problems, at, "files cannot be included here, because there is no folder to start from; write out what they hold");
}

JsonObject Shape<config::Includes>::schema(const Info& info, SchemaDefinitions& definitions) {
  JsonArray choices;
  choices.emplace_back(JsonObject{{"type", "string"}, {"minLength", 1}});
  choices.emplace_back(schema_of(table_of<config::IncludeSpec>().view, definitions));
  return list_schema(JsonObject{{"anyOf", std::move(choices)}}, info);
}

void Shape<AgentKind>::parse(AgentKind& out, const Json& value, const Info&, const Path& at, Problems& problems) {
  if (value.is_string() && std::ranges::find(later_kinds, text_of(value)) != later_kinds.end()) {
    std::vector<std::string> words(kinds.begin(), kinds.end());
    return add_error(problems, at,
                     fmt::format("agent type '{}' is not supported by this version; use {}", text_of(value), list_of(words, " or ")));
  }
  if (const auto index = parse_word(kinds, value, at, problems)) out = static_cast<AgentKind>(*index);
}

JsonObject Shape<AgentKind>::schema(const Info& info, SchemaDefinitions&) { return words_schema(kinds, info); }

void Shape<config::SchemaNode>::parse(config::SchemaNode& out, const Json& value, const Info&, const Path& at,  // NOLINT(misc-no-recursion)
                                      Problems& problems) {
  if (value.is_string()) {
    if (!parse_word(config::schema_types(), value, at, problems)) return;
    out.source = JsonObject{{"type", value}};
    return;
  }
  if (!value.is_object()) return wrong_type(value, "a type or a schema", "write 'string', or an object with a key 'type'", at, problems);
  config::SchemaSpec spec;
  const auto before = problems.size();
  parse_object(spec, value, at, problems);
  if (problems.size() != before) return;
  JsonObject schema = value.get_object();
  if (!spec.items.source.is_null()) schema["items"] = spec.items.source;
  if (!spec.additional_properties.source.is_null()) schema["additionalProperties"] = spec.additional_properties.source;
  if (!spec.properties.empty()) {
    auto& members = schema["properties"].emplace_object();
    for (auto& [name, member] : spec.properties) members[name] = member.source;
  }
  out.source = std::move(schema);
}

JsonObject Shape<config::SchemaNode>::schema(const Info& info, SchemaDefinitions& definitions) {
  JsonArray choices;
  choices.emplace_back(words_schema(config::schema_types(), {}));
  choices.emplace_back(schema_of(table_of<config::SchemaSpec>().view, definitions));
  JsonObject out;
  if (!info.about.empty()) out["description"] = info.about;
  out["anyOf"] = std::move(choices);
  return out;
}

void Shape<config::TypeWords>::parse(config::TypeWords& out, const Json& value, const Info&, const Path& at, Problems& problems) {
  if (const auto* list = value.if_array()) {
    if (!is_list(value, {.about = {}, .min_items = 1}, at, problems)) return;
    for (std::size_t i = 0; i < list->size(); ++i) (void)parse_word(config::schema_types(), (*list)[i], Path(at, i), problems);
  } else if (!parse_word(config::schema_types(), value, at, problems)) {
    return;
  }
  out.source = value;
}

JsonObject Shape<config::TypeWords>::schema(const Info& info, SchemaDefinitions&) {
  JsonArray choices;
  choices.emplace_back(words_schema(config::schema_types(), {}));
  choices.emplace_back(list_schema(words_schema(config::schema_types(), {}), {.about = {}, .min_items = 1}));
  return JsonObject{{"description", info.about}, {"anyOf", std::move(choices)}};
}

void Shape<config::RequiredRule>::parse(config::RequiredRule& out, const Json& value, const Info&, const Path& at, Problems& problems) {
  if (value.is_array()) {
    std::vector<std::string> names;
    Shape<std::vector<std::string>>::parse(names, value, {}, at, problems);
  } else if (!value.is_bool()) {
    return wrong_type(value, "true, false or a list of member names", "write true or false without quotes", at, problems);
  }
  out.source = value;
}

JsonObject Shape<config::RequiredRule>::schema(const Info& info, SchemaDefinitions& definitions) {
  JsonArray choices;
  choices.emplace_back(Shape<bool>::schema({}, definitions));
  choices.emplace_back(Shape<std::vector<std::string>>::schema({}, definitions));
  return JsonObject{{"description", info.about}, {"anyOf", std::move(choices)}};
}

void Shape<config::OpenRule>::parse(config::OpenRule& out, const Json& value, const Info& info,
                                    const Path& at,  // NOLINT(misc-no-recursion)
                                    Problems& problems) {
  if (value.is_bool()) {
    out.source = value;
    return;
  }
  config::SchemaNode node;
  Shape<config::SchemaNode>::parse(node, value, info, at, problems);
  out.source = std::move(node.source);
}

JsonObject Shape<config::OpenRule>::schema(const Info& info, SchemaDefinitions& definitions) {
  JsonArray choices;
  choices.emplace_back(Shape<bool>::schema({}, definitions));
  choices.emplace_back(Shape<config::SchemaNode>::schema({}, definitions));
  return JsonObject{{"description", info.about}, {"anyOf", std::move(choices)}};
}

}  // namespace skein::describe
