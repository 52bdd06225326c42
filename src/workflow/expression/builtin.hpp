#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workflow/expression/value.hpp"

namespace skein::workflow::expression {

class Evaluator;
class Sink;
struct Node;

/// What a consumer of results wants.
enum class Flow : std::uint8_t { more, stop };

/// Takes the values of its arguments; every combination of them gives one result.
using ValueFunction = Outcome (*)(Evaluator&, const Value& input, std::span<const Value> args);
/// Takes its arguments as expressions; gives one result.
using ClosureFunction = Outcome (*)(Evaluator&, const Node& call, const Value& input);
/// Takes its arguments as expressions; gives any number of results.
using StreamFunction = Flow (*)(Evaluator&, const Node& call, const Value& input, Sink sink);

/// Whether an argument sees the call's input, or (like the body of `map`) values that the call makes.
enum class Sees : std::uint8_t { input, items };

struct Builtin {
  std::string_view name;
  std::vector<Sees> parameters;
  bool needs_input = true;
  ValueFunction value = nullptr;
  ClosureFunction closure = nullptr;
  StreamFunction stream = nullptr;
};

/// By name and number of arguments, or null.
[[nodiscard]] const Builtin* find_builtin(std::string_view name, std::size_t arity);
/// The numbers of arguments that `name` is known with, ascending; empty for an unknown name.
[[nodiscard]] std::vector<std::size_t> arities(std::string_view name);
[[nodiscard]] std::span<const std::string_view> builtin_names();
/// Why a name of jq is not part of this language, or empty where it is not a name of jq's.
[[nodiscard]] std::string_view refusal_of(std::string_view name);
/// Whether jq would take the bare name as a call, so that it cannot be the head of a path.
[[nodiscard]] bool is_reserved(std::string_view name);

// One list a theme; together they are the table.
[[nodiscard]] std::vector<Builtin> array_builtins();
[[nodiscard]] std::vector<Builtin> object_builtins();
[[nodiscard]] std::vector<Builtin> string_builtins();
[[nodiscard]] std::vector<Builtin> scalar_builtins();
[[nodiscard]] std::vector<Builtin> stream_builtins();
[[nodiscard]] std::vector<Builtin> ordering_builtins();

}  // namespace skein::workflow::expression
