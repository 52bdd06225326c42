#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <skein/error.hpp>
#include <skein/json.hpp>

/// Describes a struct once, in its own namespace; its JSON Schema, its defaults and how it is read and written follow from that:
///
///     struct SearchArgs { std::string query; int max_results = 5; };
///     SKEIN_DESCRIBE(SearchArgs, (query, "What to look for"), (max_results, "How many results", skein::at_most(50)))
///
/// Members may be bool, integers, floating-point numbers, std::string, skein::Json, described enums and structs, and std::vector and
/// std::optional of these. A member is required where a fresh struct holds nothing in it: an empty text or list, 0, the enum's first value.
/// A bool and a std::optional never are. `skein::required` and `skein::has_default` say otherwise.
#define SKEIN_DESCRIBE(Struct, ...)                                                                      \
  [[maybe_unused]] inline constexpr auto skein_members_of(const Struct*) {                               \
    return ::std::make_tuple(SKEIN_DETAIL_EACH(SKEIN_DETAIL_MEMBER, Struct __VA_OPT__(, ) __VA_ARGS__)); \
  }

/// Names the values of an enum as JSON says them: SKEIN_DESCRIBE_ENUM(Order, newest, oldest)
#define SKEIN_DESCRIBE_ENUM(Enum, ...)                                                                                 \
  [[maybe_unused]] inline constexpr auto skein_words_of(const Enum*) {                                                 \
    return ::std::to_array<::skein::described::Word<Enum>>({SKEIN_DETAIL_EACH(SKEIN_DETAIL_WORD, Enum, __VA_ARGS__)}); \
  }

namespace skein {

/// Says more of a described member than its type does.
struct MemberMark {
  std::optional<bool> required = std::nullopt;
  std::optional<double> least = std::nullopt;
  std::optional<double> most = std::nullopt;
};
inline constexpr MemberMark required{.required = true};
inline constexpr MemberMark has_default{.required = false};
/// The least number, length of a text, or count of a list's items.
constexpr MemberMark at_least(double n) { return {.least = n}; }
constexpr MemberMark at_most(double n) { return {.most = n}; }

namespace described {

template <class Enum>
struct Word {
  Enum value;
  std::string_view text;
};

template <class Pointer>
struct PointerParts;
template <class O, class V>
struct PointerParts<V O::*> {
  using Owner = O;
  using Value = V;
};

template <auto member_pointer>
struct Member {
  using Owner = typename PointerParts<decltype(member_pointer)>::Owner;
  using Value = typename PointerParts<decltype(member_pointer)>::Value;
  static constexpr auto pointer = member_pointer;
  std::string_view name;
  std::string_view about;
  MemberMark mark;
};

template <auto pointer, class... Marks>
constexpr Member<pointer> member(std::string_view name, std::string_view about = {}, const Marks&... marks) {
  static_assert((std::is_same_v<Marks, MemberMark> && ...),
                "after a member's description come only skein::required, skein::has_default, skein::at_least(n) and skein::at_most(n)");
  MemberMark mark;
  [[maybe_unused]] const auto add = [&mark](const MemberMark& one) {
    if (one.required) mark.required = one.required;
    if (one.least) mark.least = one.least;
    if (one.most) mark.most = one.most;
  };
  (add(marks), ...);
  return {name, about, mark};
}

template <class T>
concept Struct = std::is_class_v<T> && requires { skein_members_of(static_cast<const T*>(nullptr)); };
template <class T>
concept Words = std::is_enum_v<T> && requires { skein_words_of(static_cast<const T*>(nullptr)); };
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

template <class T>
struct ItemOf : std::type_identity<void> {};
template <class T>
struct ItemOf<std::vector<T>> : std::type_identity<T> {};
template <class T>
struct ItemOf<std::optional<T>> : std::type_identity<T> {};
template <class T>
concept List = std::same_as<T, std::vector<typename ItemOf<T>::type>>;
template <class T>
concept Optional = std::same_as<T, std::optional<typename ItemOf<T>::type>>;

/// Whether values of a type can be read and written.
template <class T>
constexpr bool is_shaped() {
  if constexpr (List<T> || Optional<T>) {
    return is_shaped<typename ItemOf<T>::type>();
  } else {
    return std::same_as<T, bool> || Integer<T> || std::floating_point<T> || std::same_as<T, std::string> || std::same_as<T, Json> ||
           Struct<T> || Words<T>;
  }
}

/// Explains to the compiler's user what is missing.
template <class T>
constexpr void check_shaped() {
  if constexpr (List<T> || Optional<T>) {
    check_shaped<typename ItemOf<T>::type>();
  } else {
    static_assert(is_shaped<T>() || !std::is_enum_v<T>,
                  "describe this enum beside its definition, in the same namespace: SKEIN_DESCRIBE_ENUM(Enum, first_value, second_value)");
    static_assert(is_shaped<T>() || !std::is_class_v<T>,
                  "describe this struct beside its definition, in the same namespace: SKEIN_DESCRIBE(Struct, (member, \"what it is\"))");
    static_assert(is_shaped<T>() || std::is_enum_v<T> || std::is_class_v<T>,
                  "a described member must be bool, a number, std::string, skein::Json, a described enum or struct, or std::vector or "
                  "std::optional of these");
  }
}

/// Where in a value, for messages.
struct Place {
  const Place* outer = nullptr;
  std::string_view name{};
  std::size_t index = 0;
};
/// invalid_argument: "'outer.list[2]' must be …".
[[nodiscard]] std::unexpected<Error> misfit(const Place& at, std::string_view wanted);
[[nodiscard]] std::unexpected<Error> missing(const Place& at, std::string_view name);
/// Enters "minimum" and "maximum", or the bounds of lengths and counts, into a schema.
void set_bounds(JsonObject& schema, const MemberMark& mark);

/// The structs whose schema is being made; one inside itself is cut there.
struct Open {
  const void* type = nullptr;
  const Open* outer = nullptr;
};
template <class T>
inline constexpr char type_tag = 0;

template <class T, class Function>
void for_each_member(Function&& function) {
  std::apply([&](const auto&... members) { (function(members), ...); }, skein_members_of(static_cast<const T*>(nullptr)));
}

template <class T>
const T& fresh() {
  static_assert(std::is_default_constructible_v<T>, "a described struct must have a default constructor: it says the defaults");
  static const T value{};
  return value;
}

template <class M>
bool is_required(const M& member);

/// Whether a fresh value is no value: somebody must give one.
template <class T>
bool is_empty(const T& value) {
  if constexpr (std::same_as<T, bool> || Optional<T>) {
    return false;
  } else if constexpr (List<T> || std::same_as<T, std::string>) {
    return value.empty();
  } else if constexpr (std::same_as<T, Json>) {
    return value.is_null();
  } else if constexpr (Struct<T>) {
    bool any = false;
    described::for_each_member<T>([&](const auto& member) { any = any || described::is_required(member); });
    return any;
  } else {
    return value == T{};
  }
}

template <class M>
bool is_required(const M& member) {
  return member.mark.required.value_or(described::is_empty(described::fresh<typename M::Owner>().*M::pointer));
}

template <class T>
Json write(const T& value) {
  check_shaped<T>();
  if constexpr (Optional<T>) {
    return value ? described::write(*value) : Json(nullptr);
  } else if constexpr (List<T>) {
    JsonArray out;
    for (const typename T::value_type& item : value) out.push_back(described::write(item));
    return out;
  } else if constexpr (Struct<T>) {
    JsonObject out;
    described::for_each_member<T>([&](const auto& member) { out[member.name] = described::write(value.*member.pointer); });
    return out;
  } else if constexpr (Words<T>) {
    for (const auto& word : skein_words_of(static_cast<const T*>(nullptr))) {
      if (word.value == value) return Json(word.text);
    }
    return Json(static_cast<std::int64_t>(value));
  } else if constexpr (std::same_as<T, float>) {
    return Json(static_cast<double>(value));
  } else if constexpr (is_shaped<T>()) {
    return Json(value);
  }
}

template <class T>
JsonObject schema(const MemberMark& mark = {}, const Open* open = nullptr) {
  check_shaped<T>();
  JsonObject out;
  if constexpr (Optional<T>) {
    return described::schema<typename T::value_type>(mark, open);
  } else if constexpr (std::same_as<T, bool>) {
    out["type"] = "boolean";
  } else if constexpr (Integer<T>) {
    out["type"] = "integer";
    if constexpr (std::is_unsigned_v<T>) out["minimum"] = std::int64_t{0};
  } else if constexpr (std::floating_point<T>) {
    out["type"] = "number";
  } else if constexpr (std::same_as<T, std::string>) {
    out["type"] = "string";
  } else if constexpr (Words<T>) {
    out["type"] = "string";
    auto& words = out["enum"].emplace_array();
    for (const auto& word : skein_words_of(static_cast<const T*>(nullptr))) words.push_back(Json(word.text));
  } else if constexpr (List<T>) {
    out["type"] = "array";
    out["items"] = described::schema<typename T::value_type>({}, open);
  } else if constexpr (Struct<T>) {
    out["type"] = "object";
    for (const auto* one = open; one != nullptr; one = one->outer) {
      if (one->type == &type_tag<T>) return out;
    }
    const Open inside{&type_tag<T>, open};
    JsonObject properties;
    JsonArray needed;
    described::for_each_member<T>([&](const auto& member) {
      using Value = typename std::remove_cvref_t<decltype(member)>::Value;
      auto one = described::schema<Value>(member.mark, &inside);
      if (!member.about.empty()) one["description"] = member.about;
      if (described::is_required(member)) {
        needed.push_back(Json(member.name));
      } else if (auto otherwise = described::write(described::fresh<T>().*member.pointer); !otherwise.is_null()) {
        one["default"] = std::move(otherwise);
      }
      properties[member.name] = std::move(one);
    });
    out["properties"] = std::move(properties);
    if (!needed.empty()) out["required"] = std::move(needed);
    out["additionalProperties"] = false;
  }
  set_bounds(out, mark);
  return out;
}

/// Reads `value` into `out`; keys that are missing or null leave what `out` holds. Keys that no member has are passed over.
template <class T>
[[nodiscard]] Result<void> read(T& out, const Json& value, const Place& at = {}) {
  check_shaped<T>();
  if constexpr (Optional<T>) {
    if (!value.is_null()) return described::read(out.emplace(), value, at);
    out.reset();
  } else if constexpr (std::same_as<T, bool>) {
    if (!value.is_bool()) return misfit(at, "true or false");
    out = value.get_bool();
  } else if constexpr (Integer<T>) {
    boost::json::error_code error;
    const auto number = value.is_number() ? value.to_number<T>(error) : T{};
    if (!value.is_number() || error)
      return misfit(
          at, "an integer from " + std::to_string(std::numeric_limits<T>::min()) + " to " + std::to_string(std::numeric_limits<T>::max()));
    out = number;
  } else if constexpr (std::floating_point<T>) {
    boost::json::error_code error;
    const auto number = value.is_number() ? value.to_number<double>(error) : 0;
    if (!value.is_number() || error) return misfit(at, "a number");
    out = static_cast<T>(number);
  } else if constexpr (std::same_as<T, std::string>) {
    if (!value.is_string()) return misfit(at, "a string");
    out.assign(value.get_string().data(), value.get_string().size());
  } else if constexpr (Words<T>) {
    std::string wanted;
    for (const auto& word : skein_words_of(static_cast<const T*>(nullptr))) {
      if (value.is_string() && std::string_view(value.get_string().data(), value.get_string().size()) == word.text) {
        out = word.value;
        return {};
      }
      wanted += (wanted.empty() ? "one of " : ", ") + std::string(word.text);
    }
    return misfit(at, wanted);
  } else if constexpr (List<T>) {
    if (!value.is_array()) return misfit(at, "a list");
    out.clear();
    for (const auto& one : value.get_array()) {
      typename T::value_type item{};
      auto done = described::read(item, one, {.outer = &at, .index = out.size()});
      if (!done) return done;
      out.push_back(std::move(item));
    }
  } else if constexpr (Struct<T>) {
    if (!value.is_object()) return misfit(at, "an object");
    Result<void> done;
    described::for_each_member<T>([&](const auto& member) {
      if (!done) return;
      const auto* found = value.get_object().if_contains(member.name);
      if (found != nullptr && !found->is_null()) {
        done = described::read(out.*member.pointer, *found, {.outer = &at, .name = member.name});
      } else if (described::is_required(member)) {
        done = missing(at, member.name);
      }
    });
    return done;
  } else {
    out = value;
  }
  return {};
}

}  // namespace described
}  // namespace skein

// One expansion an argument, separated by commas; up to 256 arguments.
#define SKEIN_DETAIL_PARENS ()
#define SKEIN_DETAIL_EXPAND(...) SKEIN_DETAIL_EXPAND3(SKEIN_DETAIL_EXPAND3(SKEIN_DETAIL_EXPAND3(SKEIN_DETAIL_EXPAND3(__VA_ARGS__))))
#define SKEIN_DETAIL_EXPAND3(...) SKEIN_DETAIL_EXPAND2(SKEIN_DETAIL_EXPAND2(SKEIN_DETAIL_EXPAND2(SKEIN_DETAIL_EXPAND2(__VA_ARGS__))))
#define SKEIN_DETAIL_EXPAND2(...) SKEIN_DETAIL_EXPAND1(SKEIN_DETAIL_EXPAND1(SKEIN_DETAIL_EXPAND1(SKEIN_DETAIL_EXPAND1(__VA_ARGS__))))
#define SKEIN_DETAIL_EXPAND1(...) __VA_ARGS__
#define SKEIN_DETAIL_EACH(macro, type, ...) __VA_OPT__(SKEIN_DETAIL_EXPAND(SKEIN_DETAIL_STEP(macro, type, __VA_ARGS__)))
#define SKEIN_DETAIL_STEP(macro, type, one, ...) \
  macro(type, one) __VA_OPT__(, SKEIN_DETAIL_AGAIN SKEIN_DETAIL_PARENS(macro, type, __VA_ARGS__))
#define SKEIN_DETAIL_AGAIN() SKEIN_DETAIL_STEP
#define SKEIN_DETAIL_MEMBER(type, description) SKEIN_DETAIL_MEMBER_OF(type, SKEIN_DETAIL_BARE description)
#define SKEIN_DETAIL_BARE(...) __VA_ARGS__
#define SKEIN_DETAIL_MEMBER_OF(type, ...) SKEIN_DETAIL_ONE_MEMBER(type, __VA_ARGS__)
#define SKEIN_DETAIL_ONE_MEMBER(type, name, ...) ::skein::described::member<&type::name>(#name __VA_OPT__(, ) __VA_ARGS__)
#define SKEIN_DETAIL_WORD(type, name) {type::name, #name}
