#pragma once

#include "config/format.hpp"

/// How the format's own value types look as JSON.
namespace skein::describe {

template <>
struct Shape<config::TextTemplate> : PlainShape {
  static void parse(config::TextTemplate& out, const Json& value, const Info& info, const Path& at, Problems& problems);
  static std::optional<Json> write(const config::TextTemplate&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions&);
  static std::string type(const Info&) { return "template string"; }
};

template <>
struct Shape<config::Condition> : PlainShape {
  static void parse(config::Condition& out, const Json& value, const Info& info, const Path& at, Problems& problems);
  static std::optional<Json> write(const config::Condition&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions&);
  static std::string type(const Info&) { return "condition"; }
};

template <>
struct Shape<config::ListTemplate> : PlainShape {
  static void parse(config::ListTemplate& out, const Json& value, const Info& info, const Path& at, Problems& problems);
  static std::optional<Json> write(const config::ListTemplate&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions&);
  static std::string type(const Info&) { return "list template"; }
};

template <>
struct Shape<config::ValueTemplate> : PlainShape {
  static void parse(config::ValueTemplate& out, const Json& value, const Info&, const Path&, Problems&) { out.source = value; }
  static std::optional<Json> write(const config::ValueTemplate&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions& definitions) { return Shape<Json>::schema(info, definitions); }
  static std::string type(const Info&) { return "template"; }
};

template <>
struct Shape<config::ObjectTemplate> : PlainShape {
  static void parse(config::ObjectTemplate& out, const Json& value, const Info& info, const Path& at, Problems& problems);
  static std::optional<Json> write(const config::ObjectTemplate&) { return Json(JsonObject{}); }
  static JsonObject schema(const Info& info, SchemaDefinitions&);
  static std::string type(const Info&) { return "template object"; }
};

/// Checked apart, as a file of its own would be.
template <>
struct Shape<config::InnerWorkflow> : PlainShape {
  static void parse(config::InnerWorkflow& out, const Json& value, const Info&, const Path& at, Problems& problems);
  static std::optional<Json> write(const config::InnerWorkflow&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions&);
  static std::string type(const Info&) { return "path of a file, or workflow"; }
};

/// Loading a file puts what they hold into the document and takes them out.
template <>
struct Shape<config::Includes> {
  static void parse(config::Includes& out, const Json& value, const Info&, const Path& at, Problems& problems);
  static std::optional<Json> write(const config::Includes&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions& definitions);
  static std::string type(const Info&) { return "list: path of a file, or object"; }
  static const TableView* nested() { return &table_of<config::IncludeSpec>().view; }
};

template <>
struct Shape<config::PromptTemplate> {
  static void parse(config::PromptTemplate& out, const Json& value, const Info& info, const Path& at, Problems& problems);
  static std::optional<Json> write(const config::PromptTemplate&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions& definitions);
  static std::string type(const Info&) { return "template string or object"; }
  static const TableView* nested() { return &table_of<config::PromptSpec>().view; }
};

/// A kind that a later version brings is refused by name.
template <>
struct Shape<config::AgentKind> : PlainShape {
  static void parse(config::AgentKind& out, const Json& value, const Info&, const Path& at, Problems& problems);
  static std::optional<Json> write(config::AgentKind) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions&);
  static std::string type(const Info&) { return "word"; }
};

template <>
struct Shape<config::SchemaNode> {
  static void parse(config::SchemaNode& out, const Json& value, const Info&, const Path& at, Problems& problems);
  static std::optional<Json> write(const config::SchemaNode&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions& definitions);
  static std::string type(const Info&) { return "schema or type name"; }
  static const TableView* nested() { return &table_of<config::SchemaSpec>().view; }
};

template <>
struct Shape<config::TypeWords> : PlainShape {
  static void parse(config::TypeWords& out, const Json& value, const Info&, const Path& at, Problems& problems);
  static std::optional<Json> write(const config::TypeWords&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions&);
  static std::string type(const Info&) { return "word or list of words"; }
};

template <>
struct Shape<config::RequiredRule> : PlainShape {
  static void parse(config::RequiredRule& out, const Json& value, const Info&, const Path& at, Problems& problems);
  static std::optional<Json> write(const config::RequiredRule&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions&);
  static std::string type(const Info&) { return "boolean, or list of member names"; }
};

template <>
struct Shape<config::OpenRule> : PlainShape {
  static void parse(config::OpenRule& out, const Json& value, const Info&, const Path& at, Problems& problems);
  static std::optional<Json> write(const config::OpenRule&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions& definitions);
  static std::string type(const Info&) { return "boolean or schema"; }
};

template <>
std::span<const std::string_view> names_of<workflow::ApprovalTimeout>();
template <>
std::span<const std::string_view> names_of<config::OnLimit>();
template <>
std::span<const std::string_view> names_of<workflow::OnFailure>();
template <>
std::span<const std::string_view> names_of<workflow::FailureStrategy>();
template <>
std::span<const std::string_view> names_of<workflow::AuthenticationType>();
template <>
std::span<const std::string_view> names_of<ErrorCode>();
template <>
std::span<const std::string_view> names_of<config::AgentKind>();
template <>
std::span<const std::string_view> names_of<config::TextFormat>();

}  // namespace skein::describe
