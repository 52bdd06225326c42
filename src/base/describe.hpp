#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "base/clock.hpp"
#include "base/json.hpp"

/// Described structs: one table of fields says how a struct looks as JSON. Parsing with defaults, all problems at once, suggestions for
/// unknown keys, the JSON Schema and the reference documentation are made from that table and from nothing else.
///
///     struct Point { double x = 0; std::optional<std::string> label; };
///     template <> const Table<Point>& describe::table_of<Point>() {
///       static const Table<Point> table{{.name = "point", .about = "A place."},
///         {field("x", &Point::x, {.about = "How far.", .required = true}), field("label", &Point::label, {})}};
///       return table;
///     }
namespace skein::describe {

enum class Severity : std::uint8_t { error, warning };
/// Which part of a member a problem points at.
enum class Part : std::uint8_t { value, key };

struct Problem {
  std::string pointer;  ///< RFC 6901, from the root of the document
  std::string message;  ///< what; what to do
  Severity severity = Severity::error;
  Part part = Part::value;
  std::optional<std::size_t> offset;  ///< in bytes, into the string at `pointer`
};
using Problems = std::vector<Problem>;

/// Where in a document: a chain of stack frames, so that a step costs nothing until somebody asks for the pointer.
class Path {
 public:
  Path() = default;
  Path(const Path& parent, std::string_view key) : parent_(&parent), key_(key) {}
  Path(const Path& parent, std::size_t index) : parent_(&parent), index_(index) {}
  [[nodiscard]] std::string pointer() const;
  /// For messages: "'timeout'", "item 2 of 'args'", "the document".
  [[nodiscard]] std::string label() const;

 private:
  const Path* parent_ = nullptr;
  std::string_view key_;
  std::size_t index_ = 0;
};

void add_error(Problems& problems, const Path& at, std::string message, Part part = Part::value);

/// Everything about a field except its name and type.
struct Info {
  std::string_view about;
  std::string_view example = {};  ///< as one writes it in YAML; empty where the default says enough
  bool required = false;
  std::optional<double> minimum = {};  ///< of numbers and, in seconds, of durations
  std::optional<double> maximum = {};
  std::size_t min_items = 0;  ///< of lists and objects; of strings in characters
  /// Of strings: a further check, which answers what is wrong or nothing.
  std::string (*check)(std::string_view) = nullptr;
};

/// Named object schemas, by reference from the others.
using SchemaDefinitions = std::map<std::string, JsonObject, std::less<>>;

struct TableInfo {
  std::string_view name;
  std::string_view about;
  /// Keys of this place that are known but refused: "'x' is not supported by this version".
  std::span<const std::string_view> refused = {};
};

struct TableView;

/// A field as seen without its struct's type.
struct FieldView {
  std::string_view name;
  Info info;
  std::string type;                         ///< for people: "string", "list of strings"
  std::optional<Json> default_value;        ///< what a missing key means, where that is a value
  std::function<JsonObject(SchemaDefinitions&)> schema;
  std::function<const TableView*()> nested;  ///< the table of the objects in this field, or null
};

struct TableView {
  TableInfo info;
  std::vector<const FieldView*> fields;
};

/// The JSON Schema of an object with exactly these fields. It is entered into `definitions`; the result is a reference to it.
[[nodiscard]] JsonObject schema_of(const TableView& table, SchemaDefinitions& definitions);

/// Unknown, refused and missing keys. Null stands for a missing key.
void check_keys(const TableView& table, const JsonObject& object, const Path& at, Problems& problems);

/// "string \"abc\"", "number 5", "list": what a value is, for messages; long ones shortened.
[[nodiscard]] std::string describe_value(const Json& value);
/// Says that a value is of the wrong type: "'x' must be a number, got the string \"abc\"; write a number".
void wrong_type(const Json& value, std::string_view wanted, std::string_view advice, const Path& at, Problems& problems);
[[nodiscard]] bool in_bounds(double value, std::string_view unit, const Info& info, const Path& at, Problems& problems);

/// How values of a type look as JSON. Specialize it to add one:
///     static void parse(T& out, const Json&, const Info&, const Path&, Problems&);  // leaves `out` alone where there is a problem
///     static std::optional<Json> write(const T&);                                  // empty: nothing to show as a default
///     static JsonObject schema(const Info&, SchemaDefinitions&);
///     static std::string type(const Info&);
///     static const TableView* nested();
template <class T>
struct Shape;

template <class T>
struct Field : FieldView {
  std::function<void(T&, const Json&, const Path&, Problems&)> parse;
};

template <class T>
struct Table {
  Table(TableInfo info, std::vector<Field<T>> list) : fields(std::move(list)) {
    view.info = info;
    for (const auto& one : fields) view.fields.push_back(&one);
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  std::vector<Field<T>> fields;
  TableView view;
};

/// The one table of a described struct.
template <class T>
const Table<T>& table_of();

template <class T, class Member>
Field<T> field(std::string_view name, Member T::* member, Info info) {
  Field<T> out;
  out.name = name;
  out.info = info;
  out.type = Shape<Member>::type(info);
  if (!info.required) out.default_value = Shape<Member>::write(T{}.*member);
  out.schema = [info](SchemaDefinitions& definitions) { return Shape<Member>::schema(info, definitions); };
  out.nested = &Shape<Member>::nested;
  out.parse = [member, info](T& object, const Json& value, const Path& at, Problems& problems) {
    Shape<Member>::parse(object.*member, value, info, at, problems);
  };
  return out;
}

/// Fills `out` from `value`; what is missing keeps what `out` holds.
template <class T>
void parse_object(T& out, const Json& value, const Path& at, Problems& problems) {
  const auto& table = table_of<T>();
  const auto* object = value.if_object();
  if (object == nullptr) return wrong_type(value, "an object", "write its keys below it", at, problems);
  check_keys(table.view, *object, at, problems);
  for (const auto& one : table.fields) {
    const auto* member = object->if_contains(one.name);
    if (member != nullptr && !member->is_null()) one.parse(out, *member, Path(at, one.name), problems);
  }
}

// Shapes of plain types. A type without another shape is a described struct.

template <class T>
struct Shape {
  static void parse(T& out, const Json& value, const Info&, const Path& at, Problems& problems) { parse_object(out, value, at, problems); }
  static std::optional<Json> write(const T&) { return std::nullopt; }
  static JsonObject schema(const Info&, SchemaDefinitions& definitions) { return schema_of(table_of<T>().view, definitions); }
  static std::string type(const Info&) { return "object"; }
  static const TableView* nested() { return &table_of<T>().view; }
};

/// What shapes without described objects inside have in common.
struct PlainShape {
  static const TableView* nested() { return nullptr; }
};

template <>
struct Shape<std::string> : PlainShape {
  static void parse(std::string& out, const Json& value, const Info& info, const Path& at, Problems& problems);
  static std::optional<Json> write(const std::string& value);
  static JsonObject schema(const Info& info, SchemaDefinitions&);
  static std::string type(const Info&) { return "string"; }
};

template <>
struct Shape<bool> : PlainShape {
  static void parse(bool& out, const Json& value, const Info& info, const Path& at, Problems& problems);
  static std::optional<Json> write(bool value) { return Json(value); }
  static JsonObject schema(const Info&, SchemaDefinitions&);
  static std::string type(const Info&) { return "boolean"; }
};

template <>
struct Shape<double> : PlainShape {
  static void parse(double& out, const Json& value, const Info& info, const Path& at, Problems& problems);
  static std::optional<Json> write(double value) { return Json(value); }
  static JsonObject schema(const Info& info, SchemaDefinitions&);
  static std::string type(const Info&) { return "number"; }
};

template <>
struct Shape<std::uint32_t> : PlainShape {
  static void parse(std::uint32_t& out, const Json& value, const Info& info, const Path& at, Problems& problems);
  static std::optional<Json> write(std::uint32_t value) { return Json(std::uint64_t{value}); }
  static JsonObject schema(const Info& info, SchemaDefinitions&);
  static std::string type(const Info&) { return "integer"; }
};

template <>
struct Shape<std::uint16_t> : PlainShape {
  static void parse(std::uint16_t& out, const Json& value, const Info& info, const Path& at, Problems& problems);
  static std::optional<Json> write(std::uint16_t value) { return Json(std::uint64_t{value}); }
  static JsonObject schema(const Info& info, SchemaDefinitions& definitions) { return Shape<std::uint32_t>::schema(info, definitions); }
  static std::string type(const Info&) { return "integer"; }
};

/// Durations: seconds as a number, or text with a unit.
template <>
struct Shape<microseconds> : PlainShape {
  static void parse(microseconds& out, const Json& value, const Info& info, const Path& at, Problems& problems);
  static std::optional<Json> write(microseconds value);
  static JsonObject schema(const Info& info, SchemaDefinitions&);
  static std::string type(const Info&) { return "duration"; }
};

/// Any value.
template <>
struct Shape<Json> : PlainShape {
  static void parse(Json& out, const Json& value, const Info&, const Path&, Problems&) { out = value; }
  static std::optional<Json> write(const Json&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions&);
  static std::string type(const Info&) { return "any value"; }
};

/// Enumerations: `names_of<E>()` lists the words, and the value of a word is its index.
template <class E>
std::span<const std::string_view> names_of();
/// The index of the word that `value` holds, or a problem.
[[nodiscard]] std::optional<std::size_t> parse_word(std::span<const std::string_view> words, const Json& value, const Path& at,
                                                    Problems& problems);
[[nodiscard]] JsonObject words_schema(std::span<const std::string_view> words, const Info& info);

template <class E>
  requires std::is_enum_v<E>
struct Shape<E> : PlainShape {
  static void parse(E& out, const Json& value, const Info&, const Path& at, Problems& problems) {
    if (const auto index = parse_word(names_of<E>(), value, at, problems)) out = static_cast<E>(*index);
  }
  static std::optional<Json> write(E value) { return Json(names_of<E>()[static_cast<std::size_t>(value)]); }
  static JsonObject schema(const Info& info, SchemaDefinitions&) { return words_schema(names_of<E>(), info); }
  static std::string type(const Info&) { return "word"; }
};

template <class T>
struct Shape<std::optional<T>> {
  static void parse(std::optional<T>& out, const Json& value, const Info& info, const Path& at, Problems& problems) {
    Shape<T>::parse(out.emplace(), value, info, at, problems);
  }
  static std::optional<Json> write(const std::optional<T>&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions& definitions) { return Shape<T>::schema(info, definitions); }
  static std::string type(const Info& info) { return Shape<T>::type(info); }
  static const TableView* nested() { return Shape<T>::nested(); }
};

/// Whether `value` is a list with at least `info.min_items` items; else a problem.
[[nodiscard]] bool is_list(const Json& value, const Info& info, const Path& at, Problems& problems);
[[nodiscard]] JsonObject list_schema(JsonObject items, const Info& info);

/// Lists. `info`'s bounds and check are those of the items. The result has an item for each of the list, faulty or not.
template <class T>
struct Shape<std::vector<T>> {
  static void parse(std::vector<T>& out, const Json& value, const Info& info, const Path& at, Problems& problems) {
    if (!is_list(value, info, at, problems)) return;
    const auto& list = value.get_array();
    out.clear();
    out.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      T item{};
      Shape<T>::parse(item, list[i], item_info(info), Path(at, i), problems);
      out.push_back(std::move(item));
    }
  }
  static std::optional<Json> write(const std::vector<T>&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions& definitions) {
    return list_schema(Shape<T>::schema(item_info(info), definitions), info);
  }
  static std::string type(const Info& info) { return "list: " + Shape<T>::type(info); }
  static const TableView* nested() { return Shape<T>::nested(); }

 private:
  static Info item_info(const Info& info) { return {.about = {}, .minimum = info.minimum, .maximum = info.maximum, .check = info.check}; }
};

/// An object whose keys the author chooses, in file order.
template <class T>
using Named = std::vector<std::pair<std::string, T>>;

[[nodiscard]] bool is_object(const Json& value, const Info& info, const Path& at, Problems& problems);
[[nodiscard]] JsonObject named_schema(JsonObject values, const Info& info);

template <class T>
struct Shape<std::vector<std::pair<std::string, T>>> {
  static void parse(Named<T>& out, const Json& value, const Info& info, const Path& at, Problems& problems) {
    if (!is_object(value, info, at, problems)) return;
    for (const auto& member : value.get_object()) {
      out.emplace_back(member.key(), T{});
      Shape<T>::parse(out.back().second, member.value(), {}, Path(at, std::string_view(member.key())), problems);
    }
  }
  static std::optional<Json> write(const Named<T>&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions& definitions) {
    return named_schema(Shape<T>::schema({}, definitions), info);
  }
  static std::string type(const Info&) { return "object: name → " + Shape<T>::type({}); }
  static const TableView* nested() { return Shape<T>::nested(); }
};

}  // namespace skein::describe
