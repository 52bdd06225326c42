#include <algorithm>
#include <initializer_list>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "model/response_json.hpp"
#include "model/scripted.hpp"

namespace skein::model {
namespace {

/// What is wrong with the answer at hand; the caller says which one it is.
template <class T>
using Read = std::expected<T, std::string>;

std::unexpected<std::string> wrong(std::string what) { return std::unexpected(std::move(what)); }

Read<void> only(const JsonObject& object, std::initializer_list<std::string_view> known) {
  for (const auto& member : object) {
    if (std::ranges::find(known, std::string_view(member.key())) != known.end()) continue;
    return wrong("has the unknown member '" + shorten(member.key(), 40) + "'" +
                 did_you_mean(member.key(), std::span<const std::string_view>(known.begin(), known.size())));
  }
  return {};
}

Read<std::string> text_of(const JsonObject& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return std::string();
  if (!value->is_string()) return wrong("has a '" + std::string(key) + "' that is no string");
  return std::string(value->get_string());
}

/// A string as it is, everything else as JSON.
std::string text_or_json(const Json& value) { return value.is_string() ? std::string(value.get_string()) : to_json(value); }

Read<Error> error_of(const Json& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return wrong("has an 'error' that is no object");
  if (auto ok = only(*object, {"code", "message", "retryable"}); !ok) return wrong("has an 'error' that " + ok.error());
  const auto code = text_of(*object, "code");
  const auto message = text_of(*object, "message");
  if (!code || !message) return wrong("has an 'error' that " + (code ? message.error() : code.error()));
  const auto known = error_code_from(*code);
  if (!known) return wrong("has an 'error' whose 'code' is no name of an error, such as rate_limited");
  Error error{
      .code = *known, .message = message->empty() ? "the script says so" : *message, .context = {}, .retryable = false, .retry_after = {}};
  if (const auto* retryable = object->if_contains("retryable")) {
    if (!retryable->is_bool()) return wrong("has an 'error' whose 'retryable' is neither true nor false");
    error.retryable = retryable->get_bool();
  }
  return error;
}

Read<ToolCall> call_of(const Json& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return wrong("has a tool call that is no object");
  if (auto ok = only(*object, {"id", "name", "arguments"}); !ok) return wrong("has a tool call that " + ok.error());
  auto id = text_of(*object, "id");
  auto name = text_of(*object, "name");
  if (!id || !name) return wrong("has a tool call that " + (id ? name.error() : id.error()));
  if (name->empty()) return wrong("has a tool call without a name");
  const auto* arguments = object->if_contains("arguments");
  return ToolCall{
      .id = std::move(*id), .name = std::move(*name), .arguments = arguments == nullptr ? "{}" : text_or_json(*arguments), .kept = {}};
}

Read<void> read_message(const JsonObject& object, ScriptAnswer& answer) {
  answer.message.role = Role::assistant;
  auto reasoning = text_of(object, "reasoning");
  if (!reasoning) return wrong(std::move(reasoning.error()));
  if (!reasoning->empty()) answer.message.parts.emplace_back(Reasoning{.text = std::move(*reasoning), .provider = "scripted", .kept = {}});
  if (const auto* text = object.if_contains("text")) answer.message.parts.emplace_back(Text{text_or_json(*text)});
  if (const auto* calls = object.if_contains("tool_calls")) {
    if (!calls->is_array()) return wrong("has 'tool_calls' that are no list");
    for (const auto& item : calls->get_array()) {
      auto call = call_of(item);
      if (!call) return wrong(std::move(call.error()));
      answer.message.parts.emplace_back(std::move(*call));
    }
  }
  if (answer.message.parts.empty()) return wrong("says nothing: it needs a 'text', 'tool_calls' or an 'error'");
  return {};
}

Read<void> read_times(const JsonObject& object, ScriptAnswer& answer) {
  const auto* times = object.if_contains("times");
  if (times == nullptr) return {};
  const auto* number = times->if_int64();
  if (number == nullptr || *number < 1 || *number > 1'000'000) return wrong("has 'times' that are no whole number from 1 on");
  if (!answer.error) return wrong("has 'times', which only an 'error' can have");
  answer.times = static_cast<std::uint32_t>(*number);
  return {};
}

Read<void> read_rest(const JsonObject& object, ScriptAnswer& answer) {
  auto match = text_of(object, "match");
  auto delay = text_of(object, "delay");
  auto finish = text_of(object, "finish");
  if (!match || !delay || !finish) return wrong(!match ? match.error() : !delay ? delay.error() : finish.error());
  answer.match = std::move(*match);
  if (!delay->empty()) {
    const auto duration = parse_duration(*delay);
    if (!duration) return wrong("has a 'delay' that is no duration, such as 250ms");
    answer.delay = *duration;
  }
  if (!finish->empty() && *finish != "length") return wrong("has a 'finish' that is not \"length\"");
  answer.cut_off = !finish->empty();
  const auto* usage = object.if_contains("usage");
  if (usage == nullptr) return {};
  if (!usage->is_object()) return wrong("has a 'usage' that is no object");
  const auto read = usage_from_json(usage->get_object());
  if (!read) return wrong("has a 'usage' that is wrong: " + read.error().message);
  answer.usage = *read;
  return {};
}

Read<ScriptAnswer> answer_of(const Json& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return wrong("is no object");
  if (auto ok = only(*object, {"text", "reasoning", "tool_calls", "error", "times", "match", "usage", "finish", "delay"}); !ok)
    return wrong(std::move(ok.error()));
  ScriptAnswer answer;
  if (const auto* error = object->if_contains("error")) {
    auto read = error_of(*error);
    if (!read) return wrong(std::move(read.error()));
    answer.error = std::move(*read);
    if (object->contains("text") || object->contains("tool_calls")) return wrong("has an 'error' and an answer: they are two entries");
  } else if (auto ok = read_message(*object, answer); !ok) {
    return wrong(std::move(ok.error()));
  }
  if (auto ok = read_times(*object, answer); !ok) return wrong(std::move(ok.error()));
  if (auto ok = read_rest(*object, answer); !ok) return wrong(std::move(ok.error()));
  return answer;
}

}  // namespace

Result<Script> parse_script(std::string_view text, std::string name) {
  const auto value = parse_json(text);
  if (!value) return fail(ErrorCode::invalid_argument, name + " is no JSON: " + value.error().message);
  const auto* object = value->if_object();
  const auto* answers = object == nullptr ? nullptr : object->if_contains("answers");
  if (answers == nullptr || !answers->is_array() || object->size() != 1) {
    return fail(ErrorCode::invalid_argument, name + R"( is no script: it must be an object {"answers": [ … ]})");
  }
  Script script{.name = std::move(name), .answers = {}};
  for (const auto& item : answers->get_array()) {
    auto answer = answer_of(item);
    if (!answer) {
      return fail(ErrorCode::invalid_argument,
                  script.name + ": answer " + std::to_string(script.answers.size() + 1) + " " + answer.error());
    }
    script.answers.push_back(std::move(*answer));
  }
  return script;
}

}  // namespace skein::model
