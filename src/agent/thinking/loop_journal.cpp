#include "agent/thinking/loop_journal.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "model/response_json.hpp"

namespace skein::agent {
JsonObject usage_to_json(const model::Usage& usage) {
  JsonObject out{{"input_tokens", usage.input}, {"output_tokens", usage.output}};
  if (usage.cached_input > 0) out["cached_tokens"] = usage.cached_input;
  if (usage.cache_write > 0) out["cache_write_tokens"] = usage.cache_write;
  if (usage.reasoning > 0) out["reasoning_tokens"] = usage.reasoning;
  return out;
}

model::Response response_in(const Json& answer) {
  auto read = model::response_from_json(answer);
  return read ? std::move(*read) : model::Response{};
}

std::optional<Error> error_in(const Json& answer) {
  const auto* error = at_pointer(answer, "/error");
  if (error == nullptr) return std::nullopt;
  auto read = error_from_json(*error);
  return read ? std::move(*read) : std::move(read.error());
}

Json outcome_to_json(const tool::Outcome& outcome) {
  JsonObject out{{"result", outcome.value}};
  if (outcome.failed) out["failed"] = true;
  JsonArray sources;
  for (const auto& source : outcome.sources) sources.emplace_back(source);
  if (!sources.empty()) out["sources"] = std::move(sources);
  return out;
}

tool::Outcome outcome_in(const Json& answer) {
  tool::Outcome out;
  if (const auto* result = at_pointer(answer, "/result")) out.value = *result;
  const auto* failed = at_pointer(answer, "/failed");
  out.failed = failed != nullptr && failed->is_bool() && failed->get_bool();
  if (const auto* sources = at_pointer(answer, "/sources"); sources != nullptr && sources->is_array()) {
    for (const auto& source : sources->get_array()) {
      if (source.is_string()) out.sources.emplace_back(source.get_string());
    }
  }
  return out;
}

}  // namespace skein::agent
