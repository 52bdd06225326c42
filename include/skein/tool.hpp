#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <skein/describe.hpp>
#include <skein/error.hpp>
#include <skein/json.hpp>
#include <skein/tool_value.hpp>

// Not for Skein's own sources, where `skein::tool` is a namespace: they need no more than tool_value.hpp.
namespace skein {

namespace described {

template <class T>
struct Signature {
  static_assert(
      !std::is_same_v<T, T>,
      "a tool's function must have one signature that can be read: a lambda without auto parameters, a function or a std::function");
};
template <class R, class... A>
struct Signature<R(A...)> {
  using Answer = R;
  using Parameters = std::tuple<A...>;
};
template <class R, class... A>
struct Signature<R(A...) noexcept> : Signature<R(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const> : Signature<R(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const noexcept> : Signature<R(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...)> : Signature<R(A...)> {
  static_assert(!std::is_same_v<C, C>, "a tool's function is called from several threads at once, so it cannot be mutable");
};
template <class F>
  requires requires { &F::operator(); }
struct Signature<F> : Signature<decltype(&F::operator())> {};

template <class T>
struct IsResult : std::false_type {};
template <class T>
struct IsResult<Result<T>> : std::true_type {};

template <class T>
Result<ToolAnswer> answer_of(T&& value) {
  using Value = std::remove_cvref_t<T>;
  if constexpr (IsResult<Value>::value) {
    if (!value) return std::unexpected(std::forward<T>(value).error());
    if constexpr (std::is_void_v<typename Value::value_type>) {
      return ToolAnswer{};
    } else {
      return described::answer_of(std::forward<T>(value).value());
    }
  } else if constexpr (std::is_same_v<Value, ToolAnswer>) {
    return std::forward<T>(value);
  } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
    return ToolAnswer{Json(std::string_view(value)), {}};
  } else if constexpr (is_shaped<Value>()) {
    return ToolAnswer{described::write(value), {}};
  } else if constexpr (std::is_constructible_v<Json, T>) {
    return ToolAnswer{Json(std::forward<T>(value)), {}};
  } else {
    static_assert(boost::json::has_value_from<Value>::value,
                  "a tool's function must return text, skein::Json, a described struct, something that boost::json::value_from takes, a "
                  "skein::ToolAnswer, nothing, or a skein::Result of one of these; describe a struct with SKEIN_DESCRIBE");
    if constexpr (boost::json::has_value_from<Value>::value) return ToolAnswer{boost::json::value_from(std::forward<T>(value)), {}};
  }
}

template <class Function, class... Arguments>
Result<ToolAnswer> answer(const Function& function, Arguments&&... arguments) {
  if constexpr (std::is_void_v<std::invoke_result_t<const Function&, Arguments...>>) {
    std::invoke(function, std::forward<Arguments>(arguments)...);
    return ToolAnswer{};
  } else {
    return described::answer_of(std::invoke(function, std::forward<Arguments>(arguments)...));
  }
}

template <class T>
inline constexpr bool is_call = std::is_same_v<std::remove_cvref_t<T>, ToolCall>;

/// The parameter struct of a function, or void where it has none.
template <class Parameters>
struct ArgumentsOf;
template <>
struct ArgumentsOf<std::tuple<>> : std::type_identity<void> {};
template <class A>
struct ArgumentsOf<std::tuple<A>> : std::type_identity<std::conditional_t<is_call<A>, void, std::remove_cvref_t<A>>> {
  static_assert(!std::is_lvalue_reference_v<A> || std::is_const_v<std::remove_reference_t<A>>,
                "a tool's function takes its parameter struct by value or as a const reference");
};
template <class A, class B>
struct ArgumentsOf<std::tuple<A, B>> : ArgumentsOf<std::tuple<A>> {
  static_assert(is_call<B>, "a tool's function takes one parameter struct, and after it at most a const skein::ToolCall&");
};
template <class A, class B, class C, class... More>
struct ArgumentsOf<std::tuple<A, B, C, More...>> : std::type_identity<void> {
  static_assert(!std::is_same_v<A, A>, "a tool's function takes one parameter struct: make its parameters members of a struct");
};

template <class Arguments>
JsonObject parameters_of() {
  if constexpr (std::is_void_v<Arguments>) {
    return {{"type", "object"}, {"properties", JsonObject{}}, {"additionalProperties", false}};
  } else {
    static_assert(
        Struct<Arguments>,
        "the parameter of a tool's function must be a described struct; describe it beside its definition, in the same namespace: "
        "SKEIN_DESCRIBE(Struct, (member, \"what it is\"))");
    if constexpr (Struct<Arguments>) return described::schema<Arguments>();
  }
}

template <class Function>
Result<ToolAnswer> call_with(const Function& function, [[maybe_unused]] const Json& json, [[maybe_unused]] const ToolCall& call) {
  using Parameters = typename Signature<Function>::Parameters;
  using Arguments = typename ArgumentsOf<Parameters>::type;
  if constexpr (std::is_void_v<Arguments>) {
    if constexpr (std::tuple_size_v<Parameters> == 0) {
      return described::answer(function);
    } else {
      return described::answer(function, call);
    }
  } else if constexpr (Struct<Arguments>) {
    Arguments arguments{};
    if (auto done = described::read(arguments, json); !done) return std::unexpected(std::move(done).error());
    if constexpr (std::tuple_size_v<Parameters> == 1) {
      return described::answer(function, std::move(arguments));
    } else {
      return described::answer(function, std::move(arguments), call);
    }
  }
}

}  // namespace described

/// Makes a tool of a function. It takes nothing or a described struct (see describe.hpp), then if it likes a `const ToolCall&`; it returns
/// text, JSON, a described struct, a ToolAnswer, nothing, or a Result of these. It may block: it runs on a pool of threads, several calls
/// at once.
///
///     auto search = skein::tool("web_search", "Search the web for information", [](SearchArgs a) { return look_up(a.query); });
template <class Function>
[[nodiscard]] Tool tool(std::string name, std::string description, Function function, ToolOptions options = {}) {
  using Plain = std::remove_pointer_t<Function>;
  using Arguments = typename described::ArgumentsOf<typename described::Signature<Plain>::Parameters>::type;
  ToolFunction out;
  out.name = std::move(name);
  out.description = std::move(description);
  out.parameters = described::parameters_of<Arguments>();
  out.options = options;
  if constexpr (std::is_function_v<Plain>) {
    out.call = [function](const Json& json, const ToolCall& call) { return described::call_with<Plain>(*function, json, call); };
  } else {
    out.call = [shared = std::make_shared<const Function>(std::move(function))](const Json& json, const ToolCall& call) {
      return described::call_with(*shared, json, call);
    };
  }
  return make_tool(std::move(out));
}

}  // namespace skein
