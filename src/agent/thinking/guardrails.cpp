#include "agent/thinking/guardrails.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <re2/re2.h>

#include "base/json_schema.hpp"
#include "base/text.hpp"

namespace skein::describe {

template <>
std::span<const std::string_view> names_of<agent::GuardAction>() {
  static constexpr std::array<std::string_view, 2> words{"refuse", "redact"};
  return words;
}

template <>
const Table<agent::GuardrailSettings>& table_of<agent::GuardrailSettings>() {
  using T = agent::GuardrailSettings;
  static const Table<T> table{
      {.name = "guardrail", .about = "A check of a text or a value."},
      {field("max_length", &T::max_length,
             {.about = "Characters at most; `redact` cuts what is beyond.", .example = "20000", .minimum = 1}),
       field("forbidden_words", &T::forbidden_words, {.about = "Whole words, in any case.", .example = "[confidential]"}),
       field("forbidden_patterns", &T::forbidden_patterns, {.about = "Regular expressions (RE2).", .example = "[\"\\\\b[0-9]{16}\\\\b\"]"}),
       field("required_patterns", &T::required_patterns, {.about = "Regular expressions each of which must match somewhere."}),
       field("schema", &T::schema, {.about = "A JSON Schema that the value must fit: the parameters of the task, or the answer."}),
       field("action", &T::action, {.about = "`refuse`, or `redact`: what was found is replaced by `[removed]`."}),
       field("message", &T::message, {.about = "What is said where it refuses."})}};
  return table;
}

template <>
const Table<agent::GuardrailsSettings>& table_of<agent::GuardrailsSettings>() {
  using T = agent::GuardrailsSettings;
  static const Table<T> table{
      {.name = "guardrails", .about = "Checks of what goes into an agent and what comes out of it; no model is asked for them."},
      {field("input", &T::input, {.about = "Of what the task says, before the model gets it. Where one refuses the task fails."}),
       field("tool_results", &T::tool_results,
             {.about = "Of what tools bring. Where one refuses the model is told so instead of the result."}),
       field("output", &T::output, {.about = "Of the answer. Where one refuses the task fails; the answer is not streamed."})}};
  return table;
}

}  // namespace skein::describe

namespace skein::agent {
namespace {

constexpr std::string_view removed = "[removed]";

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

std::size_t characters(std::string_view text) { return static_cast<std::size_t>(std::ranges::count_if(text, begins_character)); }

/// The first `most` characters of a text that has more.
std::string_view beginning(std::string_view text, std::size_t most) {
  std::size_t end = 0;
  while (!begins_character(text[end]) || most-- > 0) ++end;
  return text.substr(0, end);
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

/// A word as an expression; it ends where words end, unless it ends otherwise itself ("C++").
std::string whole(const std::string& word) {
  return (is_word(word.front()) ? "\\b" : "") + RE2::QuoteMeta(word) + (is_word(word.back()) ? "\\b" : "");
}

JsonObject to_json_value(const GuardrailSettings& one) {
  JsonObject out;
  const auto put = [&](std::string_view key, const std::vector<std::string>& list) {
    if (!list.empty()) out[key] = JsonArray(list.begin(), list.end());
  };
  if (one.max_length) out["max_length"] = *one.max_length;
  put("forbidden_words", one.forbidden_words);
  put("forbidden_patterns", one.forbidden_patterns);
  put("required_patterns", one.required_patterns);
  if (!one.schema.is_null()) out["schema"] = one.schema;
  out["action"] = describe::names_of<GuardAction>()[static_cast<std::size_t>(one.action)];
  if (!one.message.empty()) out["message"] = one.message;
  return out;
}

/// Every text of a value; `see` may change it. False where it said so, then the rest is not seen.
template <class See>
bool each_text(Json& value, const See& see) {  // NOLINT(misc-no-recursion): as deep as JSON may be
  if (value.is_string()) return see(value.get_string());
  if (value.is_array()) {
    return std::ranges::all_of(value.get_array(), [&](Json& item) { return each_text(item, see); });
  }
  if (!value.is_object()) return true;
  return std::ranges::all_of(value.get_object(), [&](auto& member) { return each_text(member.value(), see); });
}

}  // namespace

JsonObject guardrails_to_json(const GuardrailsSettings& settings) {
  JsonObject out;
  const auto put = [&](std::string_view key, const std::vector<GuardrailSettings>& list) {
    if (list.empty()) return;
    auto& array = out[key].emplace_array();
    for (const auto& one : list) array.push_back(to_json_value(one));
  };
  put("input", settings.input);
  put("tool_results", settings.tool_results);
  put("output", settings.output);
  return out;
}

struct Guards::Check {
  GuardrailSettings settings;
  std::vector<std::shared_ptr<const RE2>> forbidden;
  std::vector<std::shared_ptr<const RE2>> required;
};

Result<Guards> Guards::make(const std::vector<GuardrailSettings>& settings) {
  if (settings.empty()) return Guards();
  auto checks = std::make_shared<std::vector<Check>>();
  for (const auto& one : settings) {
    if (one.action == GuardAction::redact && (!one.required_patterns.empty() || !one.schema.is_null()))
      return fail(
          ErrorCode::invalid_argument,
          "a guardrail with required_patterns or a schema has nothing to redact; leave its action out, or write a guardrail for each");
    Check check{.settings = one, .forbidden = {}, .required = {}};
    RE2::Options quiet;
    quiet.set_log_errors(false);
    const auto compile = [&](const std::string& pattern, auto& into) -> Result<void> {
      auto made = std::make_shared<const RE2>(pattern, quiet);
      if (!made->ok())
        return fail(ErrorCode::invalid_argument, fmt::format("'{}' is no regular expression: {}", shorten(pattern, 80), made->error()));
      into.push_back(std::move(made));
      return {};
    };
    if (!one.forbidden_words.empty()) {
      if (std::ranges::any_of(one.forbidden_words, &std::string::empty))
        return fail(ErrorCode::invalid_argument, "a forbidden word is empty");
      std::string words;
      for (const auto& word : one.forbidden_words) words += (words.empty() ? "" : "|") + whole(word);
      if (auto ok = compile("(?i)(?:" + words + ")", check.forbidden); !ok) return std::unexpected(ok.error());
    }
    for (const auto& pattern : one.forbidden_patterns) {
      if (auto ok = compile(pattern, check.forbidden); !ok) return std::unexpected(ok.error());
    }
    for (const auto& pattern : one.required_patterns) {
      if (auto ok = compile(pattern, check.required); !ok) return std::unexpected(ok.error());
    }
    checks->push_back(std::move(check));
  }
  Guards out;
  out.checks_ = std::move(checks);
  return out;
}

Result<Json> Guards::pass(Json value, std::string_view what) const {
  if (none()) return value;
  for (const auto& check : *checks_) {
    const auto& settings = check.settings;
    const bool redacts = settings.action == GuardAction::redact;
    const auto refuse = [&](std::string found) {
      return fail(ErrorCode::rejected,
                  fmt::format("a guardrail refuses {}: {}", what, settings.message.empty() ? found : settings.message));
    };
    std::string found;
    const bool clean = each_text(value, [&](boost::json::string& text) {
      for (const auto& pattern : check.forbidden) {
        if (!redacts && RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern)) {
          found = fmt::format("it matches {}", pattern->pattern());
          return false;
        }
        std::string changed(text);
        if (redacts && RE2::GlobalReplace(&changed, *pattern, re2::StringPiece(removed.data(), removed.size())) > 0) text = changed;
      }
      return true;
    });
    if (!clean) return refuse(std::move(found));
    for (const auto& pattern : check.required) {
      bool matched = false;
      each_text(value, [&](boost::json::string& text) {
        matched = RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern);
        return !matched;
      });
      if (!matched) return refuse(fmt::format("nothing in it matches {}", pattern->pattern()));
    }
    if (!settings.schema.is_null()) {
      // An answer that is a text is looked at as the JSON that it should be.
      auto parsed = value.is_string() ? parse_json(value.get_string()) : Result<Json>(value);
      const auto wrong = schema_violations("it", settings.schema, parsed ? *parsed : value);
      if (!wrong.empty()) return refuse(wrong.front());
    }
    if (!settings.max_length) continue;
    const auto text = value.is_string() ? std::string(value.get_string()) : to_json(value);
    const auto length = characters(text);
    if (length <= *settings.max_length) continue;
    if (!redacts || !value.is_string()) return refuse(fmt::format("it is {} characters long, and {} may be", length, *settings.max_length));
    value = fmt::format("{}{}", beginning(text, *settings.max_length), removed);
  }
  return value;
}

}  // namespace skein::agent
