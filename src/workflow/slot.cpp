#include "workflow/slot.hpp"

#include "workflow/run_scope.hpp"

namespace skein::workflow {

Result<std::optional<std::string>> slot_key(const RunState& state, RunId id) {
  const auto& limit = state.definition().concurrency;
  if (!limit) return std::nullopt;
  const auto name = id.str();
  const auto key = limit->key.render(RunScope(state, name, nullptr));
  if (!key) return fail(ErrorCode::invalid_argument, "concurrency.key: " + key.error().message);
  const auto text = (*key)->is_string() ? std::string((*key)->get_string()) : to_json(**key);
  return state.definition().name + "/" + text;
}

Result<std::optional<store::Slot>> slot_of(const DefinitionPtr& definition, const Event& created, RunId id) {
  const auto& limit = definition->concurrency;
  if (!limit) return std::nullopt;
  RunState state(definition);
  if (auto applied = state.apply(created); !applied) return std::unexpected(applied.error());
  auto key = slot_key(state, id);
  if (!key) return std::unexpected(std::move(key.error()));
  return store::Slot{.key = **std::move(key), .most = limit->limit, .queue = limit->queue};
}

}  // namespace skein::workflow
