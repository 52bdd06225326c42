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

enum class KeyOrder : std::uint8_t { sorted, as_written };

Outcome keys_in(Evaluator& evaluator, const Value& input, KeyOrder order) {
  ArrayBuilder out(evaluator.meter());
  if (const auto* array = input->if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (!out.push(Value(static_cast<std::int64_t>(i)))) return evaluator.meter().refusal();
    }
    return out.finish();
  }
  const auto* object = input->if_object();
  if (object == nullptr) return refuse(fmt::format("{} has no keys", describe(*input)));
  auto names = sorted_keys(*object);
  if (order == KeyOrder::as_written)
    std::ranges::transform(*object, names.begin(), [](const auto& member) { return std::string_view(member.key()); });
  for (const auto name : names) {
    if (!out.push_text(name)) return evaluator.meter().refusal();
  }
  return out.finish();
}

Outcome keys(Evaluator& e, const Value& input, Args) { return keys_in(e, input, KeyOrder::sorted); }
Outcome keys_unsorted(Evaluator& e, const Value& input, Args) { return keys_in(e, input, KeyOrder::as_written); }

Outcome has_key(const Value& container, const Json& key) {
  if (container->is_object() && key.is_string()) return Value(container->get_object().contains(key.get_string()));
  if (container->is_array() && key.is_number()) {
    const auto at = as_double(key);
    return Value(at > -1 && at < static_cast<double>(container->get_array().size()));
  }
  if (container->is_null()) return Value(false);
  return refuse(fmt::format("cannot check whether {} has a {} key", type_name(*container), type_name(key)));
}

Outcome has(Evaluator&, const Value& input, Args args) { return has_key(input, *args[0]); }
Outcome in(Evaluator&, const Value& input, Args args) { return has_key(args[0], *input); }

Outcome to_entries(Evaluator& evaluator, const Value& input, Args) {
  ArrayBuilder out(evaluator.meter());
  const auto push = [&](Json key, const Json& value) {
    JsonObject entry;
    entry.emplace("key", std::move(key));
    entry.emplace("value", value);
    const Json whole(std::move(entry));
    return out.push(Value::view(whole));
  };
  if (const auto* array = input->if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (!push(Json(i), (*array)[i])) return evaluator.meter().refusal();
    }
    return out.finish();
  }
  const auto* object = input->if_object();
  if (object == nullptr) return refuse(fmt::format("{} has no keys", describe(*input)));
  for (const auto& member : *object) {
    if (!push(Json(member.key()), member.value())) return evaluator.meter().refusal();
  }
  return out.finish();
}

const Json* key_of(const JsonObject& entry) {
  for (const std::string_view name : {"key", "k", "name", "Name", "K", "Key"}) {
    const auto* found = entry.if_contains(name);
    if (found != nullptr && truthy(*found)) return found;
  }
  return nullptr;
}

const Json& value_of(const JsonObject& entry) {
  static const Json none;
  for (const std::string_view name : {"value", "v", "Value", "V"}) {
    if (const auto* found = entry.if_contains(name)) return *found;
  }
  return none;
}

Outcome from_entries(Evaluator& evaluator, const Value& input, Args) {
  const auto* array = input->if_array();
  if (array == nullptr) return refuse(fmt::format("{} cannot be made an object, as it is not an array of entries", describe(*input)));
  JsonObject out;
  Charge charge(evaluator.meter());
  for (const auto& item : *array) {
    const auto* entry = item.if_object();
    if (entry == nullptr) return refuse(fmt::format("{} is not an entry; entries look like {{\"key\": …, \"value\": …}}", describe(item)));
    const auto* key = key_of(*entry);
    if (key == nullptr || !key->is_string()) return refuse(fmt::format("the entry {} has no key that is a string", preview(item)));
    const auto& value = value_of(*entry);
    if (!charge.add(measure(value).bytes + member_bytes(key->get_string().size()))) return evaluator.meter().refusal();
    out.insert_or_assign(key->get_string(), value);
  }
  return Value::own(Json(std::move(out)), std::move(charge));
}

Outcome with_entries(Evaluator& evaluator, const Node& call, const Value& input) {
  const auto entries = to_entries(evaluator, input, {});
  if (!entries) return entries;
  ArrayBuilder changed(evaluator.meter());
  const auto take = [&](Value v) { return changed.push(std::move(v)) ? Flow::more : evaluator.fail(evaluator.meter().failure()); };
  for (const auto& entry : (*entries)->get_array()) {
    if (auto done = evaluator.guarded([&] { evaluator.run(*call.args[0], entries->part(entry), take); }); !done) {
      return std::unexpected(std::move(done).error());
    }
  }
  const auto list = changed.finish();
  return list ? from_entries(evaluator, *list, {}) : list;
}

/// Each value replaced by the first result for it, and dropped where there is none.
Outcome map_values(Evaluator& evaluator, const Node& call, const Value& input) {
  Charge charge(evaluator.meter());
  JsonArray values;
  JsonObject members;
  const auto change = [&](const Json& item, const std::string_view* key) -> std::expected<void, Failure> {
    auto made = evaluator.first(*call.args[0], input.part(item));
    if (!made) return std::unexpected(std::move(made).error());
    if (!*made) return {};
    auto value = copy_out(**std::move(made), charge);
    if (!value) return std::unexpected(std::move(value).error());
    if (key != nullptr) members.emplace(*key, *std::move(value));
    else values.push_back(*std::move(value));
    return {};
  };
  if (const auto* array = input->if_array()) {
    for (const auto& item : *array) {
      if (auto done = change(item, nullptr); !done) return std::unexpected(std::move(done).error());
    }
    return keep(evaluator.meter(), Json(std::move(values)));
  }
  const auto* object = input->if_object();
  if (object == nullptr) return refuse(fmt::format("cannot iterate over {}", describe(*input)));
  for (const auto& member : *object) {
    const std::string_view key = member.key();
    if (auto done = change(member.value(), &key); !done) return std::unexpected(std::move(done).error());
  }
  return keep(evaluator.meter(), Json(std::move(members)));
}

}  // namespace

std::vector<Builtin> object_builtins() {
  return {
      {.name = "keys", .parameters = {}, .value = keys},
      {.name = "keys_unsorted", .parameters = {}, .value = keys_unsorted},
      {.name = "has", .parameters = {Sees::input}, .value = has},
      {.name = "in", .parameters = {Sees::input}, .value = in},
      {.name = "to_entries", .parameters = {}, .value = to_entries},
      {.name = "from_entries", .parameters = {}, .value = from_entries},
      {.name = "with_entries", .parameters = {Sees::items}, .closure = with_entries},
      {.name = "map_values", .parameters = {Sees::items}, .closure = map_values},
  };
}

}  // namespace skein::workflow::expression
