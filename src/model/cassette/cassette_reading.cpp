#include <algorithm>
#include <initializer_list>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "base/text.hpp"
#include "model/cassette/cassette.hpp"
#include "model/profile.hpp"

namespace skein::model {
namespace {

/// What is wrong with the line at hand; the caller says where that is.
using Wrong = std::string;
template <class T>
using Read = std::expected<T, Wrong>;

std::unexpected<Wrong> wrong(std::string what) { return std::unexpected(std::move(what)); }

/// Only known members: a misspelt one would be missed silently.
Read<void> only(const JsonObject& object, std::string_view where, std::initializer_list<std::string_view> known) {
  for (const auto& member : object) {
    if (std::ranges::find(known, std::string_view(member.key())) != known.end()) continue;
    return wrong("unknown member '" + shorten(member.key(), 40) + "' of " + std::string(where) +
                 did_you_mean(member.key(), std::span<const std::string_view>(known.begin(), known.size())));
  }
  return {};
}

Read<std::string> text_of(const JsonObject& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return wrong("'" + std::string(key) + "' must be a string");
  return std::string(value->get_string());
}

Read<const JsonObject*> object_of(const JsonObject& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_object()) return wrong("'" + std::string(key) + "' must be an object");
  return &value->get_object();
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// A string, or {"hex": "…"} where the bytes are no UTF-8.
Read<std::string> bytes_of(const Json& value, std::string_view what) {
  if (value.is_string()) return std::string(value.get_string());
  const auto* object = value.if_object();
  const auto* hex = object == nullptr || object->size() != 1 ? nullptr : object->if_contains("hex");
  if (hex == nullptr || !hex->is_string()) return wrong(std::string(what) + " must be a string or {\"hex\": …}");
  const std::string_view digits = hex->get_string();
  std::string out;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = digit(digits[i]);
    const int low = i + 1 < digits.size() ? digit(digits[i + 1]) : -1;
    if (high < 0 || low < 0) return wrong("'hex' of " + std::string(what) + " must hold pairs of lower-case hexadecimal digits");
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

Read<std::string> answer_body(const Json& value) {
  const auto* object = value.if_object();
  if (value.is_array() || (object != nullptr && !object->contains("hex"))) return to_json(value);
  return bytes_of(value, "'body'");
}

Read<http::Headers> headers_of(const JsonObject& answer) {
  http::Headers headers;
  if (!answer.contains("headers")) return headers;
  const auto object = object_of(answer, "headers");
  if (!object) return wrong(object.error());
  for (const auto& [name, value] : **object) {
    auto text = bytes_of(value, "a header");
    if (!text) return wrong(std::move(text.error()));
    headers.add(name, std::move(*text));
  }
  return headers;
}

Read<Error> failure_of(const JsonObject& answer) {
  const auto object = object_of(answer, "failure");
  if (!object) return wrong(object.error());
  if (auto ok = only(**object, "the failure", {"code", "message", "retryable"}); !ok) return wrong(std::move(ok.error()));
  auto code = text_of(**object, "code");
  auto message = text_of(**object, "message");
  if (!code || !message) return wrong(code ? message.error() : code.error());
  const auto known = error_code_from(*code);
  if (!known) return wrong("'code' must be the name of an error, such as connection_failed");
  Error failure{.code = *known, .message = std::move(*message), .context = {}, .retryable = false, .retry_after = {}};
  if (const auto* retryable = (*object)->if_contains("retryable")) {
    if (!retryable->is_bool()) return wrong("'retryable' must be true or false");
    failure.retryable = retryable->get_bool();
  }
  return failure;
}

Read<void> read_content(const JsonObject& said, RecordedAnswer& answer) {
  const auto* status = said.if_contains("status");
  const auto* number = status == nullptr ? nullptr : status->if_int64();
  if (number == nullptr || *number < 100 || *number > 599) return wrong("'status' must be a number from 100 to 599");
  answer.status = static_cast<int>(*number);
  auto headers = headers_of(said);
  if (!headers) return wrong(std::move(headers.error()));
  answer.headers = std::move(*headers);
  const auto* body = said.if_contains("body");
  const auto* chunks = said.if_contains("chunks");
  if ((body == nullptr) == (chunks == nullptr)) return wrong("an answer has either a 'body' or 'chunks'");
  if (body != nullptr) {
    auto text = answer_body(*body);
    if (!text) return wrong(std::move(text.error()));
    answer.body = std::move(*text);
    return {};
  }
  if (!chunks->is_array()) return wrong("'chunks' must be a list of strings");
  answer.streamed = true;
  for (const auto& item : chunks->get_array()) {
    auto chunk = bytes_of(item, "a chunk");
    if (!chunk) return wrong(std::move(chunk.error()));
    answer.chunks.push_back(std::move(*chunk));
  }
  return {};
}

Read<RecordedAnswer> answer_of(const JsonObject& line) {
  const auto said = object_of(line, "answer");
  if (!said) return wrong(said.error());
  if (auto ok = only(**said, "the answer", {"status", "headers", "body", "chunks", "failure"}); !ok) return wrong(std::move(ok.error()));
  RecordedAnswer answer;
  if ((*said)->contains("failure")) {
    auto failure = failure_of(**said);
    if (!failure) return wrong(std::move(failure.error()));
    answer.failure = std::move(*failure);
    if ((*said)->size() == 1) return answer;
  }
  if (auto ok = read_content(**said, answer); !ok) return wrong(std::move(ok.error()));
  return answer;
}

Read<Exchange> exchange_of(const JsonObject& line) {
  if (auto ok = only(line, "the exchange", {"request", "answer"}); !ok) return wrong(std::move(ok.error()));
  const auto asked = object_of(line, "request");
  if (!asked) return wrong(asked.error());
  if (auto ok = only(**asked, "the request", {"method", "path", "body"}); !ok) return wrong(std::move(ok.error()));
  auto method = text_of(**asked, "method");
  auto path = text_of(**asked, "path");
  if (!method || !path) return wrong(method ? path.error() : method.error());
  const auto* body = (*asked)->if_contains("body");
  if (body != nullptr && !body->is_object() && !body->is_array() && !body->is_string()) {
    return wrong("'body' of the request must be an object, a list or a string");
  }
  auto answer = answer_of(line);
  if (!answer) return wrong(std::move(answer.error()));
  Exchange exchange;
  exchange.request.method = std::move(*method);
  exchange.request.path = std::move(*path);
  exchange.request.body = body == nullptr ? Json("") : *body;
  exchange.answer = std::move(*answer);
  return exchange;
}

Read<RecordedModel> model_of(const JsonObject& line) {
  if (auto ok = only(line, "the model", {"model", "api", "base_url", "profile"}); !ok) return wrong(std::move(ok.error()));
  RecordedModel model;
  auto name = text_of(line, "model");
  auto base_url = text_of(line, "base_url");
  auto api = text_of(line, "api");
  if (!name || !base_url || !api) return wrong(!name ? name.error() : !api ? api.error() : base_url.error());
  const auto known = api_from(*api);
  if (!known) return wrong("'api' must be openai_chat, openai_responses, anthropic_messages or ollama_chat");
  if (const auto parsed = parse_model_name(*name); !parsed) return wrong(parsed.error().message);
  if (line.contains("profile")) {
    const auto overrides = object_of(line, "profile");
    if (!overrides) return wrong(overrides.error());
    auto profile = profile_from_json(**overrides, Profile{});
    if (!profile) return wrong(std::move(profile.error().message));
    model.profile = *profile;
  }
  model.name = std::move(*name);
  model.api = *known;
  model.base_url = std::move(*base_url);
  while (model.base_url.ends_with('/')) model.base_url.pop_back();
  return model;
}

Read<void> read_head(const JsonObject& line, Cassette& cassette) {
  const auto* version = line.if_contains("cassette");
  if (version == nullptr) return wrong("a cassette begins with {\"cassette\": 1, \"source\": \"…\"}");
  if (*version != 1) return wrong("this cassette is of version " + shorten(to_json(*version), 20) + "; this program reads version 1");
  if (auto ok = only(line, "the first line", {"cassette", "source"}); !ok) return wrong(std::move(ok.error()));
  if (!line.contains("source")) return {};
  auto source = text_of(line, "source");
  if (!source) return wrong(std::move(source.error()));
  cassette.source = std::move(*source);
  return {};
}

Read<void> read_line(std::string_view text, std::size_t number, Cassette& cassette, bool& begun) {
  const auto value = parse_json(text);
  if (!value) return wrong("this line is no JSON (" + value.error().message + "); was the recording cut off?");
  const auto* line = value->if_object();
  if (line == nullptr) return wrong("every line is a JSON object");
  if (!begun) {
    begun = true;
    return read_head(*line, cassette);
  }
  if (line->contains("model")) {
    auto model = model_of(*line);
    if (!model) return wrong(std::move(model.error()));
    cassette.models.push_back(std::move(*model));
    return {};
  }
  auto exchange = exchange_of(*line);
  if (!exchange) return wrong(std::move(exchange.error()));
  exchange->line = number;
  cassette.exchanges.push_back(std::move(*exchange));
  return {};
}

}  // namespace

Result<Cassette> parse_cassette(std::string_view text, std::string name) {
  Cassette cassette;
  cassette.name = std::move(name);
  bool begun = false;
  std::size_t number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    if (auto ok = read_line(line, number, cassette, begun); !ok) {
      return fail(ErrorCode::invalid_argument, cassette.name + ":" + std::to_string(number) + ": " + ok.error());
    }
  }
  if (!begun) return fail(ErrorCode::invalid_argument, cassette.name + " is empty: it is no cassette");
  return cassette;
}

}  // namespace skein::model
