#include <algorithm>

#include <fmt/format.h>

#include "workflow/expression/compare.hpp"
#include "workflow/expression/evaluator.hpp"
#include "workflow/expression/number.hpp"
#include "workflow/expression/operators.hpp"
#include "workflow/expression/text_form.hpp"

namespace skein::workflow::expression {
namespace {

using Args = std::span<const Value>;

std::unexpected<Failure> cannot_iterate(const Json& value) { return refuse(fmt::format("cannot iterate over {}", describe(value))); }

/// Calls `use` with each item of an array, each value of an object, until it gives a failure.
template <class F>
std::expected<void, Failure> each(const Value& container, F use) {
  if (const auto* array = container->if_array()) {
    for (const auto& item : *array) {
      if (auto done = use(item); !done) return done;
    }
    return {};
  }
  const auto* object = container->if_object();
  if (object == nullptr) return cannot_iterate(*container);
  for (const auto& member : *object) {
    if (auto done = use(member.value()); !done) return done;
  }
  return {};
}

Outcome add_up(Evaluator& evaluator, const Value& input, Args) {
  Sum sum(evaluator.meter());
  if (auto done = each(input, [&](const Json& item) { return sum.add(item); }); !done) return std::unexpected(std::move(done).error());
  return sum.finish();
}

Outcome join(Evaluator& evaluator, const Value& input, Args args) {
  Sum sum(evaluator.meter());
  bool is_first = true;
  const auto append = [&](const Json& item) -> std::expected<void, Failure> {
    if (auto done = is_first ? sum.add(Json("")) : sum.add(*args[0]); !done) return done;
    is_first = false;
    return item.is_number() || item.is_bool() ? sum.add(Json(json_text(item))) : sum.add(item);
  };
  if (auto done = each(input, append); !done) return std::unexpected(std::move(done).error());
  return is_first ? keep(evaluator.meter(), std::string_view{}) : sum.finish();
}

bool flatten_into(ArrayBuilder& out, Meter& meter, const Value& array, double depth) {  // NOLINT(misc-no-recursion): max_json_depth
  const auto use = [&](const Json& item) -> std::expected<void, Failure> {
    const bool done =
        item.is_array() && depth > 0 ? meter.spend() && flatten_into(out, meter, array.part(item), depth - 1) : out.push(array.part(item));
    if (!done) return meter.refusal();
    return {};
  };
  return each(array, use).has_value();
}

Outcome flatten(Evaluator& evaluator, const Value& input, Args args) {
  if (!args.empty() && !args[0]->is_number()) return refuse("the depth of flatten must be a number");
  const double depth = args.empty() ? static_cast<double>(max_json_depth) : as_double(*args[0]);
  if (depth < 0) return refuse("the depth of flatten must not be negative");
  if (!input->is_structured()) return cannot_iterate(*input);
  ArrayBuilder out(evaluator.meter());
  if (!flatten_into(out, evaluator.meter(), input, depth)) return evaluator.meter().refusal();
  return out.finish();
}

Outcome reverse(Evaluator& evaluator, const Value& input, Args) {
  ArrayBuilder out(evaluator.meter());
  if (input->is_null()) return out.finish();
  const auto* array = input->if_array();
  if (array == nullptr) return refuse(fmt::format("{} cannot be reversed, as it is not an array", describe(*input)));
  for (std::size_t i = array->size(); i-- > 0;) {
    if (!out.push(input.part((*array)[i]))) return evaluator.meter().refusal();
  }
  return out.finish();
}

Outcome first_item(Evaluator& evaluator, const Value& input, Args) { return index(evaluator.meter(), input, Json(0)); }
Outcome last_item(Evaluator& evaluator, const Value& input, Args) { return index(evaluator.meter(), input, Json(-1)); }
Outcome nth_item(Evaluator& evaluator, const Value& input, Args args) { return index(evaluator.meter(), input, *args[0]); }

Outcome all_indices(Evaluator& evaluator, const Value& input, Args args) { return indices(evaluator.meter(), *input, *args[0]); }
Outcome first_index(Evaluator& evaluator, const Value& input, Args args) {
  const auto all = indices(evaluator.meter(), *input, *args[0]);
  return all ? index(evaluator.meter(), *all, Json(0)) : all;
}
Outcome last_index(Evaluator& evaluator, const Value& input, Args args) {
  const auto all = indices(evaluator.meter(), *input, *args[0]);
  return all ? index(evaluator.meter(), *all, Json(-1)) : all;
}

Outcome map(Evaluator& evaluator, const Node& call, const Value& input) {
  ArrayBuilder out(evaluator.meter());
  const auto take = [&](Value v) { return out.push(std::move(v)) ? Flow::more : evaluator.fail(evaluator.meter().failure()); };
  const auto use = [&](const Json& item) { return evaluator.guarded([&] { evaluator.run(*call.args[0], input.part(item), take); }); };
  if (auto done = each(input, use); !done) return std::unexpected(std::move(done).error());
  return out.finish();
}

/// Whether any (or each) result that `generator` gives for `input` makes `condition` true.
Outcome quantify(Evaluator& evaluator, bool wanted, const Value& input, const Node* generator, const Node* condition) {
  bool found = false;
  const auto decide = [&](Value v) {
    found = truthy(*v) == wanted;
    return found ? Flow::stop : Flow::more;
  };
  const auto test = [&](Value item) { return condition == nullptr ? decide(std::move(item)) : evaluator.run(*condition, item, decide); };
  std::expected<void, Failure> done;
  if (generator != nullptr) {
    done = evaluator.guarded([&] { evaluator.run(*generator, input, test); });
  } else {
    done = each(input, [&](const Json& item) -> std::expected<void, Failure> {
      if (found) return {};
      if (!evaluator.meter().spend()) return evaluator.meter().refusal();
      return evaluator.guarded([&] { test(input.part(item)); });
    });
  }
  if (!done) return std::unexpected(std::move(done).error());
  return Value(found == wanted);
}

Outcome any_item(Evaluator& e, const Value& input, Args) { return quantify(e, true, input, nullptr, nullptr); }
Outcome all_items(Evaluator& e, const Value& input, Args) { return quantify(e, false, input, nullptr, nullptr); }
Outcome any_of(Evaluator& e, const Node& call, const Value& input) {
  return call.args.size() == 1 ? quantify(e, true, input, nullptr, call.args[0]) : quantify(e, true, input, call.args[0], call.args[1]);
}
Outcome all_of(Evaluator& e, const Node& call, const Value& input) {
  return call.args.size() == 1 ? quantify(e, false, input, nullptr, call.args[0]) : quantify(e, false, input, call.args[0], call.args[1]);
}

}  // namespace

std::vector<Builtin> array_builtins() {
  return {
      {.name = "add", .parameters = {}, .value = add_up},
      {.name = "join", .parameters = {Sees::input}, .value = join},
      {.name = "flatten", .parameters = {}, .value = flatten},
      {.name = "flatten", .parameters = {Sees::input}, .value = flatten},
      {.name = "reverse", .parameters = {}, .value = reverse},
      {.name = "first", .parameters = {}, .value = first_item},
      {.name = "last", .parameters = {}, .value = last_item},
      {.name = "nth", .parameters = {Sees::input}, .value = nth_item},
      {.name = "indices", .parameters = {Sees::input}, .value = all_indices},
      {.name = "index", .parameters = {Sees::input}, .value = first_index},
      {.name = "rindex", .parameters = {Sees::input}, .value = last_index},
      {.name = "any", .parameters = {}, .value = any_item},
      {.name = "all", .parameters = {}, .value = all_items},
      {.name = "any", .parameters = {Sees::items}, .closure = any_of},
      {.name = "all", .parameters = {Sees::items}, .closure = all_of},
      {.name = "any", .parameters = {Sees::input, Sees::items}, .needs_input = false, .closure = any_of},
      {.name = "all", .parameters = {Sees::input, Sees::items}, .needs_input = false, .closure = all_of},
      {.name = "map", .parameters = {Sees::items}, .closure = map},
  };
}

}  // namespace skein::workflow::expression
