#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.hpp"
#include "workflow/expression/compare.hpp"
#include "workflow/expression/evaluator.hpp"
#include "workflow/expression/number.hpp"
#include "workflow/expression/operators.hpp"
#include "workflow/expression/text_form.hpp"

namespace skein::workflow::expression {

Outcome split(Meter& meter, std::string_view text, std::string_view separator) {
  ArrayBuilder parts(meter);
  while (!text.empty()) {
    const auto at = separator.empty() ? bytes_of(text, 1) : text.find(separator);
    if (!parts.push_text(text.substr(0, at))) return meter.refusal();
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + separator.size());
    // "a," has an empty last part, but no characters remain when splitting into characters.
    if (text.empty() && !separator.empty() && !parts.push_text(text)) return meter.refusal();
  }
  return parts.finish();
}

namespace {

using Args = std::span<const Value>;

Outcome split_text(Evaluator& evaluator, const Value& input, Args args) {
  if (!input->is_string() || !args[0]->is_string()) return refuse("split needs a string as input and a string as separator");
  return split(evaluator.meter(), input->get_string(), args[0]->get_string());
}

template <bool (*test)(std::string_view, std::string_view)>
Outcome has_affix(Evaluator&, const Value& input, Args args) {
  if (!input->is_string() || !args[0]->is_string())
    return refuse("startswith and endswith need a string as input and a string as argument");
  return Value(test(input->get_string(), args[0]->get_string()));
}
bool starts(std::string_view text, std::string_view affix) { return text.starts_with(affix); }
bool ends(std::string_view text, std::string_view affix) { return text.ends_with(affix); }

Outcome without_prefix(Evaluator& evaluator, const Value& input, Args args) {
  if (!input->is_string() || !args[0]->is_string() || !starts(input->get_string(), args[0]->get_string())) return input;
  return keep(evaluator.meter(), std::string_view(input->get_string()).substr(args[0]->get_string().size()));
}

Outcome without_suffix(Evaluator& evaluator, const Value& input, Args args) {
  if (!input->is_string() || !args[0]->is_string() || !ends(input->get_string(), args[0]->get_string())) return input;
  const std::string_view text = input->get_string();
  return keep(evaluator.meter(), text.substr(0, text.size() - args[0]->get_string().size()));
}

template <char from, char to>
Outcome change_case(Evaluator& evaluator, const Value& input, Args) {
  if (!input->is_string()) return refuse(fmt::format("only strings have upper and lower case, not {}", describe(*input)));
  Charge charge(evaluator.meter());
  if (!charge.add(measure(*input).bytes)) return evaluator.meter().refusal();
  boost::json::string text = input->get_string();
  for (char& c : text) {
    if (c >= from && c < from + 26) c = static_cast<char>(c - from + to);
  }
  return Value::own(Json(std::move(text)), std::move(charge));
}

enum class Side : std::uint8_t { left = 1, right = 2, both = 3 };

template <Side side>
Outcome trimmed(Evaluator& evaluator, const Value& input, Args) {
  if (!input->is_string()) return refuse(fmt::format("only strings can be trimmed, not {}", describe(*input)));
  std::string_view text = input->get_string();
  const auto inner = trim(text);
  const auto begin = inner.empty() ? text.size() : static_cast<std::size_t>(inner.data() - text.data());
  if (side != Side::left) text = text.substr(0, begin + inner.size());
  if (side != Side::right) text = text.substr(begin);
  return keep(evaluator.meter(), side == Side::right && inner.empty() ? inner : text);
}

Outcome matches(Evaluator& evaluator, const Value& input, const Json& pattern, const Json& flags) {
  if (!input->is_string() || !pattern.is_string() || !(flags.is_string() || flags.is_null())) {
    return refuse(fmt::format("test needs strings; it got {} to look in, the pattern {} and the flags {}", describe(*input),
                              preview(pattern), preview(flags)));
  }
  const std::string_view text = input->get_string();
  const auto regex = evaluator.regex(pattern.get_string(), flags.is_null() ? std::string_view{} : std::string_view(flags.get_string()));
  if (!regex) return std::unexpected(regex.error());
  if (!evaluator.meter().spend(text.size() / 8)) return evaluator.meter().refusal();
  return Value(re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), **regex));
}

Outcome test(Evaluator& evaluator, const Value& input, Args args) {
  const Json none;
  if (args.size() == 2) return matches(evaluator, input, *args[0], *args[1]);
  const auto* both = args[0]->if_array();
  if (both == nullptr) return matches(evaluator, input, *args[0], none);
  if (both->empty() || both->size() > 2) return refuse("an array as the argument of test holds a pattern and flags");
  return matches(evaluator, input, both->front(), both->size() == 2 ? both->back() : none);
}

Outcome to_string_value(Evaluator& evaluator, const Value& input, Args) {
  return input->is_string() ? Outcome(input) : keep(evaluator.meter(), json_text(*input));
}

Outcome to_json_value(Evaluator& evaluator, const Value& input, Args) {
  if (!evaluator.meter().fits(measure(*input).bytes)) return evaluator.meter().refusal();
  return keep(evaluator.meter(), json_text(*input));
}

/// Upper bound of what the text parses to: every item but the first follows a bracket or a comma.
std::size_t parsed_bytes(std::string_view text) {
  const auto items = std::ranges::count_if(text, [](char c) { return c == ',' || c == '[' || c == '{'; });
  return text.size() + (static_cast<std::size_t>(items) + 1) * (2 * sizeof(Json) + 24);
}

Outcome from_json_value(Evaluator& evaluator, const Value& input, Args) {
  if (!input->is_string()) return refuse(fmt::format("only strings can be parsed as JSON, not {}", describe(*input)));
  const std::string_view text = input->get_string();
  if (!evaluator.meter().fits(parsed_bytes(text)) || !evaluator.meter().spend(text.size() / 8)) return evaluator.meter().refusal();
  auto parsed = parse_json(text);
  if (!parsed) return refuse(fmt::format("{} is {}", preview(*input), parsed.error().message));
  return keep(evaluator.meter(), *std::move(parsed));
}

Outcome to_number(Evaluator& evaluator, const Value& input, Args) {
  if (input->is_number()) return input;
  if (input->is_string() && input->get_string().size() < 1000) {
    auto parsed = parse_json(input->get_string());
    if (parsed && parsed->is_number()) return keep(evaluator.meter(), canonical(*parsed));
  }
  return refuse(fmt::format("{} cannot be parsed as a number", describe(*input)));
}

Outcome utf8_bytes(Evaluator&, const Value& input, Args) {
  if (!input->is_string()) return refuse(fmt::format("only strings have a length in bytes, not {}", describe(*input)));
  return Value(static_cast<std::int64_t>(input->get_string().size()));
}

}  // namespace

std::vector<Builtin> string_builtins() {
  return {
      {.name = "split", .parameters = {Sees::input}, .value = split_text},
      {.name = "startswith", .parameters = {Sees::input}, .value = has_affix<starts>},
      {.name = "endswith", .parameters = {Sees::input}, .value = has_affix<ends>},
      {.name = "ltrimstr", .parameters = {Sees::input}, .value = without_prefix},
      {.name = "rtrimstr", .parameters = {Sees::input}, .value = without_suffix},
      {.name = "trim", .parameters = {}, .value = trimmed<Side::both>},
      {.name = "ltrim", .parameters = {}, .value = trimmed<Side::left>},
      {.name = "rtrim", .parameters = {}, .value = trimmed<Side::right>},
      {.name = "ascii_downcase", .parameters = {}, .value = change_case<'A', 'a'>},
      {.name = "ascii_upcase", .parameters = {}, .value = change_case<'a', 'A'>},
      {.name = "test", .parameters = {Sees::input}, .value = test},
      {.name = "test", .parameters = {Sees::input, Sees::input}, .value = test},
      {.name = "tostring", .parameters = {}, .value = to_string_value},
      {.name = "tojson", .parameters = {}, .value = to_json_value},
      {.name = "fromjson", .parameters = {}, .value = from_json_value},
      {.name = "tonumber", .parameters = {}, .value = to_number},
      {.name = "utf8bytelength", .parameters = {}, .value = utf8_bytes},
  };
}

}  // namespace skein::workflow::expression
