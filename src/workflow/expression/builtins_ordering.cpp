// What sorts: sort, group_by, unique, min, max and their kin.
#include <algorithm>

#include <fmt/format.h>

#include "workflow/expression/compare.hpp"
#include "workflow/expression/evaluator.hpp"
#include "workflow/expression/text_form.hpp"

namespace skein::workflow::expression {
namespace {

struct Keyed {
  Value key;
  const Json* item = nullptr;
};
using Items = std::vector<Keyed>;

/// The items of `input` with what they are compared by: themselves, or the array of what the argument gives for them.
std::expected<Items, Failure> keyed(Evaluator& evaluator, const Node* by, const Value& input, std::string_view what) {
  const auto* array = input->if_array();
  if (array == nullptr) return refuse(fmt::format("{} cannot be {}, as it is not an array", describe(*input), what));
  Items items;
  items.reserve(array->size());
  for (const auto& item : *array) {
    auto key = by == nullptr ? Outcome(input.part(item)) : evaluator.collect(*by, input.part(item));
    if (!key) return std::unexpected(std::move(key).error());
    if (!evaluator.meter().spend(4 * comparison_steps(**key))) return evaluator.meter().refusal();
    items.push_back({*std::move(key), &item});
  }
  return items;
}

bool before(const Keyed& a, const Keyed& b) { return compare(*a.key, *b.key) < 0; }

std::expected<Items, Failure> sorted(Evaluator& evaluator, const Node* by, const Value& input, std::string_view what) {
  auto items = keyed(evaluator, by, input, what);
  const auto in_order = [](const Keyed& a, const Keyed& b) {
    const auto order = compare(*a.key, *b.key);
    return order != 0 ? order < 0 : a.item < b.item;  // equals stay as they stand in the array
  };
  if (items) std::ranges::sort(*items, in_order);
  return items;
}

Outcome sort_items(Evaluator& evaluator, const Node* by, const Value& input) {
  const auto items = sorted(evaluator, by, input, "sorted");
  if (!items) return std::unexpected(items.error());
  ArrayBuilder out(evaluator.meter());
  for (const auto& entry : *items) {
    if (!out.push(input.part(*entry.item))) return evaluator.meter().refusal();
  }
  return out.finish();
}

Outcome unique_items(Evaluator& evaluator, const Node* by, const Value& input) {
  const auto items = sorted(evaluator, by, input, "made unique");
  if (!items) return std::unexpected(items.error());
  ArrayBuilder out(evaluator.meter());
  for (std::size_t i = 0; i < items->size(); ++i) {
    if (i > 0 && !before((*items)[i - 1], (*items)[i])) continue;
    if (!out.push(input.part(*(*items)[i].item))) return evaluator.meter().refusal();
  }
  return out.finish();
}

Outcome group_items(Evaluator& evaluator, const Node& call, const Value& input) {
  const auto items = sorted(evaluator, call.args[0], input, "grouped");
  if (!items) return std::unexpected(items.error());
  ArrayBuilder groups(evaluator.meter());
  for (std::size_t i = 0; i < items->size();) {
    ArrayBuilder group(evaluator.meter());
    const auto start = i;
    while (i < items->size() && !before((*items)[start], (*items)[i])) {
      if (!group.push(input.part(*(*items)[i++].item))) return evaluator.meter().refusal();
    }
    auto made = group.finish();
    if (!made) return made;
    if (!groups.push(*std::move(made))) return evaluator.meter().refusal();
  }
  return groups.finish();
}

/// The first least or the last greatest, as jq chooses among equals.
Outcome extreme(Evaluator& evaluator, const Node* by, const Value& input, bool least) {
  const auto items = keyed(evaluator, by, input, "searched for its least or greatest item");
  if (!items) return std::unexpected(items.error());
  const Keyed* best = nullptr;
  for (const auto& entry : *items) {
    if (best == nullptr || before(entry, *best) == least) best = &entry;
  }
  return best == nullptr ? Value() : input.part(*best->item);
}

}  // namespace

std::vector<Builtin> ordering_builtins() {
  using Args = std::span<const Value>;
  return {
      {.name = "sort", .parameters = {}, .value = [](Evaluator& e, const Value& in, Args) { return sort_items(e, nullptr, in); }},
      {.name = "unique", .parameters = {}, .value = [](Evaluator& e, const Value& in, Args) { return unique_items(e, nullptr, in); }},
      {.name = "min", .parameters = {}, .value = [](Evaluator& e, const Value& in, Args) { return extreme(e, nullptr, in, true); }},
      {.name = "max", .parameters = {}, .value = [](Evaluator& e, const Value& in, Args) { return extreme(e, nullptr, in, false); }},
      {.name = "sort_by",
       .parameters = {Sees::items},
       .closure = [](Evaluator& e, const Node& call, const Value& in) { return sort_items(e, call.args[0], in); }},
      {.name = "unique_by",
       .parameters = {Sees::items},
       .closure = [](Evaluator& e, const Node& call, const Value& in) { return unique_items(e, call.args[0], in); }},
      {.name = "group_by", .parameters = {Sees::items}, .closure = group_items},
      {.name = "min_by",
       .parameters = {Sees::items},
       .closure = [](Evaluator& e, const Node& call, const Value& in) { return extreme(e, call.args[0], in, true); }},
      {.name = "max_by",
       .parameters = {Sees::items},
       .closure = [](Evaluator& e, const Node& call, const Value& in) { return extreme(e, call.args[0], in, false); }},
  };
}

}  // namespace skein::workflow::expression
