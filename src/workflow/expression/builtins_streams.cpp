// What gives any number of results, or chooses among those of its arguments.
#include <fmt/format.h>

#include "workflow/expression/compare.hpp"
#include "workflow/expression/evaluator.hpp"
#include "workflow/expression/number.hpp"
#include "workflow/expression/text_form.hpp"

namespace skein::workflow::expression {
namespace {

Flow empty(Evaluator&, const Node&, const Value&, Sink) { return Flow::more; }

Flow select(Evaluator& evaluator, const Node& call, const Value& input, Sink sink) {
  return evaluator.run(*call.args[0], input, [&](Value yes) { return truthy(*yes) ? sink(input) : Flow::more; });
}

template <bool (*belongs)(const Json&)>
Flow only(Evaluator&, const Node&, const Value& input, Sink sink) {
  return belongs(*input) ? sink(input) : Flow::more;
}
bool is_null(const Json& v) { return v.is_null(); }
bool is_value(const Json& v) { return !v.is_null(); }
bool is_boolean(const Json& v) { return v.is_bool(); }
bool is_number(const Json& v) { return v.is_number(); }
bool is_string(const Json& v) { return v.is_string(); }
bool is_array(const Json& v) { return v.is_array(); }
bool is_object(const Json& v) { return v.is_object(); }
bool is_iterable(const Json& v) { return v.is_structured(); }
bool is_scalar(const Json& v) { return !v.is_structured(); }

Flow count(Evaluator& evaluator, const Json& from, const Json& to, const Json& by, const Sink& sink) {
  if (!from.is_number() || !to.is_number() || !by.is_number()) return evaluator.fail(refuse("the bounds of range must be numbers").error());
  const auto direction = compare_numbers(by, Json(0));
  for (Json at = canonical(from);
       direction != 0 && compare_numbers(at, to) == (direction > 0 ? std::weak_ordering::less : std::weak_ordering::greater);
       at = add_numbers(at, by)) {
    if (!evaluator.meter().spend()) return evaluator.fail(evaluator.meter().failure());
    if (sink(Value::scalar(Json(at))) == Flow::stop) return Flow::stop;
  }
  return Flow::more;
}

Flow range(Evaluator& evaluator, const Node& call, const Value& input, Sink sink) {
  if (call.args.size() == 1)
    return evaluator.run(*call.args[0], input, [&](Value to) { return count(evaluator, Json(0), *to, Json(1), sink); });
  return evaluator.run(*call.args[0], input, [&](Value from) {
    return evaluator.run(*call.args[1], input, [&](Value to) {
      if (call.args.size() == 2) return count(evaluator, *from, *to, Json(1), sink);
      return evaluator.run(*call.args[2], input, [&](Value by) { return count(evaluator, *from, *to, *by, sink); });
    });
  });
}

/// Pushes at most `most` results of `node`.
Flow take(Evaluator& evaluator, const Node& node, const Value& input, const Json& most, const Sink& sink) {
  Json left = most;
  bool enough = false;
  const auto flow = evaluator.run(node, input, [&](Value v) {
    left = subtract_numbers(left, Json(1));
    const auto wanted = sink(std::move(v));
    enough = wanted == Flow::more && compare_numbers(left, Json(0)) <= 0;
    return enough ? Flow::stop : wanted;
  });
  return enough ? Flow::more : flow;
}

Flow limit(Evaluator& evaluator, const Node& call, const Value& input, Sink sink) {
  return evaluator.run(*call.args[0], input, [&](Value most) {
    if (!most->is_number()) return evaluator.fail(refuse(fmt::format("limit needs a number, not {}", describe(*most))).error());
    const auto sign = compare_numbers(*most, Json(0));
    if (sign == 0) return Flow::more;
    return sign < 0 ? evaluator.run(*call.args[1], input, sink) : take(evaluator, *call.args[1], input, *most, sink);
  });
}

Flow first_of(Evaluator& evaluator, const Node& call, const Value& input, Sink sink) {
  return take(evaluator, *call.args[0], input, Json(1), sink);
}

Outcome last_of(Evaluator& evaluator, const Node& call, const Value& input) {
  Value last;
  const auto remember = [&](Value v) {
    last = std::move(v);
    return Flow::more;
  };
  if (auto done = evaluator.guarded([&] { evaluator.run(*call.args[0], input, remember); }); !done)
    return std::unexpected(std::move(done).error());
  return last;
}

Flow nth_of(Evaluator& evaluator, const Node& call, const Value& input, Sink sink) {
  return evaluator.run(*call.args[0], input, [&](Value n) {
    if (!n->is_number() || compare_numbers(*n, Json(0)) < 0) {
      return evaluator.fail(refuse(fmt::format("nth needs a number that is not negative, not {}", describe(*n))).error());
    }
    Value last;
    const auto remember = [&](Value v) {
      last = std::move(v);
      return Flow::more;
    };
    if (take(evaluator, *call.args[1], input, add_numbers(*n, Json(1)), remember) == Flow::stop) return Flow::stop;
    return sink(std::move(last));
  });
}

Outcome is_empty(Evaluator& evaluator, const Node& call, const Value& input) {
  const auto first = evaluator.first(*call.args[0], input);
  if (!first) return std::unexpected(first.error());
  return Value(!first->has_value());
}

}  // namespace

std::vector<Builtin> stream_builtins() {
  return {
      {.name = "empty", .parameters = {}, .needs_input = false, .stream = empty},
      {.name = "select", .parameters = {Sees::input}, .stream = select},
      {.name = "values", .parameters = {}, .stream = only<is_value>},
      {.name = "nulls", .parameters = {}, .stream = only<is_null>},
      {.name = "booleans", .parameters = {}, .stream = only<is_boolean>},
      {.name = "numbers", .parameters = {}, .stream = only<is_number>},
      {.name = "strings", .parameters = {}, .stream = only<is_string>},
      {.name = "arrays", .parameters = {}, .stream = only<is_array>},
      {.name = "objects", .parameters = {}, .stream = only<is_object>},
      {.name = "iterables", .parameters = {}, .stream = only<is_iterable>},
      {.name = "scalars", .parameters = {}, .stream = only<is_scalar>},
      {.name = "range", .parameters = {Sees::input}, .needs_input = false, .stream = range},
      {.name = "range", .parameters = {Sees::input, Sees::input}, .needs_input = false, .stream = range},
      {.name = "range", .parameters = {Sees::input, Sees::input, Sees::input}, .needs_input = false, .stream = range},
      {.name = "limit", .parameters = {Sees::input, Sees::input}, .needs_input = false, .stream = limit},
      {.name = "first", .parameters = {Sees::input}, .needs_input = false, .stream = first_of},
      {.name = "nth", .parameters = {Sees::input, Sees::input}, .needs_input = false, .stream = nth_of},
      {.name = "last", .parameters = {Sees::input}, .needs_input = false, .closure = last_of},
      {.name = "isempty", .parameters = {Sees::input}, .needs_input = false, .closure = is_empty},
  };
}

}  // namespace skein::workflow::expression
