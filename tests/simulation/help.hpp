#pragma once

#include <optional>
#include <string>
#include <utility>

#include <boost/json/object.hpp>

#include "workflow/run_state.hpp"

namespace skein::simulation {

/// What somebody could tell a run so that this task of it goes on: a kind of mail and its payload.
inline std::optional<std::pair<std::string, JsonObject>> help_for(const workflow::RunState& state, workflow::TaskIndex index) {
  const auto& name = state.definition().tasks[index].name;
  if (state.question(index) != nullptr) return std::pair("approve", JsonObject{{"task", name}});
  if (const auto open = state.asking(index); !open.empty()) {
    const auto& asked = open.back();
    JsonObject word{{"task", name}, {"value", 3}, {"by", "somebody"}};
    if (asked.step.item != workflow::no_item) word["item"] = asked.step.item;
    if (asked.call > 0) word["call"] = asked.call;
    return std::pair("answer", std::move(word));
  }
  std::string signal(state.awaited_signal({.task = index}));
  if (const auto* items = state.fan_out(index)) {
    for (std::uint32_t item = 0; item < items->next && signal.empty(); ++item) signal = state.awaited_signal({.task = index, .item = item});
  }
  if (signal.empty() || workflow::is_signal_of_end(signal)) return std::nullopt;
  return std::pair("signal", JsonObject{{"name", signal}, {"payload", 1}});
}

}  // namespace skein::simulation
