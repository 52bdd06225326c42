#include "agent/thinking/loop_journal.hpp"

#include <array>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace skein::agent {
namespace {

using model::Finish;

constexpr std::array finishes{Finish::stop, Finish::tool_calls, Finish::length, Finish::content_filter, Finish::refusal, Finish::paused};

std::string text_at(const Json& value, std::string_view pointer) {
  const auto* text = at_pointer(value, pointer);
  return text != nullptr && text->is_string() ? std::string(text->get_string()) : std::string();
}

std::uint64_t count_at(const Json& value, std::string_view pointer) {
  const auto* count = at_pointer(value, pointer);
  boost::system::error_code none;
  const auto number = count == nullptr ? 0 : count->to_number<std::uint64_t>(none);
  return none ? 0 : number;
}

}  // namespace

JsonObject usage_to_json(const model::Usage& usage) {
  JsonObject out{{"input_tokens", usage.input}, {"output_tokens", usage.output}};
  if (usage.cached_input > 0) out["cached_tokens"] = usage.cached_input;
  if (usage.cache_write > 0) out["cache_write_tokens"] = usage.cache_write;
  if (usage.reasoning > 0) out["reasoning_tokens"] = usage.reasoning;
  return out;
}

Json response_to_json(const model::Response& response) {
  JsonObject out{{"message", model::message_to_json(response.message)}, {"finish", model::to_string(response.finish)}};
  if (response.usage) out["usage"] = usage_to_json(*response.usage);
  if (!response.model.empty()) out["model"] = response.model;
  if (!response.id.empty()) out["id"] = response.id;
  return out;
}

model::Response response_in(const Json& answer) {
  model::Response out;
  out.message.role = model::Role::assistant;
  if (const auto* message = at_pointer(answer, "/message")) {
    if (auto read = model::message_from_json(*message)) out.message = std::move(*read);
  }
  const auto finish = text_at(answer, "/finish");
  for (const auto one : finishes) {
    if (finish == model::to_string(one)) out.finish = one;
  }
  if (at_pointer(answer, "/usage") != nullptr) {
    out.usage = model::Usage{.input = count_at(answer, "/usage/input_tokens"),
                             .cached_input = count_at(answer, "/usage/cached_tokens"),
                             .cache_write = count_at(answer, "/usage/cache_write_tokens"),
                             .output = count_at(answer, "/usage/output_tokens"),
                             .reasoning = count_at(answer, "/usage/reasoning_tokens")};
  }
  out.model = text_at(answer, "/model");
  out.id = text_at(answer, "/id");
  return out;
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
