#include "model/response_json.hpp"

#include <array>

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

namespace skein::model {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint64_t Usage::*>, 5> counts{{{"input", &Usage::input},
                                                                                     {"cached_input", &Usage::cached_input},
                                                                                     {"cache_write", &Usage::cache_write},
                                                                                     {"output", &Usage::output},
                                                                                     {"reasoning", &Usage::reasoning}}};
constexpr std::array finishes{Finish::stop, Finish::tool_calls, Finish::length, Finish::content_filter, Finish::refusal, Finish::paused};

std::unexpected<Error> wrong(std::string message) { return fail(ErrorCode::invalid_argument, "an answer's " + std::move(message)); }

std::string text_at(const JsonObject& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

JsonObject usage_to_json(const Usage& usage) {
  JsonObject out;
  for (const auto& [name, member] : counts) {
    if (usage.*member != 0) out.emplace(name, usage.*member);
  }
  return out;
}

Result<Usage> usage_from_json(const JsonObject& object) {
  Usage usage;
  for (const auto& [name, member] : counts) {
    const auto* value = object.if_contains(name);
    if (value == nullptr) continue;
    boost::system::error_code failed;
    const auto number = value->to_number<std::uint64_t>(failed);
    if (failed) return wrong("usage." + std::string(name) + " must be a number of tokens");
    usage.*member = number;
  }
  return usage;
}

Json response_to_json(const Response& response) {
  JsonObject out;
  out.emplace("message", message_to_json(response.message));
  out.emplace("finish", to_string(response.finish));
  if (response.usage) out.emplace("usage", usage_to_json(*response.usage));
  if (!response.model.empty()) out.emplace("model", response.model);
  if (!response.id.empty()) out.emplace("id", response.id);
  if (!response.answered_by.empty()) out.emplace("answered_by", response.answered_by);
  if (response.cached) out.emplace("cached", true);
  return Json(std::move(out));
}

Result<Response> response_from_json(const Json& value) {
  const auto* object = value.if_object();
  const auto* said = object == nullptr ? nullptr : object->if_contains("message");
  if (said == nullptr) return wrong("message is missing");
  auto message = message_from_json(*said);
  if (!message) return std::unexpected(std::move(message.error()));
  Response response;
  response.message = std::move(*message);
  const auto name = text_at(*object, "finish");
  bool known = false;
  for (const auto finish : finishes) {
    if (to_string(finish) == name) response.finish = finish, known = true;
  }
  if (!known) return wrong("finish is none of the known ones");
  if (const auto* usage = object->if_contains("usage")) {
    if (!usage->is_object()) return wrong("usage must be an object");
    auto read = usage_from_json(usage->get_object());
    if (!read) return std::unexpected(std::move(read.error()));
    response.usage = *read;
  }
  response.model = text_at(*object, "model");
  response.id = text_at(*object, "id");
  response.answered_by = text_at(*object, "answered_by");
  const auto* cached = object->if_contains("cached");
  response.cached = cached != nullptr && *cached == Json(true);
  return response;
}

}  // namespace skein::model
