#include "model/cassette/cassette.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "base/text.hpp"
#include "model/profile.hpp"

namespace skein::model {
namespace {

/// How deep a body stands within its line.
constexpr std::size_t depth_of_body = 2;

/// Bytes that are no UTF-8 (a chunk may end within a character) as {"hex": "…"}.
Json text_or_bytes(std::string_view bytes) {
  if (is_utf8(bytes)) return Json(boost::json::string(bytes));
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : bytes) hex += digits[byte >> 4], hex += digits[byte & 15];
  JsonObject out;
  out.emplace("hex", hex);
  return Json(std::move(out));
}

/// A body that is a JSON object or array stands as such, so that it can be read and edited; one that would be taken for bytes does not.
Json answer_body(std::string_view body) {
  auto value = recorded_body(body);
  const auto* object = value.if_object();
  if (value.is_string() || (object != nullptr && object->contains("hex"))) return text_or_bytes(body);
  return value;
}

JsonObject failure_object(const Error& failure) {
  JsonObject out;
  out.emplace("code", to_string(failure.code));
  out.emplace("message", failure.message);
  out.emplace("retryable", failure.retryable);
  return out;
}

}  // namespace

Json recorded_body(std::string_view body) {
  const bool structured = body.starts_with('{') || body.starts_with('[');
  if (structured) {
    if (auto value = parse_json(body, max_json_depth - depth_of_body)) return std::move(*value);
  }
  return Json(boost::json::string(to_valid_utf8(body)));
}

std::string cassette_head(std::string_view source) {
  JsonObject out;
  out.emplace("cassette", 1);
  out.emplace("source", source);
  return to_json(Json(std::move(out)));
}

std::string cassette_line(const RecordedModel& model) {
  JsonObject out;
  out.emplace("model", model.name);
  out.emplace("api", to_string(model.api));
  out.emplace("base_url", model.base_url);
  out.emplace("profile", profile_to_json(model.profile));
  return to_json(Json(std::move(out)));
}

std::string cassette_line(const RecordedRequest& request, const RecordedAnswer& answer) {
  JsonObject asked;
  asked.emplace("method", request.method);
  asked.emplace("path", request.path);
  asked.emplace("body", request.body);
  JsonObject said;
  if (answer.status != 0) {
    said.emplace("status", answer.status);
    JsonObject headers;
    for (const auto& [name, value] : answer.headers) headers[name] = text_or_bytes(value);
    said.emplace("headers", std::move(headers));
    if (answer.streamed) {
      JsonArray chunks;
      for (const auto& chunk : answer.chunks) chunks.push_back(text_or_bytes(chunk));
      said.emplace("chunks", std::move(chunks));
    } else {
      said.emplace("body", answer_body(answer.body));
    }
  }
  if (answer.failure) said.emplace("failure", failure_object(*answer.failure));
  JsonObject out;
  out.emplace("request", std::move(asked));
  out.emplace("answer", std::move(said));
  return to_json(Json(std::move(out)));
}

}  // namespace skein::model
